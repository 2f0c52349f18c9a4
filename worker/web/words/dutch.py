"""Dutch, without je or u."""

from worker.feedback.preferences import Choice
from worker.links import Purpose
from worker.web.words.port import ChoiceWords, PageWords, Words

DUTCH = Words(
    pages={
        Purpose.UNSUBSCRIBE: PageWords(
            "Afmelden?",
            "Dan komen er geen tips en aanbiedingen van {shop} meer. Mails over bestellingen komen nog wel.",
            "Afmelden",
            "Afgemeld",
            "Er komen geen tips en aanbiedingen van {shop} meer. Mails over bestellingen komen nog wel.",
            "Toch niet afmelden",
        ),
        Purpose.OFFERS: PageWords(
            "Geen aanbiedingen in mails over bestellingen?",
            "Mails over bestellingen komen nog wel, zonder producten en codes.",
            "Geen aanbiedingen meer",
            "Geen aanbiedingen meer",
            "Mails van {shop} over bestellingen komen voortaan zonder aanbiedingen.",
            "Toch aanbiedingen tonen",
        ),
        Purpose.HIDE: PageWords(
            "Niet de juiste keuze?",
            "{shop} stelt {product} dan niet meer voor.",
            "Niet meer tonen",
            "Verborgen",
            "{product} komt niet meer voor in mails van {shop}.",
            "Weer tonen",
        ),
        Purpose.FEEDBACK_YES: PageWords(
            "Tevreden?",
            "Nog één tik, en {shop} weet het.",
            "Ja, tevreden",
            "Bedankt",
            "Fijn om te weten.",
            "",
        ),
        Purpose.FEEDBACK_NO: PageWords(
            "Klopt er iets niet?",
            "{shop} hoort ervan. Een mens neemt contact op, en over deze bestelling komen geen aanbiedingen.",
            "Laat het {shop} weten",
            "Bedankt voor het melden",
            "Een mens gaat ermee aan de slag. Meer vertellen? Antwoord gewoon op de mail.",
            "Alles is toch in orde",
        ),
    },
    choices={
        Choice.FEWER: ChoiceWords("Minder mails", "Hooguit één mail met tips of aanbiedingen per 30 dagen."),
        Choice.OFFERS: ChoiceWords(
            "Geen aanbiedingen in mails over bestellingen", "Mails over bestellingen, zonder producten en codes."
        ),
        Choice.RECEIPTS: ChoiceWords(
            "Alleen mijn bestellingen", "Alleen mails over bestellingen, helemaal zonder aanbiedingen."
        ),
    },
    less={Purpose.UNSUBSCRIBE: "Of gewoon wat minder", Purpose.OFFERS: "Ook mogelijk"},
    tested="Deze mail was een test: wat hier wordt aangetikt, verandert niets.",
    saved="Opgeslagen. Het geldt vanaf nu.",
    heard="De nieuwsbrief van {shop} stopt ook, uiterlijk over een uur.",
    silent=("Geen mails meer", "{shop} schrijft niet meer naar dit adres."),
    back="Naar {shop}",
    this_product="dit product",
    gone=(
        "Deze link werkt niet",
        "Misschien is hij onvolledig of verlopen. Open hem opnieuw vanuit de mail, of antwoord op de mail.",
    ),
    away=(
        "Probeer het later nog eens",
        "Op dit moment kunnen we niets opzoeken, en er is niets veranderd. Open de link later opnieuw vanuit de mail.",
    ),
)
