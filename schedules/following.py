"""What a follow-up counts from: the last delivery of an order and of those that are combined with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schedules import reasons
from schedules.facts import Facts, Order
from schedules.parcel_facts import DeliverySource, Parcel
from schedules.parcels import delivered_at, has_goods, has_left_whole, sent_parcels, trouble_since, was_delayed
from schedules.sequence import Sequence as Definition


@dataclass(frozen=True, kw_only=True)
class Sibling:
    """Another order of the same address, placed not long before or after.

    `is_cancelled`: it takes no part in a combined follow-up, see `situations.is_gone`.
    """

    order_id: str
    placed_at: datetime
    delivered_at: datetime | None
    is_cancelled: bool


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """`at`: what the delay counts from, said in `words`.

    `is_soon`: the shorter delay counts. `held_for`: why the mail must wait, if it must.
    """

    at: datetime
    words: str
    is_soon: bool = False
    held_for: str = ""


def arrival_of_all(
    facts: Facts, siblings: Sequence[Sibling], sequence: Definition, timezone: ZoneInfo
) -> Arrival | None:
    """When this order, and those combined with it, had arrived. None: something has not left, or is not paid yet.

    While a carrier reports a problem with a parcel, the delay counts from that report, and the mail is held.
    """
    order = facts.order
    assert order is not None, "checked before"
    if not has_goods(order):
        opened = facts.access_at
        return Arrival(at=opened, words="access was given", is_soon=True) if opened is not None else None
    if not has_left_whole(facts):
        return None
    parcels = sent_parcels(facts)
    trouble = [at for parcel in parcels if (at := trouble_since(parcel)) is not None]
    if trouble:
        return Arrival(at=max(trouble), words="the late delivery", is_soon=True, held_for=reasons.IN_TROUBLE)
    arrived = delivered_at(facts, sequence.assume_delivered_after)
    return _with_siblings(parcels, order, arrived, siblings, sequence, timezone) if arrived else None


def _with_siblings(
    parcels: Sequence[Parcel],
    order: Order,
    arrived: tuple[datetime, DeliverySource],
    siblings: Sequence[Sibling],
    sequence: Definition,
    timezone: ZoneInfo,
) -> Arrival:
    at, source = arrived
    others = [each.delivered_at for each in near_orders(order, siblings, sequence.combine_orders_within)]
    later = max((other for other in others if other is not None and other > at), default=None)
    if later is not None:
        return Arrival(at=later, words="the delivery of the other order")
    words = "the last delivery" if source is DeliverySource.REPORTED else "the estimated delivery"
    return Arrival(at=at, words=words, is_soon=any(was_delayed(parcel, timezone) for parcel in parcels))


def near_orders(order: Order, siblings: Sequence[Sibling], within: timedelta) -> list[Sibling]:
    return [each for each in siblings if not each.is_cancelled and abs(each.placed_at - order.placed_at) <= within]


def is_second(order: Order, siblings: Sequence[Sibling], within: timedelta) -> bool:
    """Whether the same person placed another order not long before this one; at equal times the greater id follows."""
    mine = (order.placed_at, order.id)
    return any((each.placed_at, each.order_id) < mine for each in near_orders(order, siblings, within))


def why_combined(order: Order, siblings: Sequence[Sibling], within: timedelta) -> str | None:
    """Whether a later order of the same person brings the follow-up for this one too; at equal times the greater id."""
    if not has_goods(order):
        return None
    mine = (order.placed_at, order.id)
    later = any((each.placed_at, each.order_id) > mine for each in near_orders(order, siblings, within))
    return reasons.COMBINED if later else None
