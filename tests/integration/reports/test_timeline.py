"""The story of an order."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.support.rows import NOW, make_click, make_event, make_message, make_order, make_shop
from worker.errors import UserError
from worker.reports.timeline import find_order, order_timeline
from worker.store.models import DiscountCode, OfferedProduct, Product, Transition
from worker.store.session import Database
from worker.store.shops import get_shop
from worker.store.types import new_id


def test_an_order_is_found_by_number_by_hash_number_and_by_id(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        order = make_order(session, shop, "1042", external_id="6122450911427")
        found = {find_order(session, shop, text).id for text in ("1042", "#1042", " 6122450911427")}
    assert found == {order.id}


def test_an_order_of_another_shop_is_not_found_and_the_newest_are_named(database: Database) -> None:
    with database.write() as session:
        shop, other = make_shop(session), make_shop(session, "southkettle")
        make_order(session, other, "7")
        make_order(session, shop, "1042")
        with pytest.raises(UserError, match=r"no order '7'\. The newest are 1042\."):
            find_order(session, shop, "7")


def test_several_orders_of_one_number_are_told_apart_by_their_ids(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        for external_id in ("a", "b"):
            make_order(session, shop, "1042", external_id=external_id)
        with pytest.raises(UserError, match=r"2 orders match '1042'\. Name one by its id"):
            find_order(session, shop, "1042")
        assert find_order(session, shop, "b").external_id == "b"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_order_is_found_though_its_number_is_the_id_of_another_and_its_id_the_number_of_a_third(
    database: Database,
) -> None:
    """Plugins number WooCommerce's orders one after the other, and its ids run through the same numbers."""
    with database.write() as session:
        shop = make_shop(session)
        for number, external_id in (("11", "1001"), ("1001", "1042"), ("1042", "1100")):
            make_order(session, shop, number, external_id=external_id)
        with pytest.raises(UserError, match=r"Name one by its id: id:1001, id:1042\."):
            find_order(session, shop, "1001")
        assert find_order(session, shop, "id:1042").number == "1001"
        assert find_order(session, shop, "#1001").external_id == "1042"
        with pytest.raises(UserError, match="has no order 'id:11'"):
            find_order(session, shop, "id:11")


def test_a_message_is_told_with_products_code_and_changes(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        order = make_order(session, shop, unsent={"follow_up": "the order was cancelled"})
        make_event(session, shop, order_ref=order.external_id)
        make_event(session, shop, order_ref="another", dedupe_key="2")
        message = make_message(session, order, "shipping", details={"code": "MIA-10"}, subject="On its way")
        session.add(
            Product(
                shop_id=shop.id, product_id="7104", title="Kettle 0.9, 0.9 l", short_title="Kettle 0.9", updated_at=NOW
            )
        )
        offered = {"shop_id": shop.id, "message_id": message.id, "address": "mia@example.com", "created_at": NOW}
        session.add(OfferedProduct(position=0, product_id="7104", kind="pairing", why="Pours slowly", **offered))
        session.add(OfferedProduct(position=1, product_id="9", kind="pairing", why="Gone since", **offered))
        make_click(session, message, ref="7104", raw=3, human=1)
        code = {"address": "mia@example.com", "starts_at": NOW, "ends_at": NOW + timedelta(days=30), "created_at": NOW}
        session.add(
            DiscountCode(shop_id=shop.id, order_id=order.id, code="MIA-10", kind="percent", value=Decimal(10), **code)
        )
        session.add(
            Transition(message_id=message.id, before=None, after="scheduled", reason="it left", at=NOW, real_at=NOW)
        )
    with database.read() as session:
        story = order_timeline(session, shop, order)
    (line,) = story.messages
    assert [product.title for product in line.products] == ["Kettle 0.9", "9"]
    assert line.code is not None
    assert (line.code.code, line.code.value) == ("MIA-10", "10")
    assert [(click.title, click.raw, click.human) for click in line.clicks] == [("Kettle 0.9", 3, 1)]
    assert [change.reason for change in line.transitions] == ["it left"]
    assert line.send_at_local.isoformat() == "2026-05-14T09:00:00+01:00"
    assert story.unsent == {"follow_up": "the order was cancelled"}
    assert [event.topic for event in story.events] == ["orders/create"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_changes_stand_in_their_order_also_where_the_clock_of_a_host_is_ahead(database: Database) -> None:
    """Ids begin with the time of the host that made them."""
    earlier, later = new_id(), new_id()
    changes = ((later, None, "scheduled"), (earlier, "scheduled", "claimed"))
    with database.write() as session:
        order = make_order(session, make_shop(session))
        message = make_message(session, order, "shipping")
        for number, (id, before, after) in enumerate(changes):
            at = NOW + timedelta(seconds=number)
            line = Transition(id=id, message_id=message.id, before=before, after=after, reason="x", at=at, real_at=at)
            session.add(line)
    with database.read() as session:
        [told] = order_timeline(session, get_shop(session, "northkettle"), order).messages
    assert [line.after for line in told.transitions] == ["scheduled", "claimed"]
