"""Values that pass between the steps of dispatch."""

from dataclasses import field
from datetime import datetime
from typing import Any

from schedules.records import record
from worker.delivery.port import OutgoingMail
from worker.dispatch.personalising import Personal
from worker.store.models import Message, ProviderKey
from worker.store.truth import Witness


@record
class Ready:
    """A rendered mail and what it was judged by. `judged_at` is the gate's business time; `account` its key's name.

    `late_from`: business time from which on it counts as late. `counts_clicks`: it has links that are counted.
    `is_ramping`: it counts towards the day of a new sender. `told`: for the message's details, which parcels or which
    version of the order it tells of.
    """

    message: Message
    mail: OutgoingMail
    witness: Witness
    judged_at: datetime
    late_from: datetime
    address: str
    revision: int
    variant: str
    personal: Personal
    account: str = ""
    counts_clicks: bool = False
    is_ramping: bool = False
    told: dict[str, Any] = field(default_factory=dict)


@record
class Flight:
    """A mail whose message is marked `attempting`: the call may now happen.

    `account`: the name of the key it goes out with; `standing`: what was known of that key.
    """

    message: Message
    mail: OutgoingMail
    account: str = ""
    standing: ProviderKey | None = None
