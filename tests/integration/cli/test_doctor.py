"""What `doctor` finds."""

from datetime import timedelta
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.integration.cli.conftest import Cli
from tests.support.dns import Records
from tests.support.rows import make_delivery_event, make_message, make_order
from worker.doctor.service import examine
from worker.store.content import content_of, packaged_content, publish
from worker.store.models import DeliveryEvent, Heartbeat, Revision, Shop
from worker.store.models.feedback import COMPLAINT
from worker.store.session import Database, database_now
from worker.store.shops import get_shop
from worker.version import made_of


def _levels(document: Any) -> dict[str, str]:
    return {check["name"]: check["level"] for check in document["checks"]}


def test_a_new_installation_has_things_to_look_at_and_nothing_wrong(cli: Cli, shop: str) -> None:
    ran = cli("doctor", "--json")
    levels = _levels(ran.document)
    assert ran.code == 0
    assert levels["database"] == levels["data folder"] == levels["disk"] == "ok"
    assert levels["provider"] == levels["shop northkettle"] == levels["worker"] == "warn"


def test_every_warning_says_what_to_do(cli: Cli, shop: str) -> None:
    checks = cli("doctor", "--json").document["checks"]
    assert all(check["remedy"] for check in checks if check["level"] != "ok")


def test_a_silent_worker_fails_and_a_lively_one_is_fine(cli: Cli, database: Database) -> None:
    with database.write() as session:
        now = database_now(session)
        session.add(Heartbeat(name="worker:a:1", kind="worker", at=now - timedelta(hours=1)))
        session.add(Heartbeat(name="beat:a:2", kind="beat", at=now))
    ran = cli("doctor", "--json")
    assert ran.code == 1
    assert (_levels(ran.document)["worker"], _levels(ran.document)["beat"]) == ("fail", "ok")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("late", "level"), [(timedelta(minutes=5), "ok"), (timedelta(minutes=50), "fail")])
def test_mails_that_are_long_overdue_fail_and_the_oldest_is_named(
    cli: Cli, shop: str, database: Database, late: timedelta, level: str
) -> None:
    with database.write() as session:
        due = database_now(session) - late
        make_message(session, make_order(session, session.scalars(select(Shop)).one()), send_at=due, aim_at=due)
    ran = cli("doctor", "--json")
    [check] = [each for each in ran.document["checks"] if each["name"] == "mails"]
    assert check["level"] == level
    assert ran.code == (1 if level == "fail" else 0)
    if level == "fail":
        assert "1 is overdue, the oldest for 50 minutes: confirmation of order 1042, northkettle." in check["text"]
        assert "postpurchase timeline northkettle 1042" in check["remedy"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("ago", "told_of", "level"),
    [
        (timedelta(hours=2), 0, "warn"),
        (timedelta(hours=2), 1, "ok"),
        (timedelta(minutes=30), 0, "ok"),
        (timedelta(days=8), 0, "ok"),
    ],
)
def test_a_provider_that_tells_nothing_of_its_mails_is_warned_of(
    cli: Cli, shop: str, database: Database, monkeypatch: pytest.MonkeyPatch, ago: timedelta, told_of: int, level: str
) -> None:
    """As after its webhook was switched off, or signs with another key: nothing fails, and no bounce is heard of."""
    settings = {"API_KEY": "x", "BASE_URL": "http://127.0.0.1:9", "EVENT_PUBLIC_KEY": "x"}
    for name, value in settings.items():
        monkeypatch.setenv(f"POSTPURCHASE_SENDGRID_{name}", value)
    with database.write() as session:
        taken = {"state": "accepted", "provider": "sendgrid", "accepted_at": database_now(session) - ago}
        order = make_order(session, session.scalars(select(Shop)).one())
        mails = [make_message(session, order, occurrence=number, **taken) for number in range(3)]
        for mail in mails[:told_of]:
            make_delivery_event(session, mail)
    checks = cli("doctor", "--offline", "--json").document["checks"]
    [check] = [each for each in checks if each["name"] == "delivery events"]
    assert check["level"] == level
    if level == "warn":
        assert "nothing of the last 3 mails" in check["text"]
        assert "http://127.0.0.1:8000/events/sendgrid" in check["remedy"]


@pytest.mark.parametrize(("back", "is_warned"), [(2, False), (3, True)])
def test_a_shop_whose_mails_come_back_is_warned_of(
    cli: Cli, shop: str, database: Database, back: int, is_warned: bool
) -> None:
    """As when a large mailbox turns its sender away: each mail ends by itself, and nothing else shows it."""
    with database.write() as session:
        now = database_now(session)
        taken = {"accepted_at": now - timedelta(days=1), "expires_at": now + timedelta(days=2)}
        order = make_order(session, session.scalars(select(Shop)).one())
        states = ["bounced", "dropped", "bounced"][:back] + ["delivered"] * 20
        for number, state in enumerate(states):
            make_message(session, order, occurrence=number, state=state, **taken)
    checks = cli("doctor", "--offline", "--json").document["checks"]
    warned = [each for each in checks if "Came back" in each["text"]]
    assert bool(warned) is is_warned
    if is_warned:
        assert "3 of 23 transactional mails of northkettle in 7 days (13.0%)" in warned[0]["text"]
        assert "postpurchase timeline northkettle 1042" in warned[0]["remedy"]


def test_a_worker_that_no_beat_wakes_is_not_what_to_start(
    cli: Cli, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTPURCHASE_BROKER_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", "a long random text")
    with database.write() as session:
        long_ago = database_now(session) - timedelta(hours=1)
        session.add(Heartbeat(name="worker:a:1", kind="worker", at=long_ago))
        session.add(Heartbeat(name="beat:a:2", kind="beat", at=long_ago))
    remedies = {each["name"]: each["remedy"] for each in cli("doctor", "--json").document["checks"]}
    assert "postpurchase beat" in remedies["beat"]
    assert "postpurchase worker" not in remedies["worker"]
    assert "beat" in remedies["worker"]


def test_secrets_that_the_secret_key_does_not_open_fail(
    cli: Cli, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after moving the database without its key: webhooks are answered with 503."""
    (tmp_path / "secret").write_text("shpss_1")
    (tmp_path / "token").write_text("shpat_1")
    api = ("--api-url", "https://northkettle.example", "--api-key-file", str(tmp_path / "token"))
    cli("source", "add", shop, "shopify", "--secret-file", str(tmp_path / "secret"))
    cli("source", "set", shop, "shopify", *api)
    assert cli("doctor", "--offline").code == 0
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", "another key, which has sealed nothing here")
    ran = cli("doctor", "--offline", "--json")
    told = [check for check in ran.document["checks"] if check["level"] == "fail"]
    assert ran.code == 1
    assert ["signing secrets" in told[0]["text"], "API key" in told[1]["text"]] == [True, True]
    assert "source rotate northkettle shopify" in told[0]["remedy"]
    assert "source set northkettle shopify" in told[1]["remedy"]


def test_a_database_that_others_may_read_is_warned_of(cli: Cli, shop: str, database: Database, tmp_path: Path) -> None:
    (tmp_path / "postpurchase.db").touch()
    (tmp_path / "postpurchase.db").chmod(0o644)
    tmp_path.chmod(0o755)
    [check] = [each for each in cli("doctor", "--json").document["checks"] if each["name"] == "data folder"]
    if database.is_sqlite:
        assert (check["level"], "chmod" in check["remedy"]) == ("warn", True)
    tmp_path.chmod(0o700)
    [check] = [each for each in cli("doctor", "--json").document["checks"] if each["name"] == "data folder"]
    assert check["level"] == "ok"


def test_what_was_stopped_counts_as_alive_no_longer(cli: Cli, database: Database) -> None:
    with database.write() as session:
        now = database_now(session)
        session.add(Heartbeat(name="worker:a:1", kind="worker", at=now, ended_at=now))
    [check] = [each for each in cli("doctor", "--json").document["checks"] if each["name"] == "worker"]
    assert check["level"] == "fail"
    assert "It was stopped" in check["text"]


def test_a_broker_that_does_not_answer_fails(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_BROKER_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", "k" * 40)
    ran = cli("doctor", "--json")
    assert (ran.code, _levels(ran.document)["broker"]) == (1, "fail")


def test_a_broker_that_answers_is_fine(cli: Cli, monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
    monkeypatch.setenv("POSTPURCHASE_BROKER_URL", redis_url)
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", "k" * 40)
    assert _levels(cli("doctor", "--json").document)["broker"] == "ok"


def test_no_data_folder_is_missed_where_nothing_is_kept_in_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, redis_url: str, postgres_url: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("POSTPURCHASE_BROKER_URL", redis_url)
    monkeypatch.setenv("POSTPURCHASE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("POSTPURCHASE_DATA_DIR", str(tmp_path / "nowhere"))
    assert _levels(cli("doctor", "--json").document)["data folder"] == "warn"
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", "k" * 40)
    assert _levels(cli("doctor", "--json").document)["data folder"] == "ok"


def test_what_a_shop_lacks_fails_once_mails_really_go_out(cli: Cli, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "SG.short")
    monkeypatch.setenv("POSTPURCHASE_PUBLIC_URL", "https://mail.northkettle.example")
    levels = _levels(cli("doctor", "--offline", "--json").document)
    assert (levels["provider"], levels["public URL"]) == ("fail", "ok")
    assert levels["shop northkettle"] in {"fail", "warn"}
    assert "No sender of receipts" in cli("doctor", "--offline").out


def test_a_contradiction_in_the_settings_is_told_instead_of_raised(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "SG.x")
    monkeypatch.setenv("POSTPURCHASE_SMTP_URL", "smtp://localhost")
    ran = cli("doctor", "--json")
    assert ran.code == 1
    assert "keep one" in ran.document["checks"][0]["text"]


def test_a_database_that_is_not_migrated_fails(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "postpurchase.db").touch()
    monkeypatch.setenv("POSTPURCHASE_DATA_DIR", str(empty))
    monkeypatch.delenv("POSTPURCHASE_DATABASE_URL", raising=False)
    ran = cli("doctor", "--json")
    assert ran.code == 1
    assert "db upgrade" in str(ran.document)


def test_a_database_that_is_gone_fails_with_a_remedy(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    ran = cli("doctor", "--json")
    assert (ran.code, _levels(ran.document)["database"]) == (1, "fail")


def test_once_mails_go_out_the_dns_is_asked_about_every_sender(
    cli: Cli, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    senders = (
        "--transactional-from",
        "orders@mail.northkettle.example",
        "--marketing-from",
        "hi@mail.northkettle.example",
    )
    assert cli("shop", "set", shop, *senders).code == 0
    assert not any("DMARC" in check.text for check in examine(Records({})))
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "SG.x")
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_BASE_URL", "http://127.0.0.1:1")
    told = [check.text for check in examine(Records({}))]
    assert sum("no DMARC record" in text for text in told) == 2
    assert sum("No DKIM key" in text for text in told) == 2
    assert any("complaints about one hurt the other" in text for text in told)
    assert not any("DMARC" in check.text for check in examine(None))


class Meeting(Records):
    """Name servers that answer nobody before two have asked."""

    def __init__(self) -> None:
        super().__init__({})
        self.both = Barrier(2)

    def txt(self, name: str) -> list[str]:
        try:
            if not self.both.broken and name.startswith(("mail.", "news.")):
                self.both.wait(20)
        except BrokenBarrierError:
            self.known = None
        return super().txt(name)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_dns_is_asked_about_several_shops_at_once(cli: Cli, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a hundred shops and name servers that are away each of them would be waited for."""
    for slug in (shop, "southkettle"):
        cli("shop", "add", slug)
        senders = (f"--transactional-from=orders@mail.{slug}.example", f"--marketing-from=hi@news.{slug}.example")
        assert cli("shop", "set", slug, *senders).code == 0
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "SG.x")
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_BASE_URL", "http://127.0.0.1:1")
    told = [check.text for check in examine(Meeting())]
    assert sum("no DMARC record" in text for text in told) == 4


def test_a_setting_that_nothing_reads_is_named(cli: Cli, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_REDIRECT_ALL", "you@example.com")
    [said] = [check for check in cli("doctor", "--json").document["checks"] if check["name"] == "settings"]
    assert said["level"] == "warn"
    assert "POSTPURCHASE_REDIRECT_ALL is no setting" in said["text"]
    assert "POSTPURCHASE_REDIRECT_ALL_TO" in said["remedy"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_content_that_this_version_cannot_make_mails_of_fails(cli: Cli, shop: str, database: Database) -> None:
    def publish_with(words: str) -> list[str]:
        files = dict(packaged_content().files)
        files["email_templates/follow_up/subject.txt"] += words
        with database.write() as session:
            owner = get_shop(session, shop)
            publish(session, owner.id, content_of(files), "by an older version", owner.created_at)
        checks = cli("doctor", "--offline", "--json").document["checks"]
        return [f"{each['level']}: {each['text']}" for each in checks if "evision" in each["text"]]

    assert publish_with("") == []
    [told] = publish_with("{{ order.status_label }}")
    assert told.startswith("fail: Not every mail can be made of revision 2: email_templates/follow_up/subject.txt:")
    [told] = publish_with("{name}")
    assert told.startswith("warn: Revision 3 would not be published today: email_templates/follow_up/subject.txt:")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_shop_whose_mails_are_often_reported_as_spam_is_warned_in_doctor_and_told_in_status(
    cli: Cli, shop: str, database: Database
) -> None:
    with database.write() as session:
        now, owner = database_now(session), get_shop(session, shop)
        for number in range(5):
            taken = {"state": "delivered", "accepted_at": now, "stream": "marketing"}
            mail = make_message(session, make_order(session, owner, str(number)), **taken)
            if number < 3:
                told = {"provider": "sendgrid", "kind": COMPLAINT, "at": now, "received_at": now}
                session.add(DeliveryEvent(message_id=mail.id, attempt_id=mail.id, **told))
    checks = cli("doctor", "--offline", "--json").document["checks"]
    [check] = [each for each in checks if "spam" in each["text"]]
    assert (check["level"], "3 of 5 marketing mails" in check["text"]) == ("warn", True)
    assert "Postmaster" in check["remedy"]
    assert "3 of 5 marketing mails of northkettle" in " ".join(cli("status").out.split())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_content_is_examined_once_by_each_program(cli: Cli, shop: str, database: Database) -> None:
    """It takes seconds for each shop, and neither changes: after an update every shop's is looked at anew."""

    def publish_with(words: str) -> None:
        files = dict(packaged_content().files)
        files["email_templates/follow_up/subject.txt"] += words
        with database.write() as session:
            owner = get_shop(session, shop)
            publish(session, owner.id, content_of(files), "", owner.created_at)

    def judged_by(program: str) -> str:
        with database.write() as session:
            session.execute(update(Revision).values(sound_for=program))
        return cli("doctor", "--offline").out

    publish_with(" ")
    judged_by("an older program")
    with database.read() as session:
        assert session.scalars(select(Revision.sound_for)).all() == [made_of()]
    publish_with("{{ order.status_label }}")
    assert "Not every mail" in judged_by("an older program")
    assert "Not every mail" not in judged_by(made_of())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_shop_that_left_fails_for_a_week_and_is_asked_nothing_more(
    cli: Cli, shop: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been a slip; but nobody can mend what somebody else's shop lacks, and others need their alarms."""
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "SG.a-key-that-is-long-enough-to-be-one")
    monkeypatch.setenv("POSTPURCHASE_PUBLIC_URL", "https://mail.northkettle.example")
    assert cli("shop", "set", shop, "--codes", "shopify").code == 0

    def told(after: timedelta) -> list[tuple[str, str]]:
        with database.write() as session:
            get_shop(session, shop).uninstalled_at = database_now(session) - after
        checks = cli("doctor", "--offline", "--json").document["checks"]
        return [(each["level"], each["text"]) for each in checks if shop in each["name"]]

    for after, level in ((timedelta(days=6), "fail"), (timedelta(days=8), "warn")):
        [(found, text)] = told(after)
        assert (found, "has uninstalled the app" in text) == (level, True)
    assert "northkettle has uninstalled the app" in " ".join(cli("status").out.split())
