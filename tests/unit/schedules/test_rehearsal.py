"""An order that never was goes through the real planner and gate."""

from datetime import datetime, timedelta

from schedules.events import OrderCancelled, OrderStated, ParcelStated, ParcelTracked
from schedules.facts import ConsentState
from schedules.lifecycle import State
from schedules.parcel_facts import TrackingStatus
from schedules.rehearsal import Happening, Rehearsal, rehearse
from schedules.shop import Role, ShopProfile
from tests.support.orders import NORTHKETTLE, an_order
from tests.unit.schedules.examples import PLACED, SEQUENCE, after, companion, parcel, report

SHIPPED, ARRIVED = after(days=1), after(days=3)


def _story(*, is_delivered: bool = True) -> list[Happening]:
    order = an_order(PLACED)
    told = [
        Happening(PLACED, OrderStated(order=order)),
        Happening(SHIPPED, ParcelStated(order_id=order.id, parcel=parcel(left=SHIPPED))),
    ]
    arrived = report("p1", TrackingStatus.DELIVERED, ARRIVED)
    return [*told, Happening(ARRIVED, ParcelTracked(order_id=order.id, tracking=arrived))] if is_delivered else told


def _played(story: list[Happening], shop: ShopProfile = NORTHKETTLE, consent: str = "subscribed") -> Rehearsal:
    return rehearse(story, sequence=SEQUENCE, shop=shop, consent=ConsentState(consent))


def _sent(played: Rehearsal) -> dict[str, datetime]:
    return {scene.step: scene.at for scene in played.scenes if scene.state is State.ACCEPTED}


def test_three_mails_go_out_in_their_windows_whatever_order_the_story_is_told_in() -> None:
    played = _played(_story()[::-1])
    sent = _sent(played)
    assert list(sent) == ["confirmation", "shipping", "follow_up"]
    assert sent["confirmation"] == PLACED + timedelta(minutes=2)
    assert sent["shipping"] == SHIPPED + timedelta(minutes=10)
    assert timedelta(days=7) <= sent["follow_up"] - ARRIVED <= timedelta(days=14)
    assert "estimated" not in played.scenes[-1].reason
    assert played.unsent == {}


def test_without_a_report_the_follow_up_counts_from_an_estimate() -> None:
    follow_up = _played(_story(is_delivered=False)).scenes[-1]
    assert (follow_up.state, "estimated" in follow_up.reason) == (State.ACCEPTED, True)


def test_who_is_no_subscriber_gets_receipts_without_offers_and_a_reason_instead_of_the_follow_up() -> None:
    scenes = {scene.step: scene for scene in _played(_story(), consent="not_subscribed").scenes}
    assert scenes["follow_up"].state is State.SKIPPED
    assert "only subscribers" in scenes["follow_up"].reason
    assert not scenes["confirmation"].with_offer
    assert "only subscribers" in scenes["confirmation"].offer_reason


def test_a_cancelled_order_ends_what_waits_and_says_why() -> None:
    story = _story(is_delivered=False)
    cancelled = OrderCancelled(order_id=an_order(PLACED).id, at=after(days=2))
    played = _played([*story, Happening(after(days=2), cancelled)])
    assert list(_sent(played)) == ["confirmation", "shipping"]
    assert played.scenes[-1].step == "follow_up"
    assert played.scenes[-1].state is State.CANCELLED
    assert played.unsent == {"all": "the order was cancelled"}


def test_roles_are_those_of_the_shop() -> None:
    off = NORTHKETTLE.model_copy(update={"roles": {"follow_up": Role.OFF}})
    assert "follow_up" not in _sent(_played(_story(), off))
    scenes = {scene.step: scene for scene in _played(_story(), companion("shipping")).scenes}
    assert scenes["shipping"].stream == "marketing"
