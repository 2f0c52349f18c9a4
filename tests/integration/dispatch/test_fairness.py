"""One shop's million mails don't delay another's ten, nor its own receipts; and finding them costs the same."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

from schedules.facts import Facts
from schedules.lifecycle import State
from tests.support.backlog import analyze, counted_work, pile_up
from tests.support.dispatching import MORNING, World
from tests.support.orders import NORTHKETTLE, an_order, keep_order, keep_shop
from worker.dispatch.service import deliver_batch
from worker.store.claims import Turn, claim_due
from worker.store.keeping import CLAIM_LEASE
from worker.store.models import Message

HOURS_AGO = timedelta(hours=-5)


def _shop(world: World, slug: str) -> tuple[UUID, UUID]:
    with world.installation.database.write() as session:
        shop = keep_shop(session, MORNING, NORTHKETTLE.model_copy(update={"slug": slug}))
        order = keep_order(session, shop.id, Facts(order=an_order(MORNING - timedelta(minutes=5))), MORNING)
        return shop.id, order.id


def _claim(world: World, limit: int = 64) -> list[Message]:
    with world.installation.database.write() as session:
        return claim_due(session, Turn(now=world.now, lease=CLAIM_LEASE, limit=limit))


def test_ten_mails_of_a_small_shop_go_with_the_first_batch_beside_a_backlog(world: World) -> None:
    pile_up(world, world.add_message(due=HOURS_AGO), 1_000)
    shop_id, order_id = _shop(world, "small")
    few = [world.add_message(shop_id=shop_id, order_id=order_id, occurrence=number) for number in range(10)]
    assert deliver_batch(world.installation, 64) == 64
    assert {world.state(each) for each in few} == {State.ACCEPTED}


def test_a_backlog_of_marketing_does_not_delay_the_shops_own_receipts(world: World) -> None:
    pile_up(world, world.add_message("follow_up", due=HOURS_AGO), 500)
    receipts = {world.add_message(occurrence=number) for number in range(20)}
    assert receipts <= {message.id for message in _claim(world)}


def test_where_places_are_few_receipts_come_first(world: World) -> None:
    for number in range(4):
        shop_id, order_id = _shop(world, f"shop-{number}")
        for step in ("confirmation", "follow_up"):
            world.add_message(step, shop_id=shop_id, order_id=order_id)
    assert Counter(message.stream for message in _claim(world, limit=4)) == {"transactional": 4}


def test_what_a_quiet_lane_leaves_goes_to_the_busy_one(world: World) -> None:
    pile_up(world, world.add_message("follow_up", due=HOURS_AGO), 100)
    world.add_message()
    assert Counter(message.stream for message in _claim(world)) == {"transactional": 1, "marketing": 63}


def test_claiming_beside_a_backlog_sixteen_times_as_long_costs_the_same(world: World) -> None:
    shop_id, order_id = _shop(world, "small")
    backlog = world.add_message("follow_up", due=HOURS_AGO)
    world.add_message(shop_id=shop_id, order_id=order_id)
    pile_up(world, backlog, 250)
    short = _cost_of_a_claim(world)
    world.change(backlog, state="scheduled", parcel_group="more")
    pile_up(world, backlog, 4_000)
    assert _cost_of_a_claim(world) < 1.5 * short


def _cost_of_a_claim(world: World) -> int:
    with world.installation.database.write() as session:
        analyze(session)
    with counted_work(world) as work:
        assert len(_claim(world)) == 64
    return work.steps
