"""The words of the pages that customers see, per language."""

from typing import NamedTuple

from worker.feedback.preferences import Choice
from worker.links import Purpose


class PageWords(NamedTuple):
    """One page: before the act, its button, after it, and the way back (empty: none).

    `{shop}` is the shop's name, `{product}` the product that a link is about.
    """

    title: str
    text: str
    button: str
    done_title: str
    done_text: str
    undo: str


class ChoiceWords(NamedTuple):
    """One choice of the preferences page: its name, and what it means."""

    name: str
    meaning: str


WORDS: dict[str, dict[Purpose, PageWords]] = {
    "en": {
        Purpose.UNSUBSCRIBE: PageWords(
            "Unsubscribe?",
            "You will get no more tips and offers from {shop}. Emails about your orders still come.",
            "Unsubscribe",
            "You are unsubscribed",
            "No more tips and offers from {shop}. Emails about your orders still come.",
            "I changed my mind",
        ),
        Purpose.OFFERS: PageWords(
            "No offers in your order emails?",
            "Emails about your orders still come, without any products or codes.",
            "No more offers",
            "No more offers",
            "Your order emails from {shop} come without offers from now on.",
            "I changed my mind",
        ),
        Purpose.HIDE: PageWords(
            "Not for you?",
            "{shop} will not suggest {product} to you again.",
            "Do not show it again",
            "Hidden",
            "You will not see {product} in emails from {shop} again.",
            "Show it again",
        ),
        Purpose.FEEDBACK_YES: PageWords(
            "Happy with it?",
            "One more tap, and {shop} knows.",
            "Yes, I am happy",
            "Thank you",
            "That is good to know.",
            "",
        ),
        Purpose.FEEDBACK_NO: PageWords(
            "Something is not right?",
            "Tell {shop}. A person will get in touch, and no offers come about this order.",
            "Tell {shop}",
            "Thank you for telling us",
            "A person will look into it. To say more, just reply to the email.",
            "It is fine after all",
        ),
    },
    "de": {
        Purpose.UNSUBSCRIBE: PageWords(
            "Abmelden?",
            "Danach kommen keine Tipps und Angebote von {shop} mehr. Mails zu Bestellungen kommen weiterhin.",
            "Abmelden",
            "Abgemeldet",
            "Es kommen keine Tipps und Angebote von {shop} mehr. Mails zu Bestellungen kommen weiterhin.",
            "Doch nicht abmelden",
        ),
        Purpose.OFFERS: PageWords(
            "Keine Angebote in Bestellmails?",
            "Mails zu Bestellungen kommen weiterhin, ohne Produkte und Codes.",
            "Keine Angebote mehr",
            "Keine Angebote mehr",
            "Bestellmails von {shop} kommen ab jetzt ohne Angebote.",
            "Doch Angebote zeigen",
        ),
        Purpose.HIDE: PageWords(
            "Nicht das Richtige?",
            "{shop} schlägt {product} dann nicht mehr vor.",
            "Nicht mehr zeigen",
            "Ausgeblendet",
            "{product} erscheint nicht mehr in Mails von {shop}.",
            "Wieder zeigen",
        ),
        Purpose.FEEDBACK_YES: PageWords(
            "Zufrieden?",
            "Ein Tippen noch, dann weiß es {shop}.",
            "Ja, zufrieden",
            "Danke",
            "Das ist schön zu wissen.",
            "",
        ),
        Purpose.FEEDBACK_NO: PageWords(
            "Etwas stimmt nicht?",
            "{shop} erfährt davon. Ein Mensch meldet sich, und zu dieser Bestellung kommen keine Angebote.",
            "{shop} Bescheid geben",
            "Danke für den Hinweis",
            "Ein Mensch kümmert sich darum. Wer mehr sagen will, antwortet einfach auf die Mail.",
            "Es ist doch alles gut",
        ),
    },
}

CHOICES: dict[str, dict[Choice, ChoiceWords]] = {
    "en": {
        Choice.FEWER: ChoiceWords("Fewer emails", "At most one email with tips or offers in 30 days."),
        Choice.OFFERS: ChoiceWords("No offers in order emails", "Emails about orders, without products and codes."),
        Choice.RECEIPTS: ChoiceWords("Nothing but receipts", "Only emails about orders, without any offers."),
    },
    "de": {
        Choice.FEWER: ChoiceWords("Weniger Mails", "Höchstens eine Mail mit Tipps oder Angeboten in 30 Tagen."),
        Choice.OFFERS: ChoiceWords("Keine Angebote in Bestellmails", "Mails zu Bestellungen, ohne Produkte und Codes."),
        Choice.RECEIPTS: ChoiceWords("Nur noch Belege", "Nur Mails zu Bestellungen, ganz ohne Angebote."),
    },
}

LESS = {
    "en": {Purpose.UNSUBSCRIBE: "Or just a little less", Purpose.OFFERS: "You can also choose"},
    "de": {Purpose.UNSUBSCRIBE: "Oder nur etwas weniger", Purpose.OFFERS: "Außerdem möglich"},
}
"""Above the other choices, by the link that led here."""

TESTED = {
    "en": "This email was a test: whatever is tapped here changes nothing.",
    "de": "Diese Mail war ein Test: Was hier getippt wird, ändert nichts.",
}
SAVED = {"en": "Saved. It counts from now on.", "de": "Gespeichert. Das gilt ab sofort."}

HEARD = {
    "en": "{shop}’s own newsletter stops too, within the hour.",
    "de": "Der Newsletter von {shop} endet auch, spätestens in einer Stunde.",
}
"""Below "You are unsubscribed", where the shop is told of it."""

SILENT = {
    "en": ("No more emails", "{shop} does not write to this address any more."),
    "de": ("Keine Mails mehr", "{shop} schreibt nicht mehr an diese Adresse."),
}

BACK = {"en": "To {shop}", "de": "Zu {shop}"}
THIS_PRODUCT = {"en": "this product", "de": "dieses Produkt"}

GONE = {
    "en": (
        "This link does not work",
        "It may be incomplete or out of date. Open it from the email again, or just reply to the email.",
    ),
    "de": (
        "Dieser Link funktioniert nicht",
        "Vielleicht ist er unvollständig oder veraltet. Bitte noch einmal aus der Mail öffnen oder auf sie antworten.",
    ),
}
