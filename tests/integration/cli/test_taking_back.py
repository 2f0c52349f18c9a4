"""What was published or set is taken back, or begun again after it was interrupted: no waiting mail is lost by it."""

from datetime import timedelta
from pathlib import Path

import pytest

from schedules.shop import Role
from tests.integration.cli.conftest import Cli
from tests.support.intake import Connected, connected
from tests.support.shopify import fulfillment, order, tracking
from worker.cli.folders import write_folder
from worker.store.content import content_of, packaged_content, publish
from worker.store.session import Database
from worker.store.shops import get_shop, profile_of, update_shop

SEQUENCE = "sequences/post_purchase.yaml"


@pytest.fixture
def waiting(cli: Cli, database: Database, tmp_path: Path) -> Connected:
    """Order 1042, of which the follow-up alone still waits."""
    pipeline = connected(database, tmp_path)
    placed = pipeline.now - timedelta(days=4)
    pipeline.plan("orders/create", order(1042, placed))
    pipeline.plan("fulfillments/create", fulfillment(1042, placed + timedelta(days=1)))
    pipeline.plan("fulfillment_events/create", tracking(1042, "delivered", placed + timedelta(days=2)))
    assert [message.step for message in pipeline.messages()] == ["follow_up"]
    return pipeline


def _changed(before: str, after: str) -> dict[str, str]:
    files = dict(packaged_content().files)
    assert before in files[SEQUENCE]
    return files | {SEQUENCE: files[SEQUENCE].replace(before, after, 1)}


OFF = ("    template: follow_up\n", "    template: follow_up\n    enabled: false\n")


def _states(waiting: Connected) -> list[str]:
    return [message.state for message in waiting.messages() if message.step == "follow_up"]


def _push(cli: Cli, files: dict[str, str], folder: Path) -> None:
    write_folder(content_of(files), folder)
    assert cli("content", "push", "northkettle", "--from", str(folder)).code == 0


def test_a_mail_that_content_cancelled_comes_again_when_the_content_is_taken_back(
    cli: Cli, waiting: Connected, tmp_path: Path
) -> None:
    cli("content", "push", "northkettle")
    before = waiting.messages()[0].send_at
    _push(cli, _changed(*OFF), tmp_path / "off")
    assert _states(waiting) == ["cancelled"]
    shown = cli("content", "rollback", "northkettle", "--dry-run", "--json").document
    back = cli("content", "rollback", "northkettle", "--json").document
    assert (shown["new"], back["new"]) == (1, 1)
    assert _states(waiting) == ["cancelled", "scheduled"]
    assert waiting.messages()[-1].send_at == before


def test_a_mail_of_a_step_that_was_off_for_a_while_comes_again(cli: Cli, waiting: Connected) -> None:
    cli("shop", "set", "northkettle", "--role", "follow_up=off")
    assert _states(waiting) == ["cancelled"]
    cli("shop", "set", "northkettle", "--role", "follow_up=replace")
    assert _states(waiting) == ["cancelled", "scheduled"]


def test_a_mail_that_a_person_cancelled_stays_cancelled(cli: Cli, waiting: Connected, tmp_path: Path) -> None:
    cli("content", "push", "northkettle")
    cli("cancel", "northkettle", "1042", "follow_up", "--yes")
    _push(cli, _changed("send: 9 days", "send: 8 days"), tmp_path / "sooner")
    assert cli("content", "rollback", "northkettle", "--json").document["new"] == 0
    assert _states(waiting) == ["cancelled"]


def test_a_step_switched_off_in_the_content_says_so(cli: Cli, waiting: Connected, tmp_path: Path) -> None:
    _push(cli, _changed(*OFF), tmp_path / "off")
    told = cli("timeline", "northkettle", "1042", "--json").document
    [mail] = [message for message in told["messages"] if message["step"] == "follow_up"]
    assert mail["reason"] == "the step is switched off for this shop"


def test_a_push_that_was_interrupted_is_finished_by_pushing_again(
    cli: Cli, waiting: Connected, database: Database, tmp_path: Path
) -> None:
    files, folder = _changed("send: 9 days", "send: 12 days"), tmp_path / "later"
    write_folder(content_of(files), folder)
    with database.write() as session:
        shop = get_shop(session, "northkettle").id
        assert publish(session, shop, content_of(files), "", waiting.installation.clock.now()) == 1
    before = waiting.messages()[0].send_at
    again = cli("content", "push", "northkettle", "--from", str(folder), "--json").document
    assert (again["revision"], again["moved"]) == (1, 1)
    assert waiting.messages()[0].send_at == before + timedelta(days=3)
    third = cli("content", "push", "northkettle", "--from", str(folder), "--json").document
    assert (third["revision"], third["changed"]) == (1, False)


def test_a_setting_whose_effect_was_interrupted_takes_effect_when_it_is_set_again(
    cli: Cli, waiting: Connected, database: Database
) -> None:
    with database.write() as session:
        profile = profile_of(get_shop(session, "northkettle"))
        update_shop(session, profile.model_copy(update={"roles": profile.roles | {"follow_up": Role.OFF}}))
    assert cli("shop", "set", "northkettle", "--role", "follow_up=off").code == 0
    assert _states(waiting) == ["cancelled"]
