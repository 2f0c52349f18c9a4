"""A shop that cuts the connection: what waits is cancelled in small units, and what is broken off goes on."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from tests.support.intake import Connected
from tests.support.shopify import order
from worker.planning import scheduling
from worker.planning.disconnecting import cancel_waiting
from worker.planning.service import plan_event, sweep_events
from worker.store.claims import Turn, claim_due
from worker.store.models import InboundEvent, Message, OrderRow
from worker.store.shops import add_source, get_shop
from worker.store.types import new_id

GONE = {"id": 1, "name": "Northkettle"}
MANY, CHUNK = 60, 20


@pytest.fixture
def event(shop: Connected) -> InboundEvent:
    """That the shop is gone, not planned yet; many orders have a mail that waits."""
    shop.plan("orders/create", order(1042, shop.now))
    like, mail = shop.order(1042), shop.messages()[0]
    known = {column.key: getattr(like, column.key) for column in OrderRow.__table__.columns}
    waits = {column.key: getattr(mail, column.key) for column in Message.__table__.columns}
    orders = [known | {"id": new_id(), "external_id": f"x{each}"} for each in range(MANY - 1)]
    with shop.installation.database.write() as session:
        session.execute(insert(OrderRow), orders)
        session.execute(insert(Message), [waits | {"id": new_id(), "order_id": each["id"]} for each in orders])
    told = shop.take("app/uninstalled", GONE).to_plan
    assert told is not None
    return shop.event(told)


def waiting(shop: Connected) -> int:
    with shop.installation.database.read() as session:
        return session.scalar(select(func.count()).where(Message.state == "scheduled")) or 0


def cut(shop: Connected) -> None:
    """As planning begins."""
    with shop.installation.database.write() as session:
        get_shop(session, "northkettle").uninstalled_at = shop.now


def connect(shop: Connected) -> None:
    with shop.installation.database.write() as session:
        owner = get_shop(session, "northkettle")
        add_source(session, shop.installation.sealer, owner, "shopify", "fresh", now=shop.installation.clock.now())


def test_what_waits_is_cancelled_in_small_units_and_the_sweep_goes_on(shop: Connected, event: InboundEvent) -> None:
    cut(shop)
    assert not cancel_waiting(shop.installation, event, chunk=CHUNK, for_s=0)
    assert waiting(shop) == MANY - CHUNK
    while shop.event(event.id).state == "stored":
        assert sweep_events(shop.installation, for_s=30) == 1
    assert waiting(shop) == 0
    assert {message.reason for message in shop.messages()} == {"the shop disconnected: nothing more is sent for it"}


def test_a_shop_that_is_back_before_all_is_cancelled_keeps_the_rest(shop: Connected, event: InboundEvent) -> None:
    cut(shop)
    cancel_waiting(shop.installation, event, chunk=CHUNK, for_s=0)
    connect(shop)
    assert plan_event(shop.installation, event.id) == "planned"
    assert waiting(shop) == MANY - CHUNK


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    ("topic", "told"),
    [
        ("app/uninstalled", GONE),
        ("shop/redact", {"shop_id": 1, "shop_domain": "x.myshopify.com"}),
        ("customers/redact", {"shop_id": 1, "customer": {"id": None, "email": "mia@example.com"}}),
    ],
)
def test_a_mail_that_is_claimed_while_it_would_be_cancelled_is_left_to_the_gate(
    shop: Connected, monkeypatch: pytest.MonkeyPatch, topic: str, told: dict[str, Any]
) -> None:
    """SQLite has one writer: there nobody claims meanwhile."""
    read = scheduling.messages_of
    shop.plan("orders/create", order(1042, shop.now))

    def claim_first(*asked: Any) -> Sequence[Message]:
        found = read(*asked)
        monkeypatch.setattr(scheduling, "messages_of", read)
        with shop.installation.database.write() as session:
            turn = Turn(now=shop.now + timedelta(days=1), lease=timedelta(minutes=1), limit=10)
            assert len(claim_due(session, turn)) == 1
        return found

    monkeypatch.setattr(scheduling, "messages_of", claim_first)
    assert shop.plan(topic, told).state == "planned"
    assert [message.state for message in shop.messages()] == ["claimed"]
    assert shop.order(1042).version > 1
