"""A WooCommerce shop: payment before the receipt, no parcel topics, no retries."""

import json
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.journey import Journey
from tests.support.processes import wait_until
from tests.support.woocommerce import gmt, meta, order, signed, tracking

SECRET = "woo_journey"


class WooShop:
    """Posts what the shop's webhooks would."""

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        secret = journey.processes.folder / "woo.txt"
        secret.write_text(SECRET)
        run = journey.processes.run
        run("source", "add", "northkettle", "woocommerce", "--secret-file", str(secret))
        run("shop", "set", "northkettle", "--soft-opt-in")

    def post(self, topic: str, body: dict[str, Any], *, delivery_id: str) -> int:
        raw = json.dumps(body).encode()
        url = f"{self.journey.processes.base_url}/webhooks/northkettle/woocommerce"
        headers = signed(topic, raw, SECRET, delivery_id=delivery_id)
        return _status(urllib.request.Request(url, raw, headers))

    def ping(self) -> int:
        """WooCommerce's first contact: a form without a signature."""
        url = f"{self.journey.processes.base_url}/webhooks/northkettle/woocommerce"
        return _status(urllib.request.Request(url, b"webhook_id=7"))


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def bought(number: int, at: datetime, *, changed: datetime | None = None, **more: Any) -> dict[str, Any]:
    stamps = {"date_created_gmt": gmt(at), "date_modified_gmt": gmt(changed or at), "date_paid_gmt": gmt(at)}
    return order(**({"id": number, "number": str(number)} | stamps | more))


@pytest.fixture(scope="module")
def shop(shared_journey: Journey) -> WooShop:
    return WooShop(shared_journey)


def test_downtime_without_retries_is_noticed(shop: WooShop) -> None:
    journey = shop.journey
    for number in range(3201, 3213):
        assert shop.post("order.created", bought(number, journey.now()), delivery_id=str(number)) == 202
        journey.beside.clock.move_to(journey.now() + timedelta(hours=1))
    assert not _silent(journey)
    journey.beside.clock.move_to(journey.now() + timedelta(hours=7))
    assert _silent(journey) == ["woocommerce"]
    told = journey.processes.run("status")
    assert "no webhook for 8 h" in told
    assert "Webhooks set each to Active again" in " ".join(told.split())
    assert "much longer than usual" in " ".join(journey.processes.run("doctor", "--offline", check=False).split())


def test_a_paid_order_becomes_three_mails_although_no_delivery_is_ever_reported(shop: WooShop) -> None:
    journey = shop.journey
    assert shop.ping() == 200
    placed = journey.now()
    unpaid = bought(3001, placed, status="pending", date_paid_gmt=None)
    assert shop.post("order.created", unpaid, delivery_id="a") == 202
    journey.advance(minutes=30)
    assert not any("3001" in mail["subject"] for mail in journey.sendgrid.mails)
    paid = bought(3001, placed, changed=journey.now())
    assert shop.post("order.updated", paid, delivery_id="b") == 202
    journey.wait_planned(3001, "confirmation")
    journey.advance(minutes=5)
    assert journey.states(3001) == {"confirmation": "accepted"}

    journey.advance(hours=22)
    left = journey.now()
    parcel = tracking("JD014600003", date_shipped=str(int(left.timestamp())))
    sent = bought(
        3001,
        placed,
        changed=left,
        status="completed",
        date_completed_gmt=gmt(left),
        meta_data=meta(_wc_shipment_tracking_items=[parcel]),
    )
    assert shop.post("order.updated", sent, delivery_id="c") == 202
    journey.wait_planned(3001, "shipping", "follow_up")
    journey.advance(days=30)
    assert journey.states(3001) == dict.fromkeys(("confirmation", "shipping", "follow_up"), "accepted")
    counts = journey.sendgrid.counts()
    assert [counts[str(message.id)] for message in journey.timeline(3001).values()] == [1, 1, 1]
    follow_up = journey.timeline(3001)["follow_up"]
    assert follow_up.accepted_at is not None
    assert follow_up.accepted_at - left >= timedelta(days=17), "ten days assumed on the way, seven after that"


def test_bank_transfers_refunds_and_orders_of_one_second(shop: WooShop) -> None:
    journey, placed = shop.journey, shop.journey.now()
    transfer = bought(3101, placed, status="on-hold", payment_method="bacs", date_paid_gmt=None)
    assert shop.post("order.created", transfer, delivery_id="same") == 202
    other = {"billing": order()["billing"] | {"email": "ole@example.com"}}
    assert shop.post("order.created", bought(3102, placed, **other), delivery_id="same") == 202
    journey.wait_planned(3101, "confirmation")
    journey.wait_planned(3102, "confirmation")
    journey.advance(minutes=5)
    subjects = {mail["subject"] for mail in journey.sendgrid.mails if "310" in mail["subject"]}
    assert subjects == {"We have your order 3101", "Order 3102 is confirmed"}

    later = journey.now()
    done = {"status": "completed", "date_completed_gmt": gmt(later)}
    assert shop.post("order.updated", bought(3102, placed, changed=later, **done, **other), delivery_id="d") == 202
    journey.wait_planned(3102, "shipping")
    journey.advance(hours=1)
    refunded = bought(
        3102,
        placed,
        changed=journey.now(),
        **(done | other | {"status": "refunded", "refunds": [{"id": 9, "reason": "", "total": "-46.00"}]}),
    )
    assert shop.post("order.updated", refunded, delivery_id="e") == 202
    wait_until(
        lambda: journey.states(3102).get("follow_up") in ("cancelled", None),
        "the follow-up of a refunded order is cancelled",
        logs=journey.processes.logs,
    )
    journey.advance(days=40)
    assert journey.states(3102).get("follow_up") in ("cancelled", None)
    assert sum("3102" in mail["subject"] for mail in journey.sendgrid.mails) == 2


def _silent(journey: Journey) -> list[str]:
    status = json.loads(journey.processes.run("status", "--json"))
    return [source["kind"] for source in status["sources"] if source["is_silent"]]
