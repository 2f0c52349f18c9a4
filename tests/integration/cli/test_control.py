"""A person steps in: pauses, holds, suppressions; and looks at an order."""

from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from tests.integration.cli.conftest import NOW, Cli
from tests.support import shopify
from tests.support.intake import Connected, connected
from tests.support.rows import make_order
from worker.dispatch.service import deliver_batch
from worker.store.models import Message, OrderRow
from worker.store.session import Database
from worker.store.shops import get_shop, lock_shop, profile_of, update_shop
from worker.store.suppressions import sources_of, suppress


@pytest.fixture
def order(database: Database, shop: str) -> str:
    with database.write() as session:
        return make_order(session, get_shop(session, shop), placed_at=NOW).number


def test_a_pause_shows_in_status_until_it_is_resumed(cli: Cli, shop: str) -> None:
    first = cli("pause", shop, "shipping", "--reason", "stock-taking", "--json").document
    second = cli("pause", shop, "shipping", "--json").document
    paused = cli("status", "--json").document["pauses"]
    assert "northkettle, step shipping: stock-taking" in cli("status").out
    ended = cli("resume", shop, "shipping", "--json").document
    assert (first["changed"], second["changed"], ended["changed"]) == (True, False, True)
    assert [(pause["step"], pause["reason"]) for pause in paused] == [("shipping", "stock-taking")]
    assert cli("status", "--json").document["pauses"] == []


def test_a_whole_shop_can_be_paused(cli: Cli, shop: str) -> None:
    assert cli("pause", shop).out == "Paused northkettle.\n"
    assert cli("resume", shop).out == "Resumed northkettle.\n"
    assert "nothing changed" in cli("resume", shop).out


def test_an_unknown_step_names_the_steps(cli: Cli, shop: str) -> None:
    refused = cli("pause", shop, "delivery")
    assert refused.code == 2
    assert "confirmation, shipping, follow_up" in refused.err


def test_a_held_order_says_why_until_it_is_released(cli: Cli, shop: str, order: str, database: Database) -> None:
    assert "held: address unclear" in cli("hold", shop, order, "--reason", "address unclear").out
    assert cli("timeline", shop, order, "--json").document["hold"] == "address unclear"
    assert cli("release", shop, f"#{order}", "--json").document["changed"] is True
    assert cli("release", shop, order, "--json").document["changed"] is False
    with database.read() as session:
        assert session.query(OrderRow).one().hold is None


def test_an_order_held_without_a_reason_is_held(cli: Cli, shop: str, order: str, database: Database) -> None:
    assert "is held" in cli("hold", shop, order, "--reason", "").out
    with database.read() as session:
        assert session.query(OrderRow).one().hold


def test_a_suppressed_address_is_kept_in_lower_case_with_its_scope(cli: Cli, shop: str, database: Database) -> None:
    first = cli("suppress", shop, "Mia@Example.com", "--scope", "offers", "--json").document
    second = cli("suppress", shop, "mia@example.com", "--scope", "offers", "--json").document
    assert (first["changed"], second["changed"]) == (True, False)
    with database.read() as session:
        assert set(sources_of(session, get_shop(session, shop).id, "mia@example.com")) == {"offers"}


def test_a_suppression_is_undone_and_what_still_holds_is_said(cli: Cli, shop: str, database: Database) -> None:
    cli("suppress", shop, "mia@example.com")
    with database.write() as session:
        owner = get_shop(session, shop).id
        for reason, scope, source in (("hard_bounce", "all", "sendgrid"), ("unsubscribed", "marketing", "link")):
            suppress(session, owner, "mia@example.com", scope, reason=reason, now=NOW, source=source)
    undone = cli("suppress", shop, "Mia@example.com", "--undo").out
    assert "no longer keeps any mail from Mia@example.com" in undone
    assert "Still no mail, since Thu 14 May 2026, 09:00: the address bounced; --bounced lifts it" in undone
    assert "Still no marketing" in undone
    assert "only they take it back, by the link" in undone
    bounced = cli("suppress", shop, "mia@example.com", "--undo", "--bounced", "--json").document
    assert [line["reason"] for line in bounced["lifted"]] == ["hard_bounce"]
    assert [line["reason"] for line in bounced["kept"]] == ["unsubscribed"]
    assert "SendGrid's bounce list" in bounced["result"]
    again = cli("suppress", shop, "mia@example.com", "--undo").out
    assert "nothing changed" in again
    assert "Nothing is held" in cli("suppress", shop, "zoe@example.com", "--undo").out


def test_what_lifts_a_bounce_is_said_with_undo(cli: Cli, shop: str) -> None:
    refused = cli("suppress", shop, "mia@example.com", "--bounced")
    assert refused.code == 2
    assert "--undo" in refused.err


def test_what_is_no_address_is_refused(cli: Cli, shop: str) -> None:
    assert cli("suppress", shop, "mia").code == 2


def test_an_order_that_is_not_there_names_the_newest(cli: Cli, shop: str, order: str) -> None:
    refused = cli("timeline", shop, "9999")
    assert refused.code == 2
    assert "The newest are 1042." in refused.err


def test_commands_before_the_first_shop_say_how_to_begin(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("nothing") / "var"
    monkeypatch.setenv("POSTPURCHASE_DATA_DIR", str(folder))
    monkeypatch.delenv("POSTPURCHASE_DATABASE_URL", raising=False)
    refused = cli("status")
    assert refused.code == 2
    assert "postpurchase shop add" in refused.err
    assert not folder.exists()


def test_a_database_that_does_not_answer_is_one_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    refused = cli("status")
    assert refused.code == 1
    assert "does not answer" in refused.err
    assert "Traceback" not in refused.err


@pytest.fixture
def shipped(cli: Cli, database: Database, tmp_path: Path) -> Connected:
    """Order 1042, of which confirmation and follow-up wait."""
    pipeline = connected(database, tmp_path)
    now = pipeline.now
    pipeline.plan("orders/create", shopify.order(1042, now))
    pipeline.plan("fulfillments/create", shopify.fulfillment(1042, now))
    pipeline.plan("fulfillment_events/create", shopify.tracking(1042, "delivered", now))
    return pipeline


def states(shipped: Connected) -> dict[str, str]:
    return {message.step: message.state for message in shipped.messages()}


def test_a_mail_can_be_sent_now_outside_its_window(cli: Cli, shipped: Connected) -> None:
    told = cli("send-now", "northkettle", "1042", "follow_up")
    assert "due now" in told.out
    deliver_batch(shipped.installation)
    assert states(shipped)["follow_up"] == "accepted"
    again = cli("send-now", "northkettle", "1042", "follow_up")
    assert again.code == 2
    assert "is accepted already" in again.err


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_mail_to_be_sent_now_goes_also_when_something_is_told_of_its_order_before_it_does(
    cli: Cli, shipped: Connected
) -> None:
    cli("send-now", "northkettle", "1042", "follow_up")
    arrived = shipped.now - timedelta(minutes=5)  # earlier than the first report, by which the plan moves
    shipped.plan("fulfillment_events/create", shopify.tracking(1042, "delivered", arrived))
    deliver_batch(shipped.installation)
    assert states(shipped)["follow_up"] == "accepted"


def test_a_mail_that_is_held_or_not_planned_is_not_sent_now_and_says_why(cli: Cli, shipped: Connected) -> None:
    cli("hold", "northkettle", "1042", "--reason", "support talks")
    held = cli("send-now", "northkettle", "1042", "follow_up")
    assert held.code == 2
    assert "is held (support talks)" in held.err


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nothing_is_written_about_somebody_who_was_erased(cli: Cli, shipped: Connected) -> None:
    shipped.plan("customers/redact", {"shop_id": 1, "customer": {"id": None, "email": "mia@example.com"}})
    refused = cli("hold", "northkettle", "1042", "--reason", "Mia Lindqvist called")
    assert (refused.code, "was erased" in refused.err, shipped.order(1042).hold) == (2, True, None)
    assert cli("release", "northkettle", "1042").code == 0


def _hold_row(database: Database, reason: str | None) -> None:
    """What is left of `hold` or `release` when they are interrupted after their first commit."""
    with database.write() as session:
        session.query(OrderRow).one().hold = reason


def test_a_release_that_was_interrupted_is_finished_by_the_next(
    cli: Cli, shipped: Connected, database: Database
) -> None:
    cli("hold", "northkettle", "1042")
    assert states(shipped)["follow_up"] == "held"
    _hold_row(database, None)
    cli("release", "northkettle", "1042")
    assert states(shipped)["follow_up"] == "scheduled"


def test_a_hold_that_was_interrupted_is_finished_by_the_next(cli: Cli, shipped: Connected, database: Database) -> None:
    _hold_row(database, "held by hand")
    cli("hold", "northkettle", "1042")
    assert states(shipped)["follow_up"] == "held"


@pytest.mark.parametrize("step", ["follow_up", ""])
def test_a_mail_of_a_paused_step_or_shop_is_not_sent_now_and_says_what_ends_the_pause(
    cli: Cli, shipped: Connected, step: str
) -> None:
    pause = [word for word in ("northkettle", step) if word]
    cli("pause", *pause)
    refused = cli("send-now", "northkettle", "1042", "follow_up")
    assert refused.code == 2
    assert f"`postpurchase resume {' '.join(pause)}` ends the pause" in refused.err
    cli("resume", *pause)
    assert cli("send-now", "northkettle", "1042", "follow_up").code == 0


def test_waiting_mails_are_cancelled_for_good_with_the_reason(cli: Cli, shipped: Connected) -> None:
    one = cli("cancel", "northkettle", "1042", "follow_up", "--reason", "customer asked", "--yes", "--json").document
    assert one["cancelled"] == ["follow_up"]
    shipped.plan("orders/updated", shopify.order(1042, shipped.now, tags="vip"))
    assert states(shipped)["follow_up"] == "cancelled"
    told = cli("timeline", "northkettle", "1042", "--json").document["messages"]
    assert any(line["reason"] == "cancelled by hand: customer asked" for line in told)
    rest = cli("cancel", "northkettle", "1042", "--yes", "--json").document
    assert "follow_up" not in rest["cancelled"]
    assert "Nothing waits" in cli("cancel", "northkettle", "1042", "--yes").out


@pytest.mark.parametrize("state", ["claimed", "attempting"])
def test_a_mail_that_is_being_sent_at_this_moment_is_not_called_nothing(
    cli: Cli, shipped: Connected, database: Database, state: str
) -> None:
    with database.write() as session:
        session.query(Message).filter_by(step="confirmation").update({"state": state})
    told = cli("cancel", "northkettle", "1042", "confirmation", "--yes").out
    assert "The confirmation is being sent at this moment" in told
    rest = cli("cancel", "northkettle", "1042", "--yes", "--json").document
    assert (rest["cancelled"], rest["going"]) == (["follow_up"], ["confirmation"])


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_what_cannot_be_undone_is_not_done_where_nobody_can_be_asked(
    cli: Cli, shipped: Connected, more: tuple[str, ...]
) -> None:
    refused = cli("cancel", "northkettle", "1042", *more)
    assert refused.code == 2
    assert "--yes" in refused.err
    assert states(shipped)["follow_up"] == "scheduled"


def test_blackout_days_are_added_listed_and_taken_back(cli: Cli, shop: str) -> None:
    assert "None." in cli("blackout", "list", shop).out
    days = ("2026-12-24", "2026-12-26")
    first = cli("blackout", "add", shop, *days, "--note", "the shop rests", "--json").document
    second = cli("blackout", "add", shop, *days, "--note", "the shop rests", "--json").document
    assert (first["changed"], second["changed"]) == (True, False)
    assert "the shop rests" in cli("blackout", "list", shop).out
    assert cli("blackout", "remove", shop, "2026-12-24", "--json").document["changed"] is True
    assert cli("blackout", "remove", shop, "2026-12-24", "--json").document["changed"] is False
    assert cli("blackout", "add", shop, "2026-12-26", "2026-12-24").code == 2
    assert cli("blackout", "add", shop, *days, "--step", "receipt").code == 2


def test_blackout_days_and_settings_that_change_at_once_are_all_kept(cli: Cli, shop: str, database: Database) -> None:
    """`shop set` is still at work when `blackout add` begins."""
    days = ("2026-12-24", "2026-12-26")
    with database.write() as session:
        profile = profile_of(lock_shop(session, shop))
        update_shop(session, profile.model_copy(update={"return_days": 7}))
        beside = Thread(target=cli, args=("blackout", "add", shop, *days))
        beside.start()
        beside.join(1)
    beside.join()
    with database.read() as session:
        profile = profile_of(get_shop(session, shop))
    assert (profile.return_days, len(profile.blackouts)) == (7, 1)


def test_a_day_without_marketing_is_not_given_in_words(cli: Cli, shop: str) -> None:
    assert cli("blackout", "remove", shop, "Christmas", "--json").document["exit_code"] == 2


def test_resuming_a_shop_names_the_steps_that_stay_paused(cli: Cli, shop: str) -> None:
    cli("pause", shop, "follow_up")
    nothing = cli("resume", shop).out
    assert "nothing changed" in nothing
    assert "Still paused: follow_up. `postpurchase resume northkettle follow_up`" in nothing
    cli("pause", shop)
    assert "Still paused: everything" in cli("resume", shop, "follow_up").out
    assert "Still paused" not in cli("resume", shop).out
