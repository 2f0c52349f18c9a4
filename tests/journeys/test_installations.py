"""Signed webhooks in, mails at SendGrid's door: on one process with SQLite, and on many with PostgreSQL and Redis."""

import json
from datetime import timedelta
from typing import Any

from tests.support.journey import Journey
from tests.support.processes import wait_until
from tests.support.shopify import fulfillment, order, tracking


def test_each_mail_arrives_once_in_its_window_through_redelivery_and_a_kill(journey: Journey) -> None:
    placed = journey.now()
    body = order(2001, placed)
    assert journey.shop.post("orders/create", body, event_id="one") == 202
    assert journey.shop.post("orders/create", body, event_id="one") == 200
    assert journey.shop.post("orders/create", body, secret="wrong") == 401
    journey.wait_planned(2001, "confirmation")
    journey.advance(minutes=3)
    assert journey.states(2001) == {"confirmation": "accepted"}

    journey.advance(hours=20)
    assert journey.shop.post("fulfillments/create", fulfillment(2001, journey.now())) == 202
    journey.wait_planned(2001, "shipping")
    for process in list(journey.processes.running):
        journey.processes.kill(process)
    journey.start()
    journey.advance(minutes=11)
    assert journey.states(2001)["shipping"] == "accepted"

    journey.advance(hours=30)
    delivered = journey.now()
    assert journey.shop.post("fulfillment_events/create", tracking(2001, "delivered", delivered)) == 202
    journey.wait_planned(2001, "follow_up")
    journey.advance(days=15)
    assert journey.states(2001) == dict.fromkeys(("confirmation", "shipping", "follow_up"), "accepted")
    accepted = {step: message.accepted_at for step, message in journey.timeline(2001).items()}
    assert timedelta(0) <= accepted["confirmation"] - placed <= timedelta(hours=2)
    assert timedelta(days=7) <= accepted["follow_up"] - delivered <= timedelta(days=14)
    assert set(journey.sendgrid.counts().values()) == {1}
    assert len(journey.sendgrid.counts()) == 3
    status = json.loads(journey.processes.run("status", "--json"))
    assert status["events"].get("failed", 0) == 0
    codes = [journey.processes.stop(process) for process in list(journey.processes.running)]
    assert codes == [0] * len(codes), "Ctrl-C ends cleanly"


def test_a_cancelled_order_gets_no_more_mails_and_says_why(shared_journey: Journey) -> None:
    journey, placed = shared_journey, shared_journey.now()
    journey.shop.post("orders/create", order(2002, placed))
    journey.wait_planned(2002, "confirmation")
    cancelled = order(
        2002, placed, cancelled_at=placed.isoformat(), updated_at=(placed + timedelta(seconds=5)).isoformat()
    )
    assert journey.shop.post("orders/cancelled", cancelled) == 202
    wait_until(lambda: journey.states(2002) == {"confirmation": "cancelled"}, "the confirmation is cancelled")
    journey.advance(hours=2)
    assert journey.timeline(2002)["confirmation"].reason == "the order was cancelled"
    assert _mails_of(journey, 2002) == []


def test_who_unsubscribes_gets_receipts_without_offers_and_no_follow_up(shared_journey: Journey) -> None:
    journey = shared_journey
    journey.shop.post("orders/create", order(2003, journey.now()))
    journey.wait_planned(2003, "confirmation")
    journey.advance(minutes=3)
    assert "List-Unsubscribe" not in _mails_of(journey, 2003)[0].get("headers", {})
    journey.processes.run("suppress", "northkettle", "mia@example.com", "--scope", "marketing")
    journey.shop.post("fulfillments/create", fulfillment(2003, journey.now()))
    journey.wait_planned(2003, "shipping")
    journey.advance(minutes=11)
    journey.shop.post("fulfillment_events/create", tracking(2003, "delivered", journey.now()))
    journey.wait_planned(2003, "follow_up")
    journey.advance(days=15)
    assert journey.states(2003) == {"confirmation": "accepted", "shipping": "accepted", "follow_up": "skipped"}
    assert len(_mails_of(journey, 2003)) == 2


def _mails_of(journey: Journey, number: int) -> list[dict[str, Any]]:
    messages = {str(message.id) for message in journey.timeline(number).values()}
    return [mail for mail in journey.sendgrid.mails if mail["custom_args"]["message"] in messages]
