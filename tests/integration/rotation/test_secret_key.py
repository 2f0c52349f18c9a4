"""POSTPURCHASE_SECRET_KEY is rotated as "new,old": what the old one signed and sealed lives on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.cli.conftest import Cli
from tests.integration.links.conftest import Mailed
from tests.integration.web.conftest import serving
from tests.support.dispatching import build_world
from tests.support.installation import installed
from tests.support.intake import SECRET, Connected, connected
from worker.links import Purpose
from worker.store.session import Database
from worker.store.shops import find_source

OLD, NEW = "the key of last year", "the key of this year"


@contextmanager
def _mailed_with(database: Database, folder: Path, keys: str, before: Mailed | None = None) -> Iterator[Mailed]:
    """The web with these keys; its world is made once."""
    installation = installed(database, folder, clock="simulated", secret_key=keys)
    if before is None:
        world = build_world(installation)
        message_id = world.add_message("follow_up", state="delivered")
    else:
        world, message_id = before.world, before.message_id
    for url in serving(installation):
        yield Mailed(world=world, url=url, message_id=message_id)


def test_links_in_mails_sent_before_a_rotation_still_work(database: Database, tmp_path: Path) -> None:
    with _mailed_with(database, tmp_path, OLD) as mailed:
        token = mailed.link(Purpose.UNSUBSCRIBE).removeprefix(mailed.url)
    with _mailed_with(database, tmp_path, f"{NEW},{OLD}", mailed) as rotated:
        assert rotated.get(rotated.url + token).status == 200
        assert rotated.post(rotated.url + token, b"List-Unsubscribe=One-Click").status == 200
        assert "marketing" in rotated.scopes()
    with _mailed_with(database, tmp_path, NEW, mailed) as without_the_old:
        assert without_the_old.get(without_the_old.url + token).status == 404


def test_links_written_after_a_rotation_carry_the_newest_key(database: Database, tmp_path: Path) -> None:
    links = installed(database, tmp_path, secret_key=f"{NEW},{OLD}").links
    token = links.url(Purpose.UNSUBSCRIBE, uuid4()).rpartition("/")[2]
    assert installed(database, tmp_path, secret_key=NEW).links.read(token) is not None
    assert installed(database, tmp_path, secret_key=OLD).links.read(token) is None


def _with_keys(database: Database, folder: Path, keys: str) -> Connected:
    return Connected(installed(database, folder, secret_key=keys))


def _status(shop: Connected, secret: str = SECRET) -> int:
    return shop.take("orders/create", {"id": 1}, secret=secret).status


def test_webhooks_are_verified_through_a_rotation_and_after_resealing_without_the_old_key(
    database: Database,
    tmp_path: Path,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _status(connected(database, tmp_path, secret_key=OLD)) == 202
    assert _status(_with_keys(database, tmp_path, f"{NEW},{OLD}")) == 202
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", f"{NEW},{OLD}")
    assert cli("db", "reseal", "--json").document["changed"] == 1
    assert cli("db", "reseal", "--json").document["changed"] == 0
    assert _status(_with_keys(database, tmp_path, NEW)) == 202


def test_a_key_that_is_gone_too_early_is_one_sentence_and_changes_nothing(
    database: Database,
    tmp_path: Path,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected(database, tmp_path, secret_key=OLD)
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", NEW)
    refused = cli("db", "reseal")
    assert (refused.code, "Put the key it was sealed with back" in " ".join(refused.err.split())) == (2, True)
    assert _status(_with_keys(database, tmp_path, OLD)) == 202


def test_whatever_a_source_keeps_sealed_is_resealed(
    database: Database,
    tmp_path: Path,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sealer = connected(database, tmp_path, secret_key=OLD).installation.sealer
    with database.write() as session:
        found = find_source(session, "northkettle", "shopify")
        assert found is not None
        found[1].options = {"shop": {"sealed": sealer.seal("an API key"), "name": "kept"}}
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", f"{NEW},{OLD}")
    assert cli("db", "reseal", "--json").document["changed"] == 2
    with database.read() as session:
        found = find_source(session, "northkettle", "shopify")
        assert found is not None
        kept = found[1].options["shop"]
    assert (installed(database, tmp_path, secret_key=NEW).sealer.open(kept["sealed"]), kept["name"]) == (
        "an API key",
        "kept",
    )


def test_a_sources_own_secret_is_rotated_without_refusing_a_webhook(
    database: Database,
    tmp_path: Path,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = connected(database, tmp_path, secret_key=NEW)
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", NEW)
    (tmp_path / "next.txt").write_text("the next signing secret")
    rotate = ("source", "rotate", "northkettle", "shopify")
    assert cli(*rotate, "--secret-file", str(tmp_path / "next.txt")).code == 0
    assert _status(shop) == 202
    assert cli(*rotate, "--retire-old").code == 2
    assert _status(shop, "the next signing secret") == 202
    assert cli(*rotate, "--retire-old").code == 0
    assert (_status(shop), _status(shop, "the next signing secret")) == (401, 202)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_secret_that_webhooks_still_come_with_stays_when_older_ones_are_dropped(
    database: Database, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shopify signs what its app ordered with one secret, and webhooks made in its admin with another."""
    shop = connected(database, tmp_path, secret_key=NEW)
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", NEW)
    for secret in ("the admin's", "the app's next"):
        assert cli(*ROTATE, *_secret_file(tmp_path, secret)).code == 0
    signed = ("the admin's", SECRET, "the app's next", "the admin's")
    assert [_status(shop, secret) for secret in signed] == [202] * 4
    told = cli(*ROTATE, "--retire-old")
    assert (told.code, "Webhooks still come with 1 older secret" in told.out) == (0, True)
    assert [_status(shop, secret) for secret in ("the admin's", SECRET, "the app's next")] == [202, 401, 202]
    assert cli(*ROTATE, "--retire-old", "--yes", "--json").document["retired"] == 1
    assert _status(shop, "the admin's") == 401


def _secret_file(folder: Path, secret: str) -> tuple[str, str]:
    path = folder / "given.txt"
    path.write_text(secret)
    return "--secret-file", str(path)


ROTATE = ("source", "rotate", "northkettle", "shopify")


def test_a_secret_whose_key_is_lost_is_set_anew_and_the_lost_one_dropped(
    database: Database, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected(database, tmp_path, secret_key=OLD)
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", NEW)
    told = cli(*ROTATE, *_secret_file(tmp_path, "set anew"))
    assert (told.code, "1 of them cannot be opened" in told.out) == (0, True)
    shop = _with_keys(database, tmp_path, NEW)
    assert [_status(shop, secret) for secret in ("set anew", SECRET)] == [202, 503]
    refused = cli("db", "reseal")
    assert (refused.code, "source rotate northkettle shopify" in refused.err) == (2, True)
    assert cli(*ROTATE, "--retire-old", "--json").document["unopened"] == 0
    assert [_status(shop, secret) for secret in ("set anew", SECRET)] == [202, 401]
    assert cli("db", "reseal").code == 0


def test_a_secret_that_is_given_again_is_the_newest_and_survives_the_older_ones(
    database: Database, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = connected(database, tmp_path, secret_key=NEW)
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", NEW)
    assert _status(shop) == 202
    assert cli(*ROTATE, *_secret_file(tmp_path, "a slip")).code == 0
    back = cli(*ROTATE, *_secret_file(tmp_path, SECRET), "--retire-old", "--json").document
    assert (back["added"], back["retired"], back["active"]) == (0, 1, 1)
    assert [_status(shop, secret) for secret in (SECRET, "a slip")] == [202, 401]


def test_connecting_again_with_an_older_secret_leaves_the_newest_the_newest(
    database: Database, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = connected(database, tmp_path, secret_key=NEW)
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", NEW)
    assert cli(*ROTATE, *_secret_file(tmp_path, "the next one")).code == 0
    assert cli("source", "add", "northkettle", "shopify", *_secret_file(tmp_path, SECRET)).code == 0
    assert cli(*ROTATE, "--retire-old", "--yes").code == 0
    assert _status(shop, "the next one") == 202
