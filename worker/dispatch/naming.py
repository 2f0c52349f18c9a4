"""The ids that every log line about a message carries."""

from worker.store.models import Message


def ids(message: Message) -> dict[str, str]:
    """Shop, order, message and step; never an address."""
    return {
        "shop_id": str(message.shop_id),
        "order_id": str(message.order_id),
        "message_id": str(message.id),
        "step": message.step,
    }
