"""Ways of paying later, by what shops and platforms call them, in the languages of Europe and a few more."""

import re


def _words(*words: str, anywhere: str = "") -> re.Pattern[str]:
    """Whole words, since `checkout.com`, `Przelewy24` and `Sofortüberweisung` are paid now. `anywhere`: in scripts that
    write no spaces."""
    whole = rf"(?<![^\W\d_])(?:{'|'.join(words)})(?![^\W\d_])"
    return re.compile(f"{whole}|{anywhere}" if anywhere else whole, re.IGNORECASE)


ON_DELIVERY = _words(
    r"cod|(cash|pay(ment)?).?(on|at|upon).?(delivery|pick.?up|collection)|nachnahme",
    r"contrassegno|alla consegna|contrar?.?re+mbolso|contra.?entrega|na entrega|contre.?remboursement|à la livraison",
    r"au retrait|al ritiro|(a|en) la entrega|al recoger|rembours|bij (levering|afleveren|afhalen)",
    r"postförskott|efterkrav|postiennakko",
    r"pobrani\w+|przy odbiorze|dobírk\w+|dobierk\w+|utánvét\w*|ramburs|la livrare|pouzeć\w+|po povzetju",
    r"αντικαταβολή|наложен\w+ плат\w+|при (доставке|доставка|получении)|kapıda ödeme|bayar di tempat|khi nhận hàng",
    anywhere="代金引換|代引|貨到付款|货到付款|착불|الدفع عند الاستلام|เก็บเงินปลายทาง",
)
BEFORE = _words(
    r"bank|bank.?transfer|transfer|wire|bacs|che(que|ck(?!.?out))|deposit|money.?order|in advance|prepa(y|id|yment|go)",
    r"anticip\w+|(bank)?überweisung|vor(aus)?kasse|bonifico|assegno|virement|chèque|dépôt|transfer[eê]ncia|dep[oó]sito",
    r"(bank)?over(schrijving|boeking)|vooruit\w*|(bank)?överföring|(bank)?overfør(sel|ing)|tilisiirto",
    r"przelew(em)?|převod\w*|prevod\w*|átutalás\w*|ordin de plat[aă]|κατάθεση|банковск\w+ (превод|перевод)|havale",
    anywhere="銀行振込|銀行轉帳|银行转账|무통장입금|계좌이체",
)
AFTERWARDS = _words(
    r"invoice|rechnung|net.?\d+|terms|purchase.?order|factura|facture|fattura|fatura|factuur|op rekening|achteraf"
    r"|faktura|laskulla|számla"
)


def is_paid_later(name: str) -> bool:
    """Whether an order paid this way is accepted now and paid later."""
    return any(pattern.search(name) for pattern in (ON_DELIVERY, BEFORE, AFTERWARDS))
