"""Events become facts, facts become messages: one transaction each."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import structlog.testing
from sqlalchemy import select, update

from tests.support.intake import Connected
from tests.support.shopify import ADDRESS, fulfillment, order, tracking
from worker.planning.replay import replay
from worker.planning.service import plan_event, replan_order, sweep_events
from worker.store.events import LEASE, MAX_CLAIMS, Choice, claim_event
from worker.store.models import InboundEvent, Message, OrderRow
from worker.store.orders import facts_of
from worker.store.session import database_now


def test_a_paid_order_gets_its_confirmation_scheduled(shop: Connected) -> None:
    event = shop.plan("orders/create", order(1042, shop.now))
    assert (event.state, event.order_ref) == ("planned", "1042")
    row = shop.order(1042)
    assert (row.number, row.address, row.version) == ("1042", "mia@example.com", 1)
    assert [(message.step, message.state) for message in shop.messages()] == [("confirmation", "scheduled")]
    assert all(message.reason for message in shop.messages())


def test_what_is_not_sent_says_why(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now, email="", customer=None, contact_email=None))
    assert shop.messages() == []
    assert "address" in " ".join(shop.order(1042).unsent.values())


def test_the_same_facts_told_twice_leave_the_version(shop: Connected) -> None:
    body = order(1042, shop.now)
    shop.plan("orders/create", body)
    shop.plan("orders/paid", body)
    assert shop.order(1042).version == 1
    assert len(shop.messages()) == 1


def test_locale_currency_and_time_zone_are_those_of_the_earliest_snapshot(shop: Connected) -> None:
    placed = shop.now
    early = order(1042, placed, customer_locale="de")
    late = order(1042, placed, customer_locale="fr", updated_at=(placed + timedelta(minutes=1)).isoformat())
    shop.plan("orders/updated", late)
    shop.plan("orders/create", early)
    pinned = shop.order(1042).pinned
    assert (pinned["locale"], pinned["currency"], pinned["timezone"]) == ("de", "EUR", "Europe/Stockholm")


def test_the_hours_of_a_gift_are_those_of_its_buyer(shop: Connected) -> None:
    there = ADDRESS | {"name": "Aiko Mori", "city": "Osaka", "country": "Japan", "country_code": "JP"}
    shop.plan("orders/create", order(1042, shop.now, shipping_address=there, billing_address=ADDRESS))
    assert shop.order(1042).pinned["timezone"] == "Europe/Stockholm"


def test_the_hours_of_other_orders_are_those_of_where_they_go(shop: Connected) -> None:
    there = ADDRESS | {"city": "Osaka", "country": "Japan", "country_code": "JP"}
    shop.plan("orders/create", order(1042, shop.now, shipping_address=there, billing_address=ADDRESS))
    assert shop.order(1042).pinned["timezone"] == "Asia/Tokyo"


def test_events_in_any_order_lead_to_the_same_schedule(shop: Connected) -> None:
    told = [
        ("orders/create", lambda number, at: order(number, at)),
        ("fulfillments/create", lambda number, at: fulfillment(number, at + timedelta(minutes=1))),
        ("fulfillment_events/create", lambda number, at: tracking(number, "delivered", at + timedelta(minutes=2))),
    ]
    placed = shop.now - timedelta(hours=1)
    for number, sequence in enumerate(itertools.permutations(told), 5000):
        for topic, body in sequence:
            shop.plan(topic, body(number, placed) | ({"email": f"m{number}@example.com"} if "create" in topic else {}))
    waiting = [message for message in shop.messages() if message.state == "scheduled"]
    schedules = {
        tuple(sorted((each.step, each.send_at) for each in waiting if each.order_id == shop.order(number).id))
        for number in range(5000, 5006)
    }
    assert len(schedules) == 1
    assert schedules != {()}


def test_a_cancelled_order_loses_what_is_scheduled_with_a_reason(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    later = (shop.now + timedelta(seconds=30)).isoformat()
    shop.plan("orders/cancelled", order(1042, shop.now, cancelled_at=later, updated_at=later))
    [message] = [message for message in shop.messages() if message.step == "confirmation"]
    assert message.state == "cancelled"
    assert "cancel" in message.reason.lower()


def test_an_order_with_an_address_that_is_none_is_kept_says_why_and_is_written_to_once_it_has_one(
    shop: Connected,
) -> None:
    shop.plan("orders/create", order(1042, shop.now, email="mia at example.com"))
    assert shop.messages() == []
    assert shop.order(1042).unsent == {"all": "what the order has as its email address is none"}
    later = (shop.now + timedelta(seconds=30)).isoformat()
    shop.plan("orders/updated", order(1042, shop.now, email="mia@example.com", updated_at=later))
    assert {message.state for message in shop.messages()} == {"scheduled"}


def test_a_receipt_that_bounced_comes_again_once_the_address_is_corrected(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now, email="mia@exmaple.com"))
    with shop.installation.database.write() as session:
        session.execute(update(Message).values(state="bounced", reason="SendGrid says: bounce (no such host)"))
    later = [(shop.now + timedelta(seconds=number)).isoformat() for number in (30, 60)]
    shop.plan("orders/updated", order(1042, shop.now, email="mia@exmaple.com", tags="asked", updated_at=later[0]))
    assert [message.state for message in shop.messages()] == ["bounced"]
    shop.plan("orders/updated", order(1042, shop.now, email="mia@example.com", updated_at=later[1]))
    assert [(message.occurrence, message.state, message.address) for message in shop.messages()] == [
        (0, "bounced", "mia@exmaple.com"),
        (1, "scheduled", "mia@example.com"),
    ]


def test_threads_that_plan_one_order_at_once_leave_one_order_and_one_message(shop: Connected) -> None:
    start = shop.now
    answers = [
        shop.take(topic, order(1042, start, updated_at=(start + timedelta(seconds=step)).isoformat()))
        for step, topic in enumerate(["orders/create", "orders/paid", "orders/updated"] * 4)
    ]
    events = [answer.to_plan for answer in answers if answer.to_plan is not None]
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda event_id: plan_event(shop.installation, event_id), events))
    assert states == ["planned"] * len(events)
    assert len(shop.messages()) == 1
    newest = facts_of(shop.order(1042)).order
    assert newest is not None
    assert newest.updated_at == start + timedelta(seconds=11)


def test_one_event_planned_by_many_threads_is_planned_once(shop: Connected) -> None:
    event_id = shop.take("orders/create", order(1042, shop.now)).to_plan
    assert event_id is not None
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda _: plan_event(shop.installation, event_id), range(8)))
    assert sorted(states, key=str) == [None] * 7 + ["planned"]


def test_neighbouring_orders_of_one_person_are_planned_together_without_deadlock(shop: Connected) -> None:
    bodies = [order(number, shop.now - timedelta(hours=number - 1040)) for number in range(1041, 1047)]
    events = [shop.take("orders/create", body).to_plan for body in bodies]
    with ThreadPoolExecutor(6) as pool:
        states = list(pool.map(lambda event_id: event_id and plan_event(shop.installation, event_id), events))
    assert states == ["planned"] * len(bodies)


def test_a_body_that_cannot_be_read_fails_with_an_alarm_and_is_kept(shop: Connected) -> None:
    with structlog.testing.capture_logs() as lines:
        event = shop.plan("orders/create", b'{"id": ')
    assert (event.state, event.body) == ("failed", b'{"id": ')
    assert event.note
    failures = [line for line in lines if line["event"] == "planning.event.failed"]
    assert [(line["log_level"], line["alarm"]) for line in failures] == [("error", True)]


def test_a_failed_event_is_repaired_by_replay(shop: Connected) -> None:
    failed = shop.plan("orders/create", b'{"id": ')
    with shop.installation.database.write() as session:
        mended = json.dumps(order(1042, shop.now)).encode()
        session.execute(update(InboundEvent).where(InboundEvent.id == failed.id).values(body=mended))
    [rehearsed] = replay(shop.installation, Choice(states=["failed"]), dry_run=True)
    assert (rehearsed.after, shop.event(failed.id).state) == ("planned", "failed")
    [replayed] = replay(shop.installation, Choice(states=["failed"]))
    assert (replayed.before, replayed.after) == ("failed", "planned")
    assert len(shop.messages()) == 1


def test_replaying_everything_changes_nothing(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("fulfillments/create", fulfillment(1042, shop.now))
    before = [(message.id, message.state, message.send_at) for message in shop.messages()]
    version = shop.order(1042).version
    assert {result.after for result in replay(shop.installation)} == {"planned"}
    assert [(message.id, message.state, message.send_at) for message in shop.messages()] == before
    assert shop.order(1042).version == version


def test_an_old_order_starts_nothing(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now - timedelta(days=90)))
    assert shop.messages() == []
    assert shop.order(1042).unsent


def test_the_sweep_plans_what_a_lost_hint_left_behind(shop: Connected) -> None:
    for number in range(3):
        shop.take("orders/create", order(1042 + number, shop.now, email=f"m{number}@example.com"))
    assert sweep_events(shop.installation, for_s=30) == 3
    assert {event.state for event in shop.events()} == {"planned"}
    assert sweep_events(shop.installation, for_s=30) == 0


def test_an_event_that_keeps_killing_its_worker_ends_as_failed(shop: Connected) -> None:
    event_id = shop.take("orders/create", order(1042, shop.now)).to_plan
    assert event_id is not None
    with shop.installation.database.write() as session:
        session.execute(update(InboundEvent).values(claims=MAX_CLAIMS))
    assert plan_event(shop.installation, event_id) == "failed"
    assert "died" in shop.event(event_id).note


def test_an_event_whose_planning_died_is_left_alone_for_longer_each_time(shop: Connected) -> None:
    event_id = shop.take("orders/create", order(1042, shop.now)).to_plan
    assert event_id is not None
    leases = []
    for _ in range(4):
        with shop.installation.database.write() as session:
            session.execute(update(InboundEvent).values(claimed_until=None))
            claim_event(session, event_id)
            until = session.scalars(select(InboundEvent.claimed_until)).one()
            assert until is not None
            leases.append(round((until - database_now(session)) / LEASE))
    assert leases == [1, 2, 4, 8]


def test_a_claimed_event_is_left_alone_until_its_lease_ends(shop: Connected) -> None:
    event_id = shop.take("orders/create", order(1042, shop.now)).to_plan
    assert event_id is not None
    with shop.installation.database.write() as session:
        session.execute(update(InboundEvent).values(claimed_until=shop.now + timedelta(minutes=1)))
    assert plan_event(shop.installation, event_id) is None
    with shop.installation.database.write() as session:
        session.execute(update(InboundEvent).values(claimed_until=shop.now - timedelta(minutes=1)))
    assert plan_event(shop.installation, event_id) == "planned"


def test_a_hold_set_by_hand_holds_the_messages_until_it_is_released(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    row = shop.order(1042)
    for hold, state in (("a customer called", "held"), (None, "scheduled")):
        with shop.installation.database.write() as session:
            session.execute(update(OrderRow).values(hold=hold))
        replan_order(shop.installation, row.id, "hold")
        assert [message.state for message in shop.messages()] == [state]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("hours", [-3, 3])
def test_what_was_held_past_its_time_is_due_when_it_is_released(shop: Connected, hours: int) -> None:
    """So that it is no lateness: somebody wanted it to wait."""
    shop.plan("orders/create", order(1042, shop.now))
    due = shop.now + timedelta(hours=hours)
    with shop.installation.database.write() as session:
        session.execute(update(Message).values(state="held", send_at=due))
    released = shop.now
    replan_order(shop.installation, shop.order(1042).id, "a test")
    [message] = shop.messages()
    assert message.state == "scheduled"
    assert max(due, released) <= message.send_at <= max(due, shop.installation.clock.now())


@pytest.mark.parametrize("topic", ["carts/update", "checkouts/create"])
def test_a_topic_of_no_use_is_never_planned(shop: Connected, topic: str) -> None:
    shop.take(topic, {"id": 1})
    assert sweep_events(shop.installation, for_s=30) == 0


def test_planning_anew_leaves_what_a_pause_keeps(shop: Connected) -> None:
    placed = shop.now
    shop.plan("orders/create", order(1042, placed))
    with shop.installation.database.write() as session:
        kept = session.scalars(select(Message).where(Message.step == "confirmation")).one()
        kept.state, kept.held_by, kept.reason = "held", "pause", "the shop is paused"
    later = (placed + timedelta(minutes=1)).isoformat()
    shop.plan("orders/updated", order(1042, placed, updated_at=later, tags="vip"))
    found = next(each for each in shop.messages() if each.step == "confirmation")
    assert (found.state, found.held_by) == ("held", "pause")
