"""What `status` counts."""

from datetime import timedelta

from sqlalchemy import delete

from tests.support.rows import NOW, make_event, make_message, make_order, make_shop
from worker.reports.lateness import lateness
from worker.reports.status import read_status, signs_of_life
from worker.store.models import Heartbeat, Message
from worker.store.pauses import pause, resume
from worker.store.session import Database


def test_an_empty_installation_has_nothing_overdue_and_no_lateness(database: Database) -> None:
    with database.read() as session:
        status = read_status(session, now=NOW, real_now=NOW)
    assert (status.messages, status.events, status.oldest_overdue) == ({}, {}, None)
    assert (status.lateness.mails, status.lateness.p95) == (0, None)


def test_every_event_and_message_is_counted_under_its_state(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        order = make_order(session, shop)
        make_message(session, order, "confirmation", state="accepted", accepted_at=NOW)
        make_message(session, order, "follow_up", state="unknown")
        make_event(session, shop, state="planned")
        make_event(session, shop, dedupe_key="2", state="failed", note="it cannot be read")
    with database.read() as session:
        status = read_status(session, now=NOW, real_now=NOW)
    assert status.messages == {"accepted": 1, "unknown": 1}
    assert status.messages_by_step == {"confirmation": {"accepted": 1}, "follow_up": {"unknown": 1}}
    assert status.events == {"failed": 1, "planned": 1}
    assert (status.unknown, status.failed_events) == (1, 1)
    assert status.failures[0].note == "it cannot be read"


def test_a_confirmation_that_stopped_shows_as_a_gap_to_the_orders(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        for number in ("1", "2", "3"):
            make_order(session, shop, number)
        make_message(session, make_order(session, shop, "4"), state="delivered", accepted_at=NOW)
    with database.read() as session:
        (counts,) = read_status(session, now=NOW + timedelta(hours=1), real_now=NOW).shops
        (later,) = read_status(session, now=NOW + timedelta(days=2), real_now=NOW).shops
    assert (counts.orders, counts.confirmations, counts.orders_last_day, counts.mails_last_day) == (4, 1, 4, 1)
    assert (later.orders, later.orders_last_day, later.mails_last_day) == (4, 0, 0)


def test_what_tells_an_order_again_is_no_confirmation_of_another(database: Database) -> None:
    """Mails about edits, and one that came back and went again, would hide as many confirmations that are missing."""
    sent = {"state": "delivered", "accepted_at": NOW}
    with database.write() as session:
        shop = make_shop(session)
        edited, corrected, revived = (make_order(session, shop, number) for number in ("1", "2", "3"))
        make_message(session, edited, **sent)
        make_message(session, edited, parcel_group="edit-2026-05-14", **sent)
        make_message(session, corrected, state="bounced", accepted_at=NOW - timedelta(days=2))
        make_message(session, corrected, occurrence=1, **sent)
        make_message(session, revived, state="cancelled")
        make_message(session, revived, occurrence=1, **sent)
        make_message(session, make_order(session, shop, "4"), state="skipped")
    with database.read() as session:
        (counts,) = read_status(session, now=NOW + timedelta(hours=1), real_now=NOW).shops
    assert (counts.orders, counts.confirmations, counts.mails) == (4, 3, 5)
    assert (counts.confirmations_last_day, counts.mails_last_day) == (2, 4)


def test_an_old_order_that_becomes_known_today_is_none_of_this_day(database: Database) -> None:
    """A shop tells of what changes: right after it was connected, of hundreds of orders that others had confirmed."""
    with database.write() as session:
        make_order(session, make_shop(session), "1", placed_at=NOW - timedelta(days=9))
    with database.read() as session:
        (counts,) = read_status(session, now=NOW + timedelta(hours=1), real_now=NOW).shops
    assert (counts.orders, counts.orders_last_day) == (1, 0)


def test_an_order_that_only_an_erasure_named_is_none_that_came_in(database: Database) -> None:
    """Shopify names orders from before the app; each would look like a confirmation that is missing."""
    with database.write() as session:
        shop = make_shop(session)
        make_order(session, shop, "1")
        make_order(session, shop, "2", placed_at=None, erased_at=NOW)
    with database.read() as session:
        (counts,) = read_status(session, now=NOW, real_now=NOW).shops
    assert (counts.orders, counts.orders_last_day) == (1, 1)


def test_the_oldest_overdue_message_is_named(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        make_message(session, make_order(session, shop, "1"), send_at=NOW - timedelta(minutes=5))
        make_message(session, make_order(session, shop, "2"), send_at=NOW - timedelta(hours=2))
        make_message(session, make_order(session, shop, "3"), send_at=NOW + timedelta(hours=2))
    with database.read() as session:
        status = read_status(session, now=NOW, real_now=NOW)
    assert status.oldest_overdue is not None
    assert (status.oldest_overdue.order, status.oldest_overdue.seconds, status.overdue) == ("2", 7200, 2)


def test_a_receipt_that_only_waits_for_its_next_try_is_overdue_since_it_was_meant_to_go(database: Database) -> None:
    """Each try moves it ahead: while a provider turns every mail away, nothing would ever be due for long."""
    aimed = {"aim_at": NOW - timedelta(hours=9), "stream": "transactional"}
    with database.write() as session:
        shop = make_shop(session)
        make_message(session, make_order(session, shop, "1"), send_at=NOW - timedelta(hours=2))
        make_message(session, make_order(session, shop, "2"), send_at=NOW + timedelta(minutes=9), tries=4, **aimed)
        make_message(session, make_order(session, shop, "3"), send_at=NOW - timedelta(seconds=2), claims=3, **aimed)
        make_message(session, make_order(session, shop, "4"), send_at=NOW + timedelta(minutes=9), **aimed)
        soon = NOW + timedelta(minutes=1)
        make_message(
            session, make_order(session, shop, "5"), send_at=soon, aim_at=soon, stream="transactional", tries=1
        )
    with database.read() as session:
        status = read_status(session, now=NOW, real_now=NOW)
    assert status.oldest_overdue is not None
    assert (status.oldest_overdue.order, status.oldest_overdue.seconds, status.overdue) == ("2", 9 * 3600, 3)


def test_lateness_is_counted_from_the_aim(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        for late in range(1, 101):
            order = make_order(session, shop, str(late))
            make_message(session, order, state="accepted", accepted_at=NOW, aim_at=NOW - timedelta(seconds=late))
    with database.read() as session:
        found = lateness(session, now=NOW + timedelta(minutes=1))
    assert (found.mails, found.p50, found.p95, found.p99, found.longest) == (100, 51.0, 96.0, 100.0, 100.0)


def test_marketing_that_was_put_off_on_purpose_is_late_only_from_then_on(database: Database) -> None:
    """Caps, quiet hours and ramps let it wait for days; a provider that is away makes it late."""
    sent = {"state": "accepted", "accepted_at": NOW, "aim_at": NOW - timedelta(days=2), "stream": "marketing"}
    cases = (
        {"send_at": NOW - timedelta(seconds=5), "tries": 1},
        {"send_at": NOW - timedelta(seconds=5), "tries": 3},
        {"send_at": NOW - timedelta(seconds=5), "tries": 1, "stream": "transactional"},
    )
    with database.write() as session:
        shop = make_shop(session)
        for number, told in enumerate(cases):
            make_message(session, make_order(session, shop, str(number)), **(sent | told))
    with database.read() as session:
        found = lateness(session, now=NOW + timedelta(minutes=1))
    assert (found.mails, found.p50, found.longest) == (3, 2 * 86400.0, 2 * 86400.0)
    with database.write() as session:
        session.execute(delete(Message).where((Message.tries == 3) | (Message.stream == "transactional")))
        found = lateness(session, now=NOW + timedelta(minutes=1))
    assert (found.mails, found.longest) == (1, 5.0)


def test_a_mail_that_was_sent_by_hand_before_its_time_is_not_late(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        for number, aim in (("1", NOW + timedelta(days=9)), ("2", NOW + timedelta(days=8)), ("3", NOW)):
            make_message(session, make_order(session, shop, number), state="accepted", accepted_at=NOW, aim_at=aim)
    with database.read() as session:
        found = lateness(session, now=NOW + timedelta(minutes=1))
    assert (found.mails, found.p50, found.longest) == (3, 0.0, 0.0)


def test_a_pause_is_set_once_and_ended_once(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        first = pause(session, shop.id, "shipping", reason="stock-taking", now=NOW)
        second = pause(session, shop.id, "shipping", reason="again", now=NOW)
        (shown,) = read_status(session, now=NOW, real_now=NOW).pauses
        ended, again = (resume(session, shop.id, "shipping") for _ in range(2))
    assert (first, second, ended, again) == (True, False, True, False)
    assert (shown.shop, shown.step, shown.reason) == ("northkettle", "shipping", "stock-taking")


def test_a_process_that_fell_silent_is_not_alive(database: Database) -> None:
    with database.write() as session:
        session.add(Heartbeat(name="beat:a:1", kind="beat", at=NOW - timedelta(minutes=5)))
        session.add(Heartbeat(name="worker:a:2", kind="worker", at=NOW - timedelta(seconds=5)))
    with database.read() as session:
        alive = {sign.kind: sign.is_alive for sign in signs_of_life(session, real_now=NOW)}
    assert alive == {"beat": False, "worker": True}
