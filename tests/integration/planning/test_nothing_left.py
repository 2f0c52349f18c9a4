"""After an erasure every column of every table is searched for the person."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from tests.support.intake import Connected
from tests.support.shopify import ADDRESS, DRIPPER, fulfillment, order, tracking
from worker.dispatch.service import deliver_batch
from worker.feedback import people
from worker.links import LinkToken, Purpose
from worker.planning.service import replan_order
from worker.store.models import Attempt, OrderRow, OutboxMail
from worker.store.models.base import Base

MARK = "zzmia"
EMAIL = f"{MARK}@example.com"


def _marked(*names: str) -> dict[str, str]:
    return {name: f"{MARK} {name}" for name in names}


def _order(shop: Connected, **more: Any) -> dict[str, Any]:
    place = ADDRESS | _marked(
        "name", "first_name", "last_name", "address1", "address2", "zip", "city", "company", "phone"
    )
    properties = [{"name": "Engraving", "value": f"{MARK} forever"}]
    return order(
        1042,
        shop.now - timedelta(days=1),
        email=EMAIL,
        phone=f"+46 {MARK}",
        note=f"ring at {MARK}",
        note_attributes=[{"name": "gift_message", "value": f"for {MARK}"}],
        tags=f"vip, {MARK}",
        browser_ip=f"10.0.0.1 {MARK}",
        client_details={"user_agent": MARK},
        shipping_address=place,
        billing_address=place,
        line_items=[DRIPPER | {"properties": properties}],
        order_status_url=f"https://northkettle.example/orders/1042?key={MARK}",
        shipping_lines=[{"title": f"Pickup at the kiosk below {MARK}", "code": "pickup", "price": "4.90"}],
        customer={"id": 701042, "email": EMAIL, "orders_count": 1} | _marked("first_name", "last_name", "note", "tags"),
        **more,
    )


def _where(shop: Connected) -> set[str]:
    """Columns that hold the mark."""
    with shop.installation.database.read() as session:
        return {
            f"{table.name}.{name}"
            for table in Base.metadata.tables.values()
            for row in session.execute(select(table)).mappings()
            for name, value in row.items()
            if MARK in (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
        }


def test_nothing_of_an_erased_person_is_left_in_any_column(shop: Connected) -> None:
    shop.plan("orders/create", _order(shop))
    assert deliver_batch(shop.installation) == 1
    parcel = fulfillment(
        1042, shop.now - timedelta(hours=9), tracking_number=MARK, tracking_url=f"https://dhl.example/{MARK}"
    )
    shop.plan("fulfillments/create", parcel)
    report = tracking(1042, "failure", shop.now - timedelta(hours=1)) | _marked("message", "city", "zip", "address1")
    shop.plan("fulfillment_events/create", report)
    assert deliver_batch(shop.installation) == 1
    later = (shop.now + timedelta(minutes=1)).isoformat()
    shop.plan("orders/updated", _order(shop, updated_at=later, cancelled_at=None))
    shop.plan("refunds/create", {"id": 5, "order_id": 1042, "note": MARK, "created_at": later, "refund_line_items": []})
    shop.plan(
        "returns/request", {"id": 6, "order": {"id": 1042}, "status": "requested", "note": MARK, "created_at": later}
    )
    shop.plan("customers/update", {"id": 701042, "email": EMAIL, "updated_at": later, "note": MARK})
    message = next(each for each in shop.messages() if each.step == "shipping")
    people.act(shop.installation, LinkToken(Purpose.HIDE, message.id, "kettle"))
    with shop.installation.database.write() as session:
        session.get_one(OrderRow, message.order_id).hold = f"{MARK} called"
        for attempt in session.scalars(select(Attempt)):
            attempt.error = f"said {MARK}"
    replan_order(shop.installation, message.order_id, "held")
    before = _where(shop)
    assert {"customer_order.facts", "outbox_mail.html", "message.address", "inbound_event.body"} <= before
    shop.plan("customers/redact", {"customer": {"id": 701042, "email": EMAIL}, "orders_to_redact": [1042]})
    assert not _where(shop)
    with shop.installation.database.read() as session:
        assert session.scalars(select(OutboxMail)).all() == []
