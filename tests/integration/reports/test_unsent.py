"""Why mails did not go out, over many orders."""

from datetime import timedelta

import pytest

from tests.support.rows import NOW, make_message, make_order, make_shop
from worker.reports.unsent import Unsent, read_unsent
from worker.store.session import Database

CANCELLED = "the order was cancelled"
NOT_SUBSCRIBED = "in SE only subscribers get offers and marketing, and this customer is not one"


def told(report: Unsent) -> list[tuple[str, str, int, str]]:
    return [(line.step, line.reason, line.orders, line.newest) for line in report.lines]


def test_each_reason_is_counted_with_its_newest_order(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        for number in range(3):
            order = make_order(session, shop, str(number), placed_at=NOW - timedelta(days=number))
            make_message(session, order, state="delivered", accepted_at=NOW)
            make_message(session, order, "follow_up", state="skipped", reason=NOT_SUBSCRIBED)
        make_order(session, shop, "pos", unsent={"all": "it was bought in the store"})
        make_order(session, shop, "old", placed_at=NOW - timedelta(days=31), unsent={"all": CANCELLED})
        make_order(session, make_shop(session, "southkettle"), "theirs", unsent={"all": CANCELLED})
    with database.read() as session:
        report = read_unsent(session, shop, since=NOW - timedelta(days=30), until=NOW)
    assert report.orders == 4
    assert told(report) == [
        ("follow_up", NOT_SUBSCRIBED, 3, "0"),
        ("all", "it was bought in the store", 1, "pos"),
    ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_order_counts_once_for_each_step_by_what_its_mail_ended_by(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        cancelled = make_order(session, shop, "1", unsent={"all": CANCELLED})
        make_message(session, cancelled, "confirmation", state="delivered", accepted_at=NOW)
        make_message(session, cancelled, "shipping", state="cancelled", reason=CANCELLED)
        suppressed = make_order(session, shop, "2", unsent={"shipping": "it had already arrived"})
        make_message(session, suppressed, "shipping", state="skipped", reason="nothing may be sent to this address")
        parcels = {"shipping 2026-05-14": "it had already arrived", "shipping 2026-05-15": "it had already arrived"}
        make_order(session, shop, "3", unsent=parcels)
        report = read_unsent(session, shop, since=NOW - timedelta(days=30), until=NOW)
    assert told(report) == [
        ("all", CANCELLED, 1, "1"),
        ("shipping", "it had already arrived", 1, "3"),
        ("shipping", "nothing may be sent to this address", 1, "2"),
    ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_went_out_after_all_or_still_waits_was_not_kept_back(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        order = make_order(session, shop, "1")
        make_message(session, order, "confirmation", state="cancelled", reason="it is not paid yet")
        make_message(session, order, "confirmation", occurrence=1, state="delivered", accepted_at=NOW)
        make_message(session, order, "shipping", state="expired", reason="its window closed", accepted_at=NOW)
        make_message(session, order, "follow_up", state="held", reason="support is talking to the customer")
        report = read_unsent(session, shop, since=NOW - timedelta(days=30), until=NOW)
    assert told(report) == []
