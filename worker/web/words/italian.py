"""Italian, without tu or Lei."""

from worker.feedback.preferences import Choice
from worker.links import Purpose
from worker.web.words.port import ChoiceWords, PageWords, Words

ITALIAN = Words(
    pages={
        Purpose.UNSUBSCRIBE: PageWords(
            "Disiscriversi?",
            "{shop} non manderà più consigli e offerte. Le email sugli ordini continueranno ad arrivare.",
            "Disiscrivimi",
            "Disiscrizione confermata",
            "{shop} non manderà più consigli e offerte. Le email sugli ordini continueranno ad arrivare.",
            "Ho cambiato idea",
        ),
        Purpose.OFFERS: PageWords(
            "Niente offerte nelle email sugli ordini?",
            "Le email sugli ordini continueranno ad arrivare, senza prodotti né codici.",
            "Non voglio più offerte",
            "Niente più offerte",
            "Le email di {shop} sugli ordini arriveranno d’ora in poi senza offerte.",
            "Ho cambiato idea",
        ),
        Purpose.HIDE: PageWords(
            "Non interessa?",
            "{shop} non proporrà più {product}.",
            "Non mostrare più",
            "Fatto",
            "{product} non apparirà più nelle email di {shop}.",
            "Mostra di nuovo",
        ),
        Purpose.FEEDBACK_YES: PageWords(
            "Va tutto bene?",
            "Ancora un tocco e {shop} lo saprà.",
            "Sì, tutto bene",
            "Grazie",
            "Fa piacere saperlo.",
            "",
        ),
        Purpose.FEEDBACK_NO: PageWords(
            "Qualcosa non va?",
            "{shop} lo saprà. Una persona risponderà, e per questo ordine non arriveranno offerte.",
            "Avvisa {shop}",
            "Grazie della segnalazione",
            "Una persona se ne occuperà. Per dire di più basta rispondere all’email.",
            "Alla fine va tutto bene",
        ),
    },
    choices={
        Choice.FEWER: ChoiceWords("Meno email", "Al massimo un’email con consigli o offerte in 30 giorni."),
        Choice.OFFERS: ChoiceWords(
            "Niente offerte nelle email sugli ordini", "Le email sugli ordini, senza prodotti né codici."
        ),
        Choice.RECEIPTS: ChoiceWords("Solo i miei ordini", "Solo le email sugli ordini, senza alcuna offerta."),
    },
    less={Purpose.UNSUBSCRIBE: "O solo un po’ meno", Purpose.OFFERS: "Si può anche scegliere"},
    tested="Questa email era una prova: ciò che si tocca qui non cambia nulla.",
    saved="Salvato. Vale da subito.",
    heard="Si ferma anche la newsletter di {shop}, entro un’ora.",
    silent=("Nessun’altra email", "{shop} non scrive più a questo indirizzo."),
    back="Torna a {shop}",
    this_product="questo prodotto",
    gone=(
        "Questo link non funziona",
        "Forse è incompleto o scaduto. Si può aprire di nuovo dall’email, oppure basta rispondere all’email.",
    ),
    away=(
        "Meglio riprovare più tardi",
        "In questo momento non possiamo consultare nulla, e nulla è cambiato. Il link nell’email funzionerà di nuovo "
        "tra poco.",
    ),
)
