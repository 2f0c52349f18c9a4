"""Content, previews and test mails from the command line."""

from pathlib import Path

import pytest
from sqlalchemy import select

from tests.integration.cli.conftest import Cli
from tests.support.intake import connected
from worker.cli.folders import write_folder
from worker.demo.bodies import order_body, parcel_body
from worker.demo.shop import csv_text
from worker.store.content import packaged_content
from worker.store.models import DiscountCode, Message, OutboxMail
from worker.store.session import Database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The packaged content as a marketer would edit it."""
    place = tmp_path / "content"
    write_folder(packaged_content(), place)
    return place


def _edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_the_packaged_content_has_no_fault(cli: Cli, shop: str) -> None:
    assert cli("content", "lint", shop, "--json").document["faults"] == []


def test_publishing_the_same_content_twice_keeps_its_revision(cli: Cli, shop: str, folder: Path) -> None:
    first = cli("content", "push", shop, "--from", str(folder), "--json").document
    second = cli("content", "push", shop, "--from", str(folder), "--json").document
    assert (first["revision"], first["changed"]) == (1, True)
    assert (second["revision"], second["changed"]) == (1, False)


def test_a_delay_of_soon_is_refused_with_file_line_and_remedy(cli: Cli, shop: str, folder: Path) -> None:
    _edit(folder / "sequences" / "post_purchase.yaml", "send: 9 days", "send: soon")
    refused = cli("content", "push", shop, "--from", str(folder))
    assert refused.code == 2
    assert "sequences/post_purchase.yaml:" in refused.err
    assert "soon" in refused.err
    assert cli("content", "push", shop, "--json").document["revision"] == 1


def test_an_unknown_variable_is_refused_with_file_and_line(cli: Cli, shop: str, folder: Path) -> None:
    subject = folder / "email_templates" / "follow_up" / "subject.txt"
    subject.write_text(subject.read_text(encoding="utf-8") + "{{ order.colour }}", encoding="utf-8")
    refused = cli("content", "lint", shop, "--from", str(folder))
    assert refused.code == 2
    assert "email_templates/follow_up/subject.txt:" in refused.err


def test_what_push_would_change_is_shown_and_pull_brings_it_back(
    cli: Cli, shop: str, folder: Path, tmp_path: Path
) -> None:
    cli("content", "push", shop)
    _edit(folder / "sequences" / "post_purchase.yaml", "send: 9 days", "send: 8 days")
    differing = cli("content", "diff", shop, "--from", str(folder))
    cli("content", "push", shop, "--from", str(folder))
    pulled = cli("content", "pull", shop, "--to", str(tmp_path / "pulled"), "--json").document
    assert "+      send: 8 days" in differing.out
    assert pulled["revision"] == 2
    assert "send: 8 days" in (tmp_path / "pulled" / "sequences" / "post_purchase.yaml").read_text(encoding="utf-8")
    assert "No difference" in cli("content", "diff", shop, "--from", str(folder)).out


def test_a_folder_without_content_says_how_to_get_some(cli: Cli, shop: str, tmp_path: Path) -> None:
    refused = cli("content", "lint", shop, "--from", str(tmp_path / "nowhere"))
    assert refused.code == 2
    assert "content pull" in refused.err


@pytest.mark.parametrize("step", ["confirmation", "shipping_confirmation", "follow-up"])
def test_a_preview_of_the_example_needs_no_installation(
    cli: Cli, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTPURCHASE_DATA_DIR", str(tmp_path / "nothing"))
    monkeypatch.setattr("worker.rendering.pictures.browser_path", lambda: None)
    made = cli("preview", step, "--to", str(tmp_path / "out"), "--json").document
    page, text = (Path(file) for file in made["files"])
    assert "Dripper 02" in page.read_text(encoding="utf-8")
    assert "127.0.0.1:8000/demo" not in page.read_text(encoding="utf-8")
    assert text.read_text(encoding="utf-8")
    assert "No Chromium" in made["no_picture"]
    assert not (tmp_path / "nothing").exists()


def test_a_preview_speaks_the_language_and_takes_the_role_it_is_told(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.rendering.pictures.browser_path", lambda: None)
    to = ("--to", str(tmp_path / "out"), "--json")
    english = cli("preview", "confirmation", *to).document["subject"]
    german = cli("preview", "confirmation", "--language", "de", *to).document["subject"]
    companion = cli("preview", "confirmation", "--role", "companion", *to).document["subject"]
    assert len({english, german, companion}) == 3


def test_a_preview_of_a_broken_template_names_file_and_line(cli: Cli, folder: Path, tmp_path: Path) -> None:
    subject = folder / "email_templates" / "follow_up" / "subject.txt"
    subject.write_text(subject.read_text(encoding="utf-8") + "{{ order.colour }}", encoding="utf-8")
    refused = cli("preview", "follow_up", "--from", str(folder), "--to", str(tmp_path / "out"))
    assert refused.code == 2
    assert "email_templates/follow_up/subject.txt:" in refused.err
    assert not (tmp_path / "out").exists()


def test_a_preview_of_an_unknown_step_names_the_steps(cli: Cli) -> None:
    refused = cli("preview", "receipt")
    assert refused.code == 2
    assert "confirmation, shipping, follow_up" in refused.err


def test_a_preview_of_a_real_order_shows_its_code_and_reserves_nothing(
    cli: Cli, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.rendering.pictures.browser_path", lambda: None)
    pipeline = connected(database, tmp_path)
    now = pipeline.now
    pipeline.plan("orders/create", order_body(now))
    pipeline.plan("fulfillments/create", parcel_body(now))
    cli("shop", "set", "northkettle", "--history-imported", "--soft-opt-in")
    for name in ("products", "pairings"):
        file = tmp_path / f"{name}.csv"
        file.write_text(csv_text(name, public_url="https://northkettle.example"), encoding="utf-8")
        assert cli(name, "import", "northkettle", str(file)).code == 0
    to = ("--to", str(tmp_path / "out"), "--json")
    made = cli("preview", "shipping", "--shop", "northkettle", "--order", "1042", *to).document
    assert "1042" in made["subject"]
    assert "10 %" in Path(made["files"][1]).read_text(encoding="utf-8")
    with database.read() as session:
        assert session.scalars(select(DiscountCode)).all() == []
        assert {message.state for message in session.scalars(select(Message))} == {"scheduled"}


def test_an_order_without_its_shop_cannot_be_previewed(cli: Cli) -> None:
    assert "--shop" in cli("preview", "shipping", "--order", "1042").err


def test_a_test_mail_is_marked_and_belongs_to_no_message(cli: Cli, shop: str, database: Database) -> None:
    sent = cli("send-test", shop, "follow_up", "me@northkettle.example", "--json").document
    with database.read() as session:
        mail = session.scalars(select(OutboxMail)).one()
        assert session.scalars(select(Message)).all() == []
    assert sent["subject"].startswith("[TEST] ")
    assert (mail.to, mail.message_id) == ("me@northkettle.example", None)
    assert "List-Unsubscribe" in mail.headers
