"""Each mail keeps which parcels or edits it told of, so that what becomes known later is told as well."""

from datetime import timedelta

from schedules.facts import Edit, Facts
from schedules.parcel_facts import Parcel, ParcelLine
from tests.support.dispatching import World
from tests.support.orders import a_parcel, an_order
from worker.dispatch.service import deliver_batch
from worker.planning.service import replan_order
from worker.store.messages import messages_of
from worker.store.models import Message


def _parcel(world: World, number: int, minutes_ago: int) -> Parcel:
    changes = {"id": f"p{number}", "tracking": (), "lines": (ParcelLine(line_id=str(number), quantity=1),)}
    return a_parcel(world.now - timedelta(minutes=minutes_ago)).model_copy(update=changes)


def _shipping(world: World) -> list[Message]:
    with world.installation.database.read() as session:
        return [message for message in messages_of(session, world.order_id) if message.step == "shipping"]


def test_a_parcel_whose_webhook_comes_after_the_days_mail_gets_a_mail(world: World) -> None:
    """Both left within minutes; a shop's webhooks come late and in any order."""
    placed = an_order(world.now - timedelta(hours=3))
    first, second = _parcel(world, 1, 30), _parcel(world, 2, 25)
    world.become(Facts(order=placed, parcels=(first,)))
    replan_order(world.installation, world.order_id, "a test")
    while deliver_batch(world.installation):
        pass
    [out] = _shipping(world)
    assert (out.state, out.details["knew"]) == ("accepted", ["p1"])
    world.become(Facts(order=placed, parcels=(first, second)))
    replan_order(world.installation, world.order_id, "a test")
    assert [(each.parcel_group, each.state) for each in _shipping(world)] == [
        (out.parcel_group, "accepted"),
        (f"{out.parcel_group}+p2", "scheduled"),
    ]
    while deliver_batch(world.installation):
        pass
    assert [each.state for each in _shipping(world)] == ["accepted", "accepted"]
    replan_order(world.installation, world.order_id, "a test")
    assert len(_shipping(world)) == 2


def test_an_edit_that_is_told_of_after_the_order_was_shown_with_it_brings_no_mail(world: World) -> None:
    order = an_order(world.now - timedelta(minutes=5), updated_at=world.now - timedelta(minutes=2))
    accepted = {"accepted_first_at": order.placed_at}
    world.become(Facts(order=order, **accepted))
    world.add_message()
    deliver_batch(world.installation)
    for number, at in enumerate((order.updated_at, order.updated_at + timedelta(minutes=1)), 1):
        world.become(Facts(order=order, edits=(Edit(id=str(number), at=at),), **accepted))
        replan_order(world.installation, world.order_id, "a test")
    with world.installation.database.read() as session:
        assert [each.parcel_group for each in messages_of(session, world.order_id)] == ["", "edit-2"]
