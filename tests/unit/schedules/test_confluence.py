"""Events arrive late, twice and out of order: the schedule does not depend on it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schedules.changes import PlannedMessage
from schedules.events import (
    CaseStated,
    OrderCancelled,
    OrderDeleted,
    OrderEdited,
    OrderEvent,
    OrderRefunded,
    OrderRestored,
    OrderStated,
    ParcelStated,
    ParcelTracked,
)
from schedules.facts import (
    Case,
    CaseKind,
    Channel,
    Edit,
    Facts,
    PaymentState,
    RefundReason,
)
from schedules.lifecycle import PENDING
from schedules.merging import merge
from schedules.parcel_facts import WHOLE, ParcelState, TrackingStatus
from schedules.shop import Role, ShopProfile
from schedules.timing import is_within, zone
from schedules.wanted import LEAST_ROOM
from tests.support.orders import NORTHKETTLE, a_line, an_order
from tests.unit.schedules.examples import (
    PLACED,
    SEQUENCE,
    after,
    applied,
    parcel,
    pending,
    planned,
    refund,
    report,
    shop,
)

ORDER = "order-1042"
DAYTIME = SEQUENCE.steps["follow_up"].replace.daytime
assert DAYTIME is not None
HOURS = st.integers(0, 24 * 20).map(lambda hours: after(hours=hours))
PROFILES = [
    NORTHKETTLE,
    shop(roles={"confirmation": Role.COMPANION, "shipping": Role.COMPANION}),
    shop(roles={"shipping": Role.OFF}, timezone="Pacific/Kiritimati", mails_order_updates=True),
]


@st.composite
def orders(draw: st.DrawFn) -> OrderEvent:
    at = draw(HOURS)
    payment = draw(
        st.sampled_from([PaymentState.OPEN, PaymentState.AUTHORIZED, PaymentState.REFUNDED] + [PaymentState.PAID] * 5)
    )
    changes = {
        "updated_at": at,
        "payment": payment,
        "on_hold": draw(st.booleans()),
        "cancelled_at": draw(st.sampled_from([None, None, None, None, at])),
        "channel": draw(st.sampled_from([Channel.WEB, Channel.WEB, Channel.WEB, Channel.SUBSCRIPTION_RENEWAL])),
        "email": draw(st.sampled_from(["Mia@example.com", "Mia@example.com", ""])),
        "lines": tuple(
            a_line(number, title, price).model_copy(update={"quantity": draw(st.integers(0, 2))})
            for number, title, price in ((1, "Dripper 02", "38.00"), (2, "Paper filters 02", "6.50"))
        ),
    }
    return OrderStated(order=an_order(PLACED, **changes))


@st.composite
def parcels(draw: st.DrawFn) -> OrderEvent:
    left = draw(HOURS)
    found = parcel(
        draw(st.sampled_from(["p1", "p2", "p3", WHOLE])),
        left=left,
        lines=draw(st.sampled_from([["1"], ["2"], ["1", "2"], []])),
        state=draw(st.sampled_from([ParcelState.SHIPPED] * 3 + [ParcelState.OPEN, ParcelState.CANCELLED])),
    )
    seen = {"updated_at": draw(HOURS), "is_sighting": draw(st.booleans())}
    return ParcelStated(order_id=ORDER, parcel=found.model_copy(update=seen))


@st.composite
def reports(draw: st.DrawFn) -> OrderEvent:
    status = draw(st.sampled_from([TrackingStatus.DELIVERED, TrackingStatus.EXCEPTION, TrackingStatus.IN_TRANSIT]))
    name, number = draw(st.sampled_from(["p1", "p2", "p3", ""])), draw(st.integers(1, 2))
    promised = draw(st.sampled_from([None, date(2031, 5, 16), date(2031, 6, 2)]))
    return ParcelTracked(order_id=ORDER, tracking=report(name, status, draw(HOURS), number, promised))


@st.composite
def cases(draw: st.DrawFn) -> OrderEvent:
    kind = draw(st.sampled_from([CaseKind.RETURN, CaseKind.TICKET, CaseKind.DISPUTE]))
    at = draw(HOURS)
    told = Case(id=kind.value, kind=kind, opened_at=PLACED, updated_at=at, closed=draw(st.booleans()))
    return CaseStated(order_id=ORDER, case=told)


def others() -> st.SearchStrategy[OrderEvent]:
    return st.one_of(
        HOURS.map(lambda at: OrderCancelled(order_id=ORDER, at=at)),
        HOURS.map(lambda at: OrderDeleted(order_id=ORDER, at=at)),
        HOURS.map(lambda at: OrderRestored(order_id=ORDER, at=at)),
        HOURS.map(lambda at: OrderEdited(order_id=ORDER, edit=Edit(id=at.isoformat(), at=at))),
        st.sampled_from([RefundReason.STOCK, RefundReason.OTHER]).map(
            lambda reason: OrderRefunded(order_id=ORDER, refund=refund(reason))
        ),
    )


EVENTS = st.lists(
    st.one_of(orders(), orders(), orders(), parcels(), parcels(), parcels(), reports(), reports(), cases(), others()),
    min_size=1,
    max_size=9,
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[OrderEvent], list[OrderEvent]]:
    """The same events as they happened, and as they arrive: shuffled, some of them again."""
    happened = draw(EVENTS)
    again = draw(st.lists(st.sampled_from(happened), max_size=4))
    return happened, draw(st.permutations([*happened, *again]))


def merged(events: Sequence[OrderEvent]) -> Facts:
    return reduce(merge, events, Facts())


def planned_one_by_one(events: Sequence[OrderEvent], now: datetime, profile: ShopProfile) -> list[PlannedMessage]:
    """The messages after each event was merged and planned as it came."""
    known, messages = Facts(), list[PlannedMessage]()
    for event in events:
        known = merge(known, event)
        messages = applied(planned(known, messages=messages, now=now, shop=profile), messages)
    return messages


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), HOURS, st.sampled_from(PROFILES))
def test_every_permutation_and_repetition_of_events_gives_the_same_plan(
    history: tuple[list[OrderEvent], list[OrderEvent]], now: datetime, profile: ShopProfile
) -> None:
    happened, arrived = history
    assert planned(merged(happened), now=now, shop=profile) == planned(merged(arrived), now=now, shop=profile)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), HOURS, st.sampled_from(PROFILES))
def test_planning_after_every_event_ends_where_planning_once_does(
    history: tuple[list[OrderEvent], list[OrderEvent]], now: datetime, profile: ShopProfile
) -> None:
    """What is scheduled in the end is equal, however often it was cancelled and came again on the way."""
    happened, arrived = history
    at_once = applied(planned(merged(happened), now=now, shop=profile))
    assert pending(planned_one_by_one(arrived, now, profile)) == pending(at_once)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), HOURS, st.sampled_from(PROFILES))
def test_planning_again_changes_nothing(
    history: tuple[list[OrderEvent], list[OrderEvent]], now: datetime, profile: ShopProfile
) -> None:
    _, arrived = history
    messages = planned_one_by_one(arrived, now, profile)
    assert planned(merged(arrived), messages=messages, now=now, shop=profile).is_empty
    waiting = [each.key for each in messages if each.state in PENDING]
    assert len(waiting) == len(set(waiting))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), HOURS)
def test_every_window_is_kept(history: tuple[list[OrderEvent], list[OrderEvent]], now: datetime) -> None:
    """Nothing is planned after its own end, and what is marketing goes in the daytime."""
    for new in planned(merged(history[0]), now=now).schedule:
        assert now < new.expires_at
        assert new.aim_at + LEAST_ROOM <= new.expires_at
        assert new.offer_until is None or new.offer_until <= new.expires_at
        if new.stream == "marketing":
            assert is_within(new.aim_at, DAYTIME, zone(NORTHKETTLE.timezone))


@pytest.mark.parametrize("hours", [0, 30, 24 * 9])
def test_a_usual_week_backwards_gives_the_same_mails(hours: int) -> None:
    left = after(days=1)
    week: list[OrderEvent] = [
        OrderStated(order=an_order(PLACED, payment=PaymentState.OPEN)),
        OrderStated(order=an_order(PLACED, updated_at=after(minutes=5))),
        ParcelStated(order_id=ORDER, parcel=parcel(left=left)),
        ParcelTracked(order_id=ORDER, tracking=report("p1", TrackingStatus.DELIVERED, after(days=3))),
    ]
    now = after(hours=hours)
    forth, back = planned_one_by_one(week, now, NORTHKETTLE), planned_one_by_one(week[::-1], now, NORTHKETTLE)
    assert pending(forth) == pending(back) != set()
    assert all(each.send_at > PLACED + timedelta(minutes=5) for each in back if each.state in PENDING)


@pytest.mark.parametrize("is_turned", [False, True])
def test_of_two_snapshots_of_one_second_that_with_the_cancellation_counts(is_turned: bool) -> None:
    at = after(minutes=5)
    told: list[OrderEvent] = [
        OrderStated(order=an_order(PLACED, updated_at=at)),
        OrderStated(order=an_order(PLACED, updated_at=at, cancelled_at=at)),
    ]
    known = merged(told[::-1] if is_turned else told)
    assert known.order is not None
    assert known.order.cancelled_at == at


def test_sightings_count_the_same_whether_a_version_that_tells_the_time_comes_between_or_after() -> None:
    told = [
        ParcelStated(
            order_id=ORDER,
            parcel=parcel(left=after(hours=hours)).model_copy(update={"is_sighting": is_sighting}),
        )
        for hours, is_sighting in ((1, True), (2, False), (3, True))
    ]
    for arrived in permutations(told):
        assert [each.shipped_at for each in merged(arrived).parcels] == [after(hours=1)]
