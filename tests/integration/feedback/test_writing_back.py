"""Refusals reach the shop, and second thoughts too: on both databases, over HTTP to stand-ins of the shops' APIs."""

from datetime import timedelta

from schedules.events import CustomerRedacted
from schedules.facts import ConsentState
from tests.support.writing_back import ADDRESS, Subscribed, connect
from worker.links import Purpose
from worker.planning.erasure import erase_customer
from worker.planning.unit import Unit
from worker.store.models import OrderRow, Pause, Shop, Source
from worker.store.pauses import RESTORED, pause

MINUTE = timedelta(minutes=1)
TEN = timedelta(minutes=10)


def test_a_refusal_reaches_the_shop_once_after_a_quarter_of_an_hour(mia: Subscribed) -> None:
    mia.refuses()
    assert mia.waits(timedelta(minutes=14)) == 0
    assert mia.waits(MINUTE) == 1
    mia.refuses()
    assert mia.waits(timedelta(days=2)) == 0
    assert mia.heard() == ["no"]
    assert mia.api.faults == []


def test_a_second_thought_within_the_quarter_hour_leaves_no_trace(mia: Subscribed) -> None:
    mia.refuses()
    mia.world.pass_time(TEN)
    mia.changes_her_mind()
    assert mia.waits(timedelta(days=2)) == 0
    assert mia.api.requests == 0
    assert mia.note() is None


def test_a_later_second_thought_makes_a_subscriber_one_again_at_once(mia: Subscribed) -> None:
    mia.refuses()
    mia.waits()
    mia.changes_her_mind()
    assert mia.sweep() == 1
    assert mia.heard() == ["no", "yes"]


def test_who_never_subscribed_is_not_subscribed_by_a_second_thought(shopify_mia: Subscribed) -> None:
    mia = shopify_mia
    mia.tells(ConsentState.NOT_SUBSCRIBED, mia.world.now)
    mia.refuses()
    mia.waits()
    mia.changes_her_mind()
    assert mia.waits(timedelta(days=2)) == 0
    assert mia.heard() == ["no"]


def test_what_the_shop_had_told_before_the_newest_refusal_counts_for_the_way_back(shopify_mia: Subscribed) -> None:
    mia = shopify_mia
    mia.refuses()
    mia.waits()
    mia.changes_her_mind()
    mia.sweep()
    mia.world.pass_time(MINUTE)
    mia.tells(ConsentState.PENDING, mia.world.now)
    mia.refuses()
    mia.waits()
    mia.changes_her_mind()
    assert mia.waits(timedelta(days=1)) == 0
    assert mia.heard() == ["no", "yes", "no"]


def test_back_and_forth_ends_with_what_was_said_last(shopify_mia: Subscribed) -> None:
    mia = shopify_mia
    for _ in range(3):
        mia.refuses()
        mia.waits()
        mia.changes_her_mind()
    mia.refuses()
    mia.changes_her_mind()
    mia.waits(timedelta(days=1))
    assert mia.heard()[-1] == "yes"
    mia.refuses()
    mia.waits()
    assert mia.heard()[-1] == "no"


def test_what_the_shop_said_itself_is_not_told_back_to_it(shopify_mia: Subscribed) -> None:
    mia = shopify_mia
    mia.tells(ConsentState.UNSUBSCRIBED, mia.world.now)
    mia.refuses()
    assert mia.waits(timedelta(days=2)) == 0


def test_a_second_thought_is_void_after_a_newer_refusal_at_the_shop(shopify_mia: Subscribed) -> None:
    mia = shopify_mia
    mia.refuses()
    mia.waits()
    mia.changes_her_mind()
    mia.tells(ConsentState.UNSUBSCRIBED, mia.world.now + MINUTE)
    mia.waits(TEN)
    assert mia.heard() == ["no"]
    row = mia.note()
    assert row is not None
    assert (row.state, row.note) == ("failed", "they refused at the shop meanwhile")


def test_smaller_wishes_than_no_marketing_are_not_the_shops_business(shopify_mia: Subscribed) -> None:
    shopify_mia.refuses(Purpose.OFFERS)
    shopify_mia.refuses(said="fewer")
    assert shopify_mia.waits(timedelta(days=1)) == 0


def test_a_newer_wish_that_comes_during_the_call_is_told_next(mia: Subscribed) -> None:
    mia.refuses()

    def once() -> None:
        mia.api.during = lambda: None
        mia.changes_her_mind()

    mia.api.during = once
    assert mia.waits() == 2
    assert mia.heard() == ["no", "yes"]


def test_the_customers_id_is_taken_from_orders_of_the_same_source(shopify_mia: Subscribed) -> None:
    world = shopify_mia.world
    connect(world, "standard", "")
    with world.installation.database.write() as session:
        other = session.query(Source).filter_by(shop_id=world.shop_id, kind="standard").one()
        session.get_one(OrderRow, world.order_id).source_id = other.id
    shopify_mia.refuses()
    assert shopify_mia.waits() == 1
    assert shopify_mia.api.requests == 0
    row = shopify_mia.note()
    assert row is not None
    assert (row.state, row.note) == ("failed", "the shop has no customer to write it to")


def test_nothing_is_written_for_a_source_without_a_key_until_it_has_one(shopify_mia: Subscribed) -> None:
    mia = shopify_mia

    def give(url: str) -> None:
        with mia.world.installation.database.write() as session:
            source = session.query(Source).filter_by(shop_id=mia.world.shop_id).one()
            source.api = source.api | {"url": url} if url else {}

    with mia.world.installation.database.read() as session:
        kept = session.query(Source).filter_by(shop_id=mia.world.shop_id).one().api
    give("")
    mia.refuses()
    assert mia.waits(timedelta(days=90)) == 0
    with mia.world.installation.database.write() as session:
        session.query(Source).filter_by(shop_id=mia.world.shop_id).one().api = kept
    assert mia.sweep() == 1
    assert mia.heard() == ["no"]


def test_a_restored_installation_tells_nobody_anything_until_it_is_resumed(shopify_mia: Subscribed) -> None:
    mia, database = shopify_mia, shopify_mia.world.installation.database
    mia.refuses()
    with database.write() as session:
        pause(session, mia.world.shop_id, "", reason=f"{RESTORED} of today", now=mia.world.now)
    assert mia.waits(timedelta(days=1)) == 0
    with database.write() as session:
        session.query(Pause).one().reason = "the owner is on holiday"
    assert mia.sweep() == 1


def test_an_erased_person_is_not_written_about(shopify_mia: Subscribed) -> None:
    mia = shopify_mia
    world = mia.world
    mia.refuses()
    with world.installation.database.write() as session:
        shop = session.get_one(Shop, world.shop_id)
        unit = Unit(session=session, shop=shop, source_id=None, now=world.now)
        erase_customer(unit, CustomerRedacted(customer_id="7", email=ADDRESS, order_ids=()))
    assert mia.note() is None
    assert mia.waits(timedelta(days=1)) == 0
