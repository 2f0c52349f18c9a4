"""The tables. Import this package and every table is known to `Base.metadata`."""

from worker.store.models.base import Base
from worker.store.models.codes import DiscountCode, PoolCode
from worker.store.models.content import ClockRow, Heartbeat, Pause, Revision
from worker.store.models.events import InboundEvent
from worker.store.models.feedback import Click, DeliveryEvent, WriteBack
from worker.store.models.messages import Attempt, Message, OutboxMail, Transition
from worker.store.models.offers import Guide, HiddenProduct, OfferedProduct, Pairing, Product
from worker.store.models.orders import CustomerRow, Erasure, OrderRow
from worker.store.models.providers import ProviderKey
from worker.store.models.shops import Shop, Source, Suppression
from worker.store.models.suggestions import Learning, Purchase, Rhythm, Suggestion

__all__ = [
    "Attempt",
    "Base",
    "Click",
    "ClockRow",
    "CustomerRow",
    "DeliveryEvent",
    "DiscountCode",
    "Erasure",
    "Guide",
    "Heartbeat",
    "HiddenProduct",
    "InboundEvent",
    "Learning",
    "Message",
    "OfferedProduct",
    "OrderRow",
    "OutboxMail",
    "Pairing",
    "Pause",
    "PoolCode",
    "Product",
    "ProviderKey",
    "Purchase",
    "Revision",
    "Rhythm",
    "Shop",
    "Source",
    "Suggestion",
    "Suppression",
    "Transition",
    "WriteBack",
]
