"""`timeline` and `status` as people read them."""

from datetime import timedelta
from pathlib import Path

import pytest

from schedules.facts import Facts
from tests.integration.cli.conftest import Cli
from tests.support.orders import an_order
from tests.support.rows import NOW, make_click, make_event, make_message, make_order
from worker.delivery.naming import account_name
from worker.store.models import Heartbeat, OfferedProduct, ProviderKey, Transition
from worker.store.session import Database, database_now
from worker.store.shops import get_shop


@pytest.fixture
def order(database: Database, shop: str) -> str:
    """An order with one mail sent, one waiting and one that will not come."""
    with database.write() as session:
        owner = get_shop(session, shop)
        row = make_order(session, owner, unsent={"follow_up": "it waits until the last parcel has arrived"})
        make_event(session, owner, order_ref=row.external_id, state="planned")
        make_event(session, owner, dedupe_key="2", state="failed", note="it cannot be read")
        taken = {"state": "accepted", "accepted_at": NOW, "details": {"feedback": "happy"}}
        sent = make_message(session, row, subject="Order 1042 is confirmed", **taken)
        make_message(
            session, row, "shipping", send_at=NOW + timedelta(days=900), reason="10 minutes after the parcel left"
        )
        offered = {"shop_id": owner.id, "message_id": sent.id, "address": "mia@example.com", "created_at": NOW}
        session.add(OfferedProduct(position=0, product_id="7104", kind="pairing", why="Pours slowly", **offered))
        make_click(session, sent, raw=3, human=1)
        make_click(session, sent, kind="guide", ref="", raw=2, human=0)
        make_click(session, sent, kind="answer", ref="", raw=2, human=2)
        session.add(Transition(message_id=sent.id, before=None, after="scheduled", reason="due", at=NOW, real_at=NOW))
        return row.number


@pytest.mark.parametrize("columns", ["80", "120"])
def test_a_timeline_tells_what_went_out_what_waits_and_what_will_not(
    cli: Cli, shop: str, order: str, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    told = cli("timeline", shop, order, "--history").out
    assert "confirmation  accepted  sent Thu 14 May 2026, 09:00" in told
    assert "Order 1042 is confirmed" in told
    assert "7104 · Pours slowly (pairing)" in told
    assert "clicked   7104 · Thu 14 May 2026, 09:00; 2 fetches by machines" in told
    assert "fetched   the guide · 2 fetches by machines, Thu 14 May 2026, 09:00" in told
    assert "answered  happy · 2 times, Thu 14 May 2026, 09:00" in told
    assert "new → scheduled" in told
    assert "shipping  scheduled  due" in told
    assert "follow_up: it waits until the last parcel has arrived" in told
    assert max(len(line) for line in told.splitlines()) <= int(columns)


def test_the_mails_content_and_the_customers_address_are_not_printed(cli: Cli, shop: str, order: str) -> None:
    assert "mia@example.com" not in cli("timeline", shop, order, "--json").out


def test_a_status_tells_counts_failures_and_who_is_silent(cli: Cli, shop: str, order: str) -> None:
    told = cli("status").out
    assert "1 failed  1 planned" in told
    assert "1 accepted  1 scheduled" in told
    assert "1 by people, 4 by machines" in told
    assert "2 to mails that ask how it was" in told
    assert "orders/create of northkettle: it cannot be read" in told
    assert "postpurchase replay --failed" in told
    assert "start `postpurchase up`" in told


def test_an_answer_to_a_mails_question_is_no_click(cli: Cli, shop: str, order: str) -> None:
    [counts] = cli("status", "--json").document["shops"]
    assert (counts["clicks_raw"], counts["clicks_human"], counts["answers"]) == (5, 1, 2)


def _fail(database: Database, name: str) -> None:
    with database.write() as session:
        now = database_now(session)
        key = {"id": name, "provider": "sendgrid", "updated_at": now, "error": "SendGrid answered 503"}
        session.add(ProviderKey(failures=64, shut_until=now + timedelta(hours=51.5), **key))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_process_that_starts_again_and_again_hides_none_that_lives(cli: Cli, shop: str, database: Database) -> None:
    with database.write() as session:
        now = database_now(session)
        session.add(Heartbeat(name="beat:a:1", kind="beat", at=now))
        for number in range(20):
            gone = now - timedelta(minutes=2 + number)
            session.add(Heartbeat(name=f"worker:a:{number}", kind="worker", at=gone))
    told = cli("status").out
    assert [name in told for name in ("beat:a:1", "worker:a:0", "worker:a:2", "worker:a:3")] == [
        True,
        True,
        True,
        False,
    ]
    assert "17 more are gone" in told
    assert len(cli("status", "--json").document["processes"]) == 21


def test_a_provider_that_fails_shows_in_status_and_doctor_with_the_end_of_its_rest(
    cli: Cli, shop: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "SG.in-use")
    name = account_name("sendgrid", "SG.in-use")
    _fail(database, name)
    assert "paused after 64 failures, tries again in 2 d 3 h" in cli("status").out
    assert cli("status", "--json").document["provider_keys"][0]["state"] == "paused"
    ran = cli("doctor", "--offline")
    assert ran.code == 1
    assert f"64 calls with {name} failed in a row" in ran.out


def test_a_key_that_was_replaced_fails_the_doctor_no_longer(cli: Cli, shop: str, database: Database) -> None:
    """Once the new key is set, `doctor` says whether that one is right."""
    _fail(database, "sendgrid:5f1c9a0b77de")
    ran = cli("doctor")
    assert ran.code == 0
    assert "sendgrid:5f1c9a0b77de failed, but is not set here any more" in ran.out
    assert "sendgrid:5f1c9a0b77de, not set here any more" in " ".join(cli("status").out.split())


def test_a_key_of_one_stream_counts_as_set(
    cli: Cli, shop: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "SG.of-all")
    file = tmp_path / "key.txt"
    file.write_text("SG.of-the-stream")
    assert cli("shop", "key", shop, "marketing", "--key-file", str(file)).code == 0
    _fail(database, account_name("sendgrid", "SG.of-the-stream"))
    out = cli("status").out
    assert "paused after 64 failures" in out
    assert "not set here" not in out


def test_each_part_of_a_timeline_stands_apart_and_steps_in_their_order(cli: Cli, shop: str, database: Database) -> None:
    with database.write() as session:
        unsent = {"follow_up": "it waits", "shipping 2026-05-14": "gone", "confirmation": "too late"}
        row = make_order(session, get_shop(session, shop), unsent=unsent, address="mia@example.com")
    cli("suppress", shop, "mia@example.com")
    told = cli("timeline", shop, row.number).out
    assert (
        "Messages\n  none\n\nNot sent\n  confirmation: too late\n  shipping 2026-05-14: gone\n  follow_up: it waits"
        in told
    )
    assert "\n\nThis customer\n" in told
    assert "\n\n\n" not in told


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("group", "told"),
    [
        ("2026-05-14", "parcel of 2026-05-14"),
        ("2026-05-14+7", "parcel of 2026-05-14, from parcel 7 on"),
        ("edit-9", "after the edit 9"),
    ],
)
def test_a_timeline_says_what_a_mail_is_about(cli: Cli, shop: str, database: Database, group: str, told: str) -> None:
    with database.write() as session:
        row = make_order(session, get_shop(session, shop))
        make_message(session, row, parcel_group=group)
    assert f"transactional · {told}" in cli("timeline", shop, row.number).out


def test_earnings_tell_per_mail_what_later_orders_brought(cli: Cli, database: Database, shop: str) -> None:
    assert "No mail went out in that time." in cli("earnings", shop).out
    with database.write() as session:
        now = database_now(session)
        facts = Facts(order=an_order(now, number="1043"), accepted_first_at=now).model_dump(mode="json")
        owner, person = get_shop(session, shop), {"address": "mia@example.com"}
        about = make_order(session, owner, placed_at=now - timedelta(days=2), **person)
        sent = {"state": "accepted", "accepted_at": now - timedelta(days=1), "has_offer": True, **person}
        make_click(session, make_message(session, about, "follow_up", **sent), last_at=now - timedelta(hours=1))
        make_order(session, owner, "1043", placed_at=now, **person).facts = facts
    value = str(an_order(NOW).totals.total.amount)
    told = cli("earnings", shop)
    assert told.code == 0
    assert [word in told.out for word in ("follow_up", "1 (100.0%)", f"{value} EUR")] == [True] * 3
    document = cli("earnings", shop, "--days", "30", "--json").document
    assert document["steps"][0]["revenue"] == {"EUR": value}
    assert [each["order"] for each in document["conversions"]] == ["1043"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_why_mails_did_not_go_out_is_told_over_all_orders(cli: Cli, database: Database, shop: str) -> None:
    assert "No order was placed in that time." in cli("unsent", shop).out
    with database.write() as session:
        make_order(session, get_shop(session, shop), "1041", placed_at=database_now(session) - timedelta(days=9))
    assert "Nothing was kept back." in cli("unsent", shop).out
    with database.write() as session:
        placed = {"placed_at": database_now(session), "unsent": {"all": "it was bought in the store"}}
        for number in ("1042", "1043"):
            make_order(session, get_shop(session, shop), number, **placed)
    told = " ".join(cli("unsent", shop, "--days", "7").out.split())
    assert "of 2 orders of the last 7 days" in told
    assert "2 all others it was bought in the store 1043" in told
    [line] = cli("unsent", shop, "--json").document["lines"]
    assert (line["step"], line["orders"]) == ("all", 2)
