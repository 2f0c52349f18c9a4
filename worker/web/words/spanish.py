"""Spanish, without tú or usted."""

from worker.feedback.preferences import Choice
from worker.links import Purpose
from worker.web.words.port import ChoiceWords, PageWords, Words

SPANISH = Words(
    pages={
        Purpose.UNSUBSCRIBE: PageWords(
            "¿Darse de baja?",
            "{shop} dejará de enviar consejos y ofertas. Los correos sobre los pedidos seguirán llegando.",
            "Darme de baja",
            "Baja confirmada",
            "{shop} ya no enviará consejos ni ofertas. Los correos sobre los pedidos seguirán llegando.",
            "He cambiado de idea",
        ),
        Purpose.OFFERS: PageWords(
            "¿Sin ofertas en los correos de pedidos?",
            "Los correos sobre los pedidos seguirán llegando, sin productos ni códigos.",
            "No quiero más ofertas",
            "Sin más ofertas",
            "Los correos de pedidos de {shop} llegarán sin ofertas a partir de ahora.",
            "He cambiado de idea",
        ),
        Purpose.HIDE: PageWords(
            "¿No interesa?",
            "{shop} no volverá a sugerir {product}.",
            "No volver a mostrar",
            "Hecho",
            "{product} no volverá a aparecer en los correos de {shop}.",
            "Volver a mostrar",
        ),
        Purpose.FEEDBACK_YES: PageWords(
            "¿Todo bien?",
            "Un toque más y {shop} lo sabrá.",
            "Sí, todo bien",
            "Gracias",
            "Es bueno saberlo.",
            "",
        ),
        Purpose.FEEDBACK_NO: PageWords(
            "¿Algo no va bien?",
            "{shop} lo sabrá. Una persona responderá, y no habrá ofertas sobre este pedido.",
            "Avisar a {shop}",
            "Gracias por avisar",
            "Una persona se ocupará de ello. Para contar más, basta con responder al correo.",
            "Al final todo está bien",
        ),
    },
    choices={
        Choice.FEWER: ChoiceWords("Menos correos", "Como mucho, un correo con consejos u ofertas cada 30 días."),
        Choice.OFFERS: ChoiceWords(
            "Sin ofertas en los correos de pedidos", "Los correos sobre los pedidos, sin productos ni códigos."
        ),
        Choice.RECEIPTS: ChoiceWords("Solo mis pedidos", "Solo los correos sobre los pedidos, sin ninguna oferta."),
    },
    less={Purpose.UNSUBSCRIBE: "O solo un poco menos", Purpose.OFFERS: "También se puede elegir"},
    tested="Este correo era una prueba: lo que se toque aquí no cambia nada.",
    saved="Guardado. Vale a partir de ahora.",
    heard="El boletín de {shop} también se detiene, en una hora como mucho.",
    silent=("Ningún correo más", "{shop} ya no escribe a esta dirección."),
    back="Volver a {shop}",
    this_product="este producto",
    gone=(
        "Este enlace no funciona",
        "Puede que esté incompleto o haya caducado. Se puede abrir de nuevo desde el correo, o responder a él.",
    ),
    away=(
        "Por favor, más tarde",
        "Ahora mismo no podemos consultar nada, y nada ha cambiado. El enlace del correo volverá a funcionar dentro de "
        "un rato.",
    ),
)
