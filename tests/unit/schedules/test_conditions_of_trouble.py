"""The gate: what parcels, cases and other orders of the person make of a mail."""

from datetime import datetime, timedelta

import pytest

from schedules import reasons
from schedules.conditions import Judgement, judge
from schedules.facts import CaseKind, LineKind, RefundReason
from schedules.following import Sibling
from schedules.parcel_facts import ParcelState
from schedules.parcel_facts import TrackingStatus as Status
from tests.support.orders import a_line
from tests.unit.schedules.examples import (
    after,
    case,
    delivered,
    facts,
    gate,
    parcel,
    refund,
    report,
    shipped,
)
from tests.unit.schedules.judging import DUE, LEFT, confirmation, follow_up, tracking


def test_a_parcel_that_arrived_needs_no_tracking() -> None:
    assert tracking(shipped(LEFT, arrived=LEFT)) == Judgement(action="cancel", reason=reasons.ARRIVED)


def test_a_parcel_that_was_cancelled_has_no_tracking() -> None:
    gone = facts(parcels=[parcel(left=LEFT, state=ParcelState.CANCELLED)])
    assert tracking(gone) == Judgement(action="cancel", reason=reasons.PARCEL_GONE)


def test_a_later_parcels_mail_is_judged_by_its_own_parcels() -> None:
    """The day's first parcel is still on its way; the second, which this mail is about, arrived."""
    second = parcel("p2", left=after(LEFT, hours=3), arrived=after(LEFT, hours=4), lines=["2"])
    known = facts(parcels=[parcel("p1", left=LEFT, lines=["1"]), second])
    assert tracking(known, parcel_group="2031-05-13+p2").reason == reasons.ARRIVED
    assert tracking(known).action == "send"


def test_an_update_of_an_order_carries_no_offer() -> None:
    judgement = confirmation(parcel_group="edit-1")
    assert (judgement.action, judgement.offer_reason) == ("send", "an update carries no offer")


def test_an_open_ticket_lets_receipts_go_without_an_offer_and_holds_marketing() -> None:
    more = {"cases": (case(CaseKind.TICKET),)}
    assert confirmation(facts(more=more)).offer_reason == reasons.TICKET
    assert follow_up(delivered(more=more)) == Judgement(action="hold", reason=reasons.TICKET)


@pytest.mark.parametrize("kind", [CaseKind.RETURN, CaseKind.EXCHANGE, CaseKind.DISPUTE, CaseKind.UNHAPPY])
def test_trouble_ends_the_follow_up_and_leaves_receipts_without_an_offer(kind: CaseKind) -> None:
    more = {"cases": (case(kind),)}
    assert confirmation(facts(more=more)).offer_reason == reasons.TROUBLE[kind]
    assert follow_up(delivered(more=more)) == Judgement(action="cancel", reason=reasons.TROUBLE[kind])
    closed = {"cases": (case(kind, closed=True),)}
    assert follow_up(delivered(more=closed)).action == "send"


def test_a_refund_for_lack_of_stock_ends_the_follow_up() -> None:
    short = delivered(more={"refunds": (refund(RefundReason.STOCK),)})
    assert follow_up(short) == Judgement(action="cancel", reason=reasons.SHORT_OF_STOCK)


def test_after_trouble_with_another_order_the_person_is_left_in_peace_for_thirty_days() -> None:
    recent = DUE - timedelta(days=28)
    judgement = follow_up(troubles=(recent,))
    assert (judgement.action, judgement.reason, judgement.until) == (
        "postpone",
        reasons.RESTING,
        recent + timedelta(days=30),
    )
    assert follow_up(troubles=(DUE - timedelta(days=2),)).action == "expire"
    assert follow_up(troubles=(DUE - timedelta(days=30),)).action == "send"


def test_during_that_rest_receipts_go_without_an_offer() -> None:
    judgement = confirmation(troubles=(after(days=-2),))
    assert (judgement.action, judgement.offer_reason) == ("send", reasons.RESTING)


def test_a_parcel_in_trouble_holds_the_follow_up() -> None:
    lost = parcel(left=LEFT, reports=[report("p1", Status.EXCEPTION, after(days=2))])
    assert follow_up(facts(parcels=[lost])) == Judgement(action="hold", reason=reasons.IN_TROUBLE)


def test_an_order_that_got_another_line_since_waits_for_it() -> None:
    grown = (a_line(1, "Dripper 02", "38.00"), a_line(2, "Filters", "6.50"), a_line(3, "Kettle 0.9", "79.00"))
    assert follow_up(delivered(lines=grown)) == Judgement(action="cancel", reason=reasons.NOT_ARRIVED)


def near(placed: datetime, arrived: datetime | None, *, name: str, gone: bool = False) -> tuple[Sibling, ...]:
    return (Sibling(order_id=name, placed_at=placed, delivered_at=arrived, is_cancelled=gone),)


def test_a_later_order_of_the_same_person_takes_the_follow_up_over() -> None:
    later = near(after(days=5), None, name="order-1043")
    assert follow_up(siblings=later) == Judgement(action="cancel", reason=reasons.COMBINED)
    assert follow_up(siblings=near(after(days=5), None, name="order-1043", gone=True)).action == "send"
    assert follow_up(siblings=near(after(days=20), None, name="order-1043")).action == "send"


def test_an_earlier_order_that_arrived_only_now_makes_it_wait_its_seven_days() -> None:
    judgement = follow_up(siblings=near(after(days=-3), DUE - timedelta(days=2), name="order-1041"))
    assert (judgement.action, judgement.reason) == ("postpone", reasons.TOO_SOON)
    assert judgement.until == DUE + timedelta(days=5)


def test_a_second_order_within_fourteen_days_gets_its_facts_without_an_offer() -> None:
    earlier = near(after(days=-14), None, name="order-1041")
    for judged in (confirmation(siblings=earlier), tracking(siblings=earlier)):
        assert (judged.action, judged.offer_reason) == ("send", reasons.SECOND_ORDER)
    assert follow_up(siblings=near(after(days=-14), after(days=-10), name="order-1041")).with_offer


@pytest.mark.parametrize(
    "other",
    [
        near(after(days=-14, seconds=-1), None, name="order-1041"),
        near(after(hours=1), None, name="order-1043"),
        near(after(days=-1), None, name="order-1041", gone=True),
    ],
)
def test_the_first_order_and_one_long_after_another_carry_offers(other: tuple[Sibling, ...]) -> None:
    assert confirmation(siblings=other).with_offer
    assert tracking(siblings=other).with_offer


@pytest.mark.parametrize(("guide", "action"), [(True, "send"), (False, "skip")])
def test_digital_goods_are_followed_up_only_with_a_guide(guide: bool, action: str) -> None:
    line = a_line(1, "Brewing course", "30.00").model_copy(update={"kind": LineKind.DIGITAL})
    judgement = judge(gate(facts(lines=(line,)), "follow_up", has_guide=guide))
    assert judgement.action == action


def test_discreet_things_are_not_followed_up() -> None:
    assert follow_up(is_discreet=True).reason == reasons.DISCREET
    assert follow_up(is_discreet=True).action == "skip"


def test_goods_are_followed_up_without_a_guide_too() -> None:
    assert follow_up(has_guide=False).action == "send"
