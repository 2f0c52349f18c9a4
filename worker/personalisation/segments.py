"""Who a customer is to the shop: what is stored of them, told to `schedules.segments`."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from schedules import situations
from schedules.facts import Facts
from schedules.records import record
from schedules.segments import Segment, Standing, segment_of
from schedules.shop import ShopProfile
from worker.store.histories import YEAR, Histories, PastOrder


@record
class Buyer:
    """The person of one order. `others`: their other orders known from webhooks; `orders_known`: the platform's count
    at the person; `now`: business time, from which the last 12 months are counted."""

    shop_id: UUID
    address: str
    profile: ShopProfile
    facts: Facts
    others: tuple[Facts, ...]
    orders_known: int | None
    is_resting: bool
    now: datetime


def segment_of_buyer(histories: Histories, buyer: Buyer) -> Segment:
    """Who the person is when a mail about this order goes; imported orders count as history."""
    order = buyer.facts.order
    if order is None:
        return Segment.UNKNOWN
    past = histories.orders(buyer.shop_id, buyer.address)
    # One order alone makes nobody a customer of high value: what was paid for it is not looked at.
    known = _known(past, (*buyer.others, buyer.facts), buyer.profile.currency) if past or buyer.others else {}
    recent = [value for placed_at, value in known.values() if placed_at > buyer.now - YEAR]
    return segment_of(
        Standing(
            # A cancelled order is one that was placed: no first-time words for its person.
            others=max(len(known.keys() - {order.id}), sum(map(was_placed, buyer.others))),
            told=_most((order.customer.orders_count, buyer.orders_known)),
            history_is_known=buyer.profile.history_imported,
            spent=sum((value for value in recent if value is not None), Decimal(0)),
            orders=len(recent),
            high_value_from=histories.high_value_from(buyer.shop_id),
            is_resting=buyer.is_resting,
        )
    )


def _known(
    past: Iterable[PastOrder], told: Iterable[Facts], currency: str
) -> dict[str, tuple[datetime, Decimal | None]]:
    """Orders that came to something, by id: what webhooks told lately stands above what was read or imported."""
    known = {each.ref: (each.placed_at, each.value) for each in past}
    for facts in told:
        if facts.order is None:
            continue
        known.pop(facts.order.id, None)
        if situations.is_bought(facts):
            known[facts.order.id] = (facts.order.placed_at, value_of(facts, currency))
    return known


def was_placed(facts: Facts) -> bool:
    """Whether it ever was an order, whatever became of it: a payment that never came, or a test, makes none."""
    return facts.accepted_first_at is not None and facts.order is not None and not facts.order.is_test


def value_of(facts: Facts, currency: str) -> Decimal | None:
    """What was paid for an order, refunds taken off; None in another currency than the shop's."""
    order = facts.order
    if order is None or order.currency != currency:
        return None
    since = order.updated_at if order.totals.is_net else None
    told = (each for each in facts.refunds if since is None or each.at > since)
    refunded = sum((each.amount.amount for each in told if each.amount.currency == currency), Decimal(0))
    return max(order.totals.total.amount - refunded, Decimal(0))


def _most(counts: Iterable[int | None]) -> int | None:
    return max((each for each in counts if each is not None), default=None)
