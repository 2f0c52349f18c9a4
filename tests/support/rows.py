"""Rows made by hand, for tests of what reads them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from schedules.facts import Facts
from schedules.shop import ShopProfile
from worker.store.models import Click, DeliveryEvent, InboundEvent, Message, OrderRow, Shop, Source
from worker.store.types import new_id

NOW = datetime(2026, 5, 14, 8, 0, tzinfo=UTC)


def make_shop(session: Session, slug: str = "northkettle") -> Shop:
    profile = ShopProfile(slug=slug, name="Northkettle", timezone="Europe/Dublin")
    shop = Shop(slug=slug, profile=profile.model_dump(mode="json"), created_at=NOW)
    session.add(shop)
    session.flush()
    return shop


def make_order(session: Session, shop: Shop, number: str = "1042", **values: Any) -> OrderRow:
    made: dict[str, Any] = {"external_id": f"id-{number}", "number": number, "placed_at": NOW}
    facts = Facts().model_dump(mode="json")
    order = OrderRow(shop_id=shop.id, facts=facts, created_at=NOW, updated_at=NOW, **(made | values))
    session.add(order)
    session.flush()
    return order


def make_message(session: Session, order: OrderRow, step: str = "confirmation", **values: Any) -> Message:
    made: dict[str, Any] = {
        "sequence": "post_purchase",
        "role": "replace",
        "stream": "transactional",
        "template": "order_confirmation",
        "state": "scheduled",
        "send_at": NOW,
        "aim_at": NOW,
        "expires_at": NOW + timedelta(days=3),
    }
    message = Message(
        shop_id=order.shop_id, order_id=order.id, step=step, created_at=NOW, updated_at=NOW, **(made | values)
    )
    session.add(message)
    session.flush()
    return message


def make_click(session: Session, message: Message, **values: Any) -> Click:
    """A product's link that a person followed once."""
    made: dict[str, Any] = {"kind": "product", "ref": "7104", "raw": 1, "human": 1, "first_at": NOW, "last_at": NOW}
    click = Click(message_id=message.id, shop_id=message.shop_id, step=message.step, **(made | values))
    click.human_at = click.last_at if click.human else None
    session.add(click)
    return click


def make_delivery_event(session: Session, message: Message, **values: Any) -> DeliveryEvent:
    """A provider tells that the mailbox took it."""
    made: dict[str, Any] = {"attempt_id": new_id(), "provider": "sendgrid", "kind": "delivered"}
    event = DeliveryEvent(message_id=message.id, at=NOW, received_at=NOW, **(made | values))
    session.add(event)
    return event


def make_event(session: Session, shop: Shop, **values: Any) -> InboundEvent:
    source = session.query(Source).filter_by(shop_id=shop.id).one_or_none()
    if source is None:
        source = Source(shop_id=shop.id, kind="shopify", secrets=[], created_at=NOW)
        session.add(source)
        session.flush()
    made: dict[str, Any] = {"topic": "orders/create", "dedupe_key": "1", "body": b"{}", "received_at": NOW}
    event = InboundEvent(shop_id=shop.id, source_id=source.id, kind="shopify", **(made | values))
    session.add(event)
    session.flush()
    return event
