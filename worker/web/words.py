"""The words of the pages that customers see, per language."""

from typing import NamedTuple

from worker.links import Purpose


class PageWords(NamedTuple):
    """One page: before the act, its button, after it, and the way back. `{shop}` is the shop's name."""

    title: str
    text: str
    button: str
    done_title: str
    done_text: str
    undo: str


WORDS: dict[str, dict[Purpose, PageWords]] = {
    "en": {
        Purpose.UNSUBSCRIBE: PageWords(
            "Unsubscribe?",
            "You will get no more tips and offers from {shop}. Mails about your orders still come.",
            "Unsubscribe",
            "You are unsubscribed",
            "No more tips and offers from {shop}. Mails about your orders still come.",
            "I changed my mind",
        ),
        Purpose.OFFERS: PageWords(
            "No offers in your order mails?",
            "Mails about your orders still come, without any products or codes.",
            "No more offers",
            "Done",
            "Your order mails come without offers from now on.",
            "I changed my mind",
        ),
        Purpose.HIDE: PageWords(
            "Not for you?",
            "We will not suggest this product to you again.",
            "Hide it",
            "Hidden",
            "You will not see this product in our mails again.",
            "Show it again",
        ),
        Purpose.FEEDBACK_YES: PageWords(
            "Happy with it?",
            "One tap tells {shop}.",
            "Yes, I am",
            "Thank you",
            "That is good to know.",
            "",
        ),
        Purpose.FEEDBACK_NO: PageWords(
            "Something is not right?",
            "Tell {shop}. A person will get in touch, and we send no offers about this order.",
            "Tell the shop",
            "Thank you for telling us",
            "A person will look into it. You can also just reply to the mail.",
            "It is fine after all",
        ),
    },
    "de": {
        Purpose.UNSUBSCRIBE: PageWords(
            "Abmelden?",
            "Danach kommen keine Tipps und Angebote von {shop} mehr. Mails zu Bestellungen kommen weiterhin.",
            "Abmelden",
            "Abgemeldet",
            "Keine Tipps und Angebote von {shop} mehr. Mails zu Bestellungen kommen weiterhin.",
            "Doch nicht",
        ),
        Purpose.OFFERS: PageWords(
            "Keine Angebote in Bestellmails?",
            "Mails zu Bestellungen kommen weiterhin, ohne Produkte und Codes.",
            "Keine Angebote mehr",
            "Erledigt",
            "Bestellmails kommen ab jetzt ohne Angebote.",
            "Doch nicht",
        ),
        Purpose.HIDE: PageWords(
            "Nicht das Richtige?",
            "Wir schlagen dieses Produkt nicht mehr vor.",
            "Ausblenden",
            "Ausgeblendet",
            "Dieses Produkt erscheint in unseren Mails nicht mehr.",
            "Wieder anzeigen",
        ),
        Purpose.FEEDBACK_YES: PageWords(
            "Zufrieden?",
            "Ein Tippen sagt es {shop}.",
            "Ja, zufrieden",
            "Danke",
            "Das ist schön zu wissen.",
            "",
        ),
        Purpose.FEEDBACK_NO: PageWords(
            "Etwas stimmt nicht?",
            "{shop} erfährt davon. Ein Mensch meldet sich, und zu dieser Bestellung kommen keine Angebote.",
            "Dem Shop sagen",
            "Danke für den Hinweis",
            "Ein Mensch kümmert sich darum. Eine Antwort auf die Mail geht auch.",
            "Passt doch",
        ),
    },
}

GONE = {
    "en": (
        "This link does not work any more",
        "It may be incomplete. Try it from the mail again, or reply to the mail.",
    ),
    "de": ("Dieser Link gilt nicht mehr", "Vielleicht ist er unvollständig. Bitte noch einmal aus der Mail öffnen."),
}
