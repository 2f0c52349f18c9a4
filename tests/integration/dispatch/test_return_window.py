"""Until when mails say that goods may be returned."""

from datetime import timedelta

from schedules.facts import Facts
from tests.support.dispatching import World
from tests.support.orders import a_parcel, an_order
from worker.dispatch.service import deliver_batch
from worker.store.content import content_of, packaged_content, publish

PATH = "sequences/post_purchase.yaml"


def _assume_delivered_after(world: World, days: int) -> None:
    files = dict(packaged_content().files)
    files[PATH] = files[PATH].replace("assume_delivered_after: 10 days", f"assume_delivered_after: {days} days")
    with world.installation.database.write() as session:
        publish(session, world.shop_id, content_of(files), "", world.now)


def test_without_a_carriers_word_it_begins_when_the_shops_sequence_takes_goods_as_delivered(world: World) -> None:
    _assume_delivered_after(world, 20)
    left = world.now - timedelta(days=28)
    world.become(Facts(order=an_order(left - timedelta(days=1)), parcels=(a_parcel(left),)))
    world.add_message("follow_up")
    deliver_batch(world.installation)
    [inputs] = world.renderer.inputs
    assert inputs.return_ends_on == (left + timedelta(days=20 + 30)).date()
