"""Who a customer is to the shop, judged at the moment of sending. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from schedules.records import record


class Segment(StrEnum):
    FIRST_TIME = "first_time"  # history is known, and empty
    UNKNOWN = "unknown"  # nobody can say: no first-time words, no first-time code
    REPEAT = "repeat"
    HIGH_VALUE = "high_value"  # among those who spent most: whole sets, a person by name, no codes
    RESTING = "resting"  # looks at nothing we send: facts only


RESTS_AFTER = 6
"""Marketing mails in a row without a sign of the person, after which there are no more."""
RETURNS_AFTER = timedelta(days=180)
"""Who orders this long after the last marketing mail comes back of their own accord, and begins anew. An order that
follows sooner says nothing: every follow-up stands between two orders, and whoever looks at none would never rest."""
LEAST_ORDERS = 2
"""One large order makes nobody a customer of high value."""


@record
class Standing:
    """What is known of a person when a mail about an order is to go.

    `others`: other orders known here, from webhooks or imported; `told`: orders by the platform's count, this one
    included (None: it tells none); `history_is_known`: the shop's earlier orders are here. `spent` and `orders` are of
    the last 12 months, this one included; `high_value_from`: what the top tenth spent (None: too few to tell).
    """

    others: int
    told: int | None = None
    history_is_known: bool = False
    spent: Decimal = Decimal(0)
    orders: int = 1
    high_value_from: Decimal | None = None
    is_resting: bool = False


def segment_of(person: Standing) -> Segment:
    """The one that decides what the person gets: resting before high value before everything else."""
    if person.is_resting:
        return Segment.RESTING
    least = person.high_value_from
    if least is not None and person.spent >= least and person.orders >= LEAST_ORDERS:
        return Segment.HIGH_VALUE
    if person.others or (person.told or 0) > 1:
        return Segment.REPEAT
    return Segment.FIRST_TIME if person.told is not None or person.history_is_known else Segment.UNKNOWN


def is_resting(marketing_sent: Sequence[datetime], last_sign: datetime | None) -> bool:
    """Whether the last marketing mails all went by without a sign of the person, like a click.

    `marketing_sent`: only mails whose clicks are counted; of the others silence says nothing.
    """
    latest = sorted(marketing_sent)[-RESTS_AFTER:]
    return len(latest) == RESTS_AFTER and (last_sign is None or last_sign < latest[0])


def returned_at(placed: Iterable[datetime], marketing_sent: Sequence[datetime]) -> list[datetime]:
    """Those of the orders that came long after the last marketing mail before them; newest first."""
    sent = sorted(marketing_sent)

    def is_return(at: datetime) -> bool:
        before = bisect_left(sent, at)
        return before > 0 and at - sent[before - 1] >= RETURNS_AFTER

    return sorted((at for at in placed if is_return(at)), reverse=True)
