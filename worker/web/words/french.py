"""French. `vous` throughout; no `de` before a shop's name, which might want `d’`."""

from worker.feedback.preferences import Choice
from worker.links import Purpose
from worker.web.words.port import ChoiceWords, PageWords, Words

FRENCH = Words(
    pages={
        Purpose.UNSUBSCRIBE: PageWords(
            "Se désabonner\u00a0?",
            "{shop} ne vous enverra plus ni conseils ni offres. Les emails sur vos commandes continueront d’arriver.",
            "Me désabonner",
            "Désabonnement enregistré",
            "{shop} ne vous enverra plus ni conseils ni offres. Les emails sur vos commandes continueront d’arriver.",
            "J’ai changé d’avis",
        ),
        Purpose.OFFERS: PageWords(
            "Ne plus voir d’offres dans vos emails de commande\u00a0?",
            "Les emails sur vos commandes continueront d’arriver, sans produits ni codes.",
            "Ne plus voir d’offres",
            "Aucune offre",
            "{shop} vous enverra désormais vos emails de commande sans offres.",
            "J’ai changé d’avis",
        ),
        Purpose.HIDE: PageWords(
            "Pas pour vous\u00a0?",
            "{shop} ne vous proposera plus {product}.",
            "Ne plus proposer",
            "C’est noté",
            "{shop} ne vous montrera plus {product} dans ses emails.",
            "Montrer à nouveau",
        ),
        Purpose.FEEDBACK_YES: PageWords(
            "Tout vous convient\u00a0?",
            "Encore un geste, et {shop} le saura.",
            "Oui, tout va bien",
            "Merci",
            "C’est bon à savoir.",
            "",
        ),
        Purpose.FEEDBACK_NO: PageWords(
            "Quelque chose ne va pas\u00a0?",
            "Dites-le à {shop}. Une personne vous répondra, et aucune offre ne suivra pour cette commande.",
            "Prévenir {shop}",
            "Merci de nous l’avoir dit",
            "Une personne va s’en occuper. Pour en dire plus, répondez simplement à l’email.",
            "Finalement, tout va bien",
        ),
    },
    choices={
        Choice.FEWER: ChoiceWords("Moins d’emails", "Au plus un email de conseils ou d’offres en 30 jours."),
        Choice.OFFERS: ChoiceWords(
            "Aucune offre dans les emails de commande", "Les emails sur vos commandes, sans produits ni codes."
        ),
        Choice.RECEIPTS: ChoiceWords(
            "Uniquement mes commandes", "Seulement les emails sur vos commandes, sans aucune offre."
        ),
    },
    less={Purpose.UNSUBSCRIBE: "Ou juste un peu moins", Purpose.OFFERS: "Vous pouvez aussi choisir"},
    tested="Cet email était un test\u00a0: ce que vous touchez ici ne change rien.",
    saved="Enregistré. C’est valable dès maintenant.",
    heard="{shop} arrête aussi sa propre newsletter, d’ici une heure au plus.",
    silent=("Plus aucun email", "{shop} n’écrit plus à cette adresse."),
    back="Retour à {shop}",
    this_product="ce produit",
    gone=(
        "Ce lien ne fonctionne pas",
        "Il est peut-être incomplet ou périmé. Ouvrez-le à nouveau depuis l’email, ou répondez-y simplement.",
    ),
    away=(
        "Merci de réessayer plus tard",
        "Nous ne pouvons rien consulter pour le moment, et rien n’a changé. Ouvrez le lien à nouveau un peu plus tard "
        "depuis l’email.",
    ),
)
