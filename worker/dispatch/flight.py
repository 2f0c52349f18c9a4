"""Values that pass between the steps of dispatch."""

from dataclasses import dataclass
from datetime import datetime

from worker.delivery.port import OutgoingMail
from worker.dispatch.personalising import Personal
from worker.store.models import Message
from worker.store.truth import Witness


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A rendered mail and what it was judged by. `judged_at` is the gate's business time."""

    message: Message
    mail: OutgoingMail
    witness: Witness
    judged_at: datetime
    address: str
    revision: int
    variant: str
    personal: Personal


@dataclass(frozen=True, kw_only=True)
class Flight:
    """A mail whose message is marked `attempting`: the call may now happen."""

    message: Message
    mail: OutgoingMail
