"""German, without du or Sie."""

from worker.feedback.preferences import Choice
from worker.links import Purpose
from worker.web.words.port import ChoiceWords, PageWords, Words

GERMAN = Words(
    pages={
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
    choices={
        Choice.FEWER: ChoiceWords("Weniger Mails", "Höchstens eine Mail mit Tipps oder Angeboten in 30 Tagen."),
        Choice.OFFERS: ChoiceWords("Keine Angebote in Bestellmails", "Mails zu Bestellungen, ohne Produkte und Codes."),
        Choice.RECEIPTS: ChoiceWords("Nur noch Belege", "Nur Mails zu Bestellungen, ganz ohne Angebote."),
    },
    less={Purpose.UNSUBSCRIBE: "Oder nur etwas weniger", Purpose.OFFERS: "Außerdem möglich"},
    tested="Diese Mail war ein Test: Was hier getippt wird, ändert nichts.",
    saved="Gespeichert. Das gilt ab sofort.",
    heard="Der Newsletter von {shop} endet auch, spätestens in einer Stunde.",
    silent=("Keine Mails mehr", "{shop} schreibt nicht mehr an diese Adresse."),
    back="Zu {shop}",
    this_product="dieses Produkt",
    gone=(
        "Dieser Link funktioniert nicht",
        "Vielleicht ist er unvollständig oder veraltet. Bitte noch einmal aus der Mail öffnen oder auf sie antworten.",
    ),
    away=(
        "Bitte später noch einmal",
        "Im Augenblick können wir nichts nachsehen, und es hat sich nichts geändert. Bitte den Link später noch einmal "
        "aus der Mail öffnen.",
    ),
)
