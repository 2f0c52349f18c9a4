"""What shops write in words of their own, whatever the platform, in the languages of many shops."""

import re

STOCK = re.compile(
    r"\b(out of )?stock\b|inventory|sold out|unavailable"
    r"|ausverkauft|nicht lieferbar|nicht (mehr )?vorrätig|rupture|épuisé|indisponible|esaurit|non disponibil"
    r"|agotad|sin existencias|no disponible|uitverkocht|niet (meer )?(leverbaar|op voorraad)|esgotad|wyprzedan"
    r"|vyprodán|slutsåld|udsolgt|utsolgt|品切|在庫切|欠品",
    re.IGNORECASE,
)
"""In the note of a refund: the shop could not deliver."""
GIFT_MESSAGE = re.compile(
    r"^_?(billing_|order_)?"
    r"(gift.?(message|note|text)|geschenk|message.?cadeau|messaggio.?regalo|mensaje.?(de.?)?regalo|cadeau.?(bericht|tekst)"
    r"|mensagem.?(de.?)?presente)",
    re.IGNORECASE,
)
"""The field of a cart or checkout that holds words to the receiver."""
COLLECTED = re.compile(
    r"pick.?up(?!.?(point|locker|station))|click.?(and|&|et|e).?collect|abholung"
    r"|retrait (en|au|à la|à l.)\s?(magasin|boutique|atelier)|ritiro in (negozio|sede|laboratorio)"
    r"|reco(gida|ger) en (la )?(tienda|local)|(af|op)halen in (de )?winkel|levantamento (em|na) loja|retirada na loja"
    r"|odbiór (osobisty|w sklepie)|osob(ní odběr|ný odber)|hämta i (butik|butiken)|afhent(ning)? i butik|hent i butikk?"
    r"|店頭受取|店舗受取|到店自取|門市自取",
    re.IGNORECASE,
)
"""A way of shipping by which goods are collected at the shop; a carrier's pick-up point is shipped to."""
