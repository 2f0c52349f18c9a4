"""Content, previews and test mails from the command line."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.integration.cli.conftest import FILES_ALONE, Cli
from tests.support.intake import Connected, connected
from tests.support.shopify import fulfillment, order, tracking
from worker.cli.folders import write_folder
from worker.demo.bodies import order_body, parcel_body
from worker.demo.shop import csv_text
from worker.dispatch.service import deliver_batch
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


@FILES_ALONE
def test_the_packaged_content_has_no_fault(cli: Cli, shop: str) -> None:
    assert cli("content", "lint", shop, "--json").document["faults"] == []


@FILES_ALONE
def test_publishing_the_same_content_twice_keeps_its_revision(cli: Cli, shop: str, folder: Path) -> None:
    first = cli("content", "push", shop, "--from", str(folder), "--json").document
    second = cli("content", "push", shop, "--from", str(folder), "--json").document
    assert (first["revision"], first["changed"]) == (1, True)
    assert (second["revision"], second["changed"]) == (1, False)


@FILES_ALONE
@pytest.mark.parametrize("words", [("content", "pull", "northkettle"), ("preview", "follow_up")])
def test_a_folder_that_takes_no_files_is_named(cli: Cli, shop: str, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "taken").write_text("")
    refused = cli(*words, "--to", str(tmp_path / "taken"))
    assert refused.code == 2
    assert "taken" in refused.err
    assert "--to" in refused.err


@FILES_ALONE
def test_a_delay_of_soon_is_refused_with_file_line_and_remedy(cli: Cli, shop: str, folder: Path) -> None:
    _edit(folder / "sequences" / "post_purchase.yaml", "send: 9 days", "send: soon")
    refused = cli("content", "push", shop, "--from", str(folder))
    assert refused.code == 2
    assert "sequences/post_purchase.yaml:" in refused.err
    assert "soon" in refused.err
    assert cli("content", "push", shop, "--json").document["revision"] == 1


@FILES_ALONE
def test_a_product_that_the_catalogue_has_not_is_named_with_file_and_line_and_published_all_the_same(
    cli: Cli, shop: str, folder: Path, tmp_path: Path
) -> None:
    sequence = folder / "sequences" / "post_purchase.yaml"
    text = sequence.read_text(encoding="utf-8")
    line = text[: text.index("  never_on:  ")].count("\n") + 2
    _edit(sequence, "    products: []                    # product ids, like", "    products: [7104, 71O5]   # like")
    bare = cli("content", "lint", shop, "--from", str(folder), "--json").document["warnings"]
    assert len(bare) == 2
    assert f"products import {shop}" in bare[0]
    catalogue = tmp_path / "products.csv"
    catalogue.write_text(csv_text("products", public_url="http://127.0.0.1:8000"), encoding="utf-8")
    cli("products", "import", shop, str(catalogue))
    [warning] = cli("content", "lint", shop, "--from", str(folder), "--json").document["warnings"]
    assert warning.startswith(f"sequences/post_purchase.yaml:{line}: ")
    assert "71O5" in warning
    assert warning.endswith("Did you mean 7105?")
    pushed = cli("content", "push", shop, "--from", str(folder))
    assert "71O5" in pushed.out
    assert cli("content", "log", shop, "--json").document["revisions"][0]["number"] == 1


@FILES_ALONE
def test_an_unknown_variable_is_refused_with_file_and_line(cli: Cli, shop: str, folder: Path) -> None:
    subject = folder / "email_templates" / "follow_up" / "subject.txt"
    subject.write_text(subject.read_text(encoding="utf-8") + "{{ order.colour }}", encoding="utf-8")
    refused = cli("content", "lint", shop, "--from", str(folder))
    assert refused.code == 2
    assert "email_templates/follow_up/subject.txt:" in refused.err


@FILES_ALONE
def test_what_fails_only_in_one_situation_is_refused_and_the_situation_named(cli: Cli, shop: str, folder: Path) -> None:
    subject = folder / "email_templates" / "order_confirmation" / "subject.txt"
    subject.write_text(subject.read_text(encoding="utf-8") + "{{ 10 // (more_lines - 9) }}", encoding="utf-8")
    refused = cli("content", "push", shop, "--from", str(folder))
    assert refused.code == 2
    assert "email_templates/order_confirmation" in refused.err
    assert "many_lines" in refused.err
    assert cli("content", "log", shop, "--json").document["revisions"] == []


def test_what_push_would_change_is_shown_and_pull_brings_it_back(
    cli: Cli, shop: str, folder: Path, tmp_path: Path
) -> None:
    cli("content", "push", shop)
    _edit(folder / "sequences" / "post_purchase.yaml", "send: 9 days", "send: 8 days")
    differing = cli("content", "diff", shop, "--from", str(folder))
    assert "the sequence changes" in cli("content", "push", shop, "--from", str(folder)).out
    pulled = cli("content", "pull", shop, "--to", str(tmp_path / "pulled"), "--json").document
    assert "+      send: 8 days" in differing.out
    assert "post_purchase.yaml (revision 1)" in differing.out
    assert "post_purchase.yaml (here)" in differing.out
    assert pulled["revision"] == 2
    assert "send: 8 days" in (tmp_path / "pulled" / "sequences" / "post_purchase.yaml").read_text(encoding="utf-8")
    assert "No difference" in cli("content", "diff", shop, "--from", str(folder)).out


@FILES_ALONE
def test_a_folder_without_content_says_how_to_get_some(cli: Cli, shop: str, tmp_path: Path) -> None:
    refused = cli("content", "lint", shop, "--from", str(tmp_path / "nowhere"))
    assert refused.code == 2
    assert "content pull" in refused.err


@FILES_ALONE
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


@FILES_ALONE
def test_a_preview_speaks_the_language_and_takes_the_role_it_is_told(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.rendering.pictures.browser_path", lambda: None)
    to = ("--to", str(tmp_path / "out"), "--json")
    english = cli("preview", "confirmation", *to).document["subject"]
    german = cli("preview", "confirmation", "--language", "de", *to).document["subject"]
    companion = cli("preview", "confirmation", "--role", "companion", *to).document["subject"]
    assert len({english, german, companion}) == 3


@FILES_ALONE
def test_a_preview_in_a_language_without_texts_says_which_there_are(cli: Cli, tmp_path: Path) -> None:
    refused = cli("preview", "confirmation", "--language", "th-TH", "--to", str(tmp_path / "out"))
    assert refused.code == 2
    assert "There are: de, en" in refused.err


@FILES_ALONE
def test_a_preview_of_a_broken_template_names_file_and_line(cli: Cli, folder: Path, tmp_path: Path) -> None:
    subject = folder / "email_templates" / "follow_up" / "subject.txt"
    subject.write_text(subject.read_text(encoding="utf-8") + "{{ order.colour }}", encoding="utf-8")
    refused = cli("preview", "follow_up", "--from", str(folder), "--to", str(tmp_path / "out"))
    assert refused.code == 2
    assert "email_templates/follow_up/subject.txt:" in refused.err
    assert not (tmp_path / "out").exists()


@FILES_ALONE
def test_a_preview_shows_each_situation_and_names_those_there_are(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.rendering.pictures.browser_path", lambda: None)
    to = ("--to", str(tmp_path / "out"))
    made = cli("preview", "follow_up", "--situation", "how_is_it", *to, "--json").document
    assert (made["variant"], made["situations"]) == (
        "how_is_it",
        ["estimated", "no_offer", "gift", "refill", "upgrade"],
    )
    assert made["files"][0].endswith("follow_up-how_is_it.html")
    refused = cli("preview", "follow_up", "--situation", "moon", *to)
    assert refused.code == 2
    assert "There are: how_is_it, estimated, no_offer, gift, refill, upgrade." in refused.err
    assert "leave out --situation" in cli("preview", "follow_up", "--order", "1", "--situation", "gift").err


@FILES_ALONE
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
    for name in ("products", "pairings", "guides"):
        file = tmp_path / f"{name}.csv"
        file.write_text(csv_text(name, public_url="https://northkettle.example"), encoding="utf-8")
        assert cli(name, "import", "northkettle", str(file)).code == 0
    to = ("--to", str(tmp_path / "out"), "--json")
    made = cli("preview", "shipping", "--shop", "northkettle", "--order", "1042", *to).document
    assert "1042" in made["subject"]
    assert "10\xa0%" in Path(made["files"][1]).read_text(encoding="utf-8")
    early = cli("preview", "follow_up", "--shop", "northkettle", "--order", "1042", *to).document
    assert early["remark"] == "the last parcel is still on its way"
    assert early["subject"] == "Three ways to get more from your Dripper 02"
    french = cli("preview", "follow_up", "--shop", "northkettle", "--order", "1042", "--language", "fr", *to).document
    assert french["subject"] == "Trois façons de mieux profiter de Dripper 02"
    with database.read() as session:
        assert session.scalars(select(DiscountCode)).all() == []
        assert {message.state for message in session.scalars(select(Message))} == {"scheduled"}


@FILES_ALONE
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


@FILES_ALONE
def test_what_a_shop_published_is_shown_and_sent_whatever_lies_in_the_current_folder(
    cli: Cli, shop: str, database: Database, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _edit(folder / "email_templates" / "follow_up" / "texts.en.yaml", "Read the guide", "Open the guide")
    cli("content", "push", shop, "--from", str(folder))
    monkeypatch.setattr("worker.rendering.pictures.browser_path", lambda: None)
    write_folder(packaged_content(), tmp_path / "clone")
    monkeypatch.chdir(tmp_path / "clone")
    to = ("--to", str(tmp_path / "out"), "--json")
    shown = cli("preview", "follow_up", "--shop", shop, *to).document
    assert "Open the guide" in Path(shown["files"][1]).read_text(encoding="utf-8")
    draft = cli("preview", "follow_up", "--shop", shop, "--from", ".", *to).document
    assert "Read the guide" in Path(draft["files"][1]).read_text(encoding="utf-8")
    cli("send-test", shop, "follow_up", "me@northkettle.example")
    with database.read() as session:
        assert "Open the guide" in session.scalars(select(OutboxMail)).one().text


def _orders(pipeline: Connected, count: int) -> None:
    now = pipeline.now
    for number in range(count):
        pipeline.plan("orders/create", order(5000 + number, now, email=f"m{number}@example.com"))
        pipeline.plan("fulfillments/create", fulfillment(5000 + number, now))
        pipeline.plan("fulfillment_events/create", tracking(5000 + number, "delivered", now))


def _waiting(database: Database) -> dict[str, str]:
    with database.read() as session:
        rows = session.scalars(select(Message).where(Message.state.in_(("scheduled", "held"))))
        return {f"{row.id}": row.send_at.isoformat() for row in rows}


def test_a_new_delay_moves_what_waits_exactly_as_was_shown(
    cli: Cli, database: Database, folder: Path, tmp_path: Path
) -> None:
    _orders(connected(database, tmp_path), 3)
    cli("content", "push", "northkettle", "--from", str(folder))
    _edit(folder / "sequences" / "post_purchase.yaml", "send: 9 days", "send: 12 days")
    before = _waiting(database)
    shown = cli("content", "push", "northkettle", "--from", str(folder), "--dry-run", "--json").document
    assert _waiting(database) == before
    assert (shown["changed"], shown["moved"], shown["cancelled"]) == (False, 3, 0)
    assert {move["step"] for move in shown["moves"]} == {"follow_up"}
    done = cli("content", "push", "northkettle", "--from", str(folder), "--json").document
    after = _waiting(database)
    assert done["moves"] == shown["moves"]
    assert before.keys() == after.keys()
    moved = sorted((before[key], after[key]) for key in before if before[key] != after[key])
    assert moved == sorted((_iso(move["before"]), _iso(move["after"])) for move in shown["moves"])
    told = cli("timeline", "northkettle", "5001", "--json").document
    sends = {message["step"]: message["send_at"] for message in told["messages"]}
    assert _iso(sends["follow_up"]) in {after for _, after in moved}


def _iso(moment: str) -> str:
    return datetime.fromisoformat(moment).isoformat()


def test_the_effect_is_told_in_words_before_anything_is_published(
    cli: Cli, database: Database, folder: Path, tmp_path: Path
) -> None:
    _orders(connected(database, tmp_path), 1)
    _edit(folder / "sequences" / "post_purchase.yaml", "send: 9 days", "send: 12 days")
    _edit(folder / "email_templates" / "follow_up" / "texts.en.yaml", "Read the guide", "Open the guide")
    told = cli("content", "push", "northkettle", "--from", str(folder)).out
    assert "follow_up changes" in told
    assert "1 email moves" in told
    assert told.index("1 email moves") < told.index("Published revision 1")


def test_a_broken_template_is_refused_and_the_old_one_still_sends(
    cli: Cli, database: Database, folder: Path, tmp_path: Path
) -> None:
    pipeline = connected(database, tmp_path)
    cli("content", "push", "northkettle", "--from", str(folder))
    _edit(folder / "email_templates" / "order_confirmation" / "subject.txt", "[[", "{{ nobody }}[[")
    refused = cli("content", "push", "northkettle", "--from", str(folder))
    assert refused.code == 2
    assert "email_templates/order_confirmation/subject.txt:1" in refused.err
    pipeline.plan("orders/create", order(5000, pipeline.now - timedelta(minutes=30)))
    assert deliver_batch(pipeline.installation) == 1
    with database.read() as session:
        assert session.scalars(select(OutboxMail.subject)).one() == "Order 5000 is confirmed"


def test_every_revision_is_listed_and_can_be_gone_back_to(cli: Cli, shop: str, folder: Path) -> None:
    assert "packaged content" in cli("content", "log", shop).out
    cli("content", "push", shop, "--from", str(folder), "--note", "as it came")
    _edit(folder / "email_templates" / "follow_up" / "texts.en.yaml", "Read the guide", "Open the guide")
    cli("content", "push", shop, "--from", str(folder), "--note", "another word")
    listed = cli("content", "log", shop, "--json").document["revisions"]
    assert [(each["number"], each["note"]) for each in listed] == [(2, "another word"), (1, "as it came")]
    assert listed[0]["changed"] == ["email_templates/follow_up/texts.en.yaml"]
    back = cli("content", "rollback", shop, "--json").document
    assert (back["revision"], back["files"]) == (3, ["email_templates/follow_up/texts.en.yaml"])
    assert "back to revision 1" in cli("content", "log", shop).out
    assert "No difference" in cli("content", "diff", shop, "--revision", "1", "--to", "3").out
    between = cli("content", "diff", shop, "--revision", "1", "--to", "2").out
    assert [word for word in ("Open the guide", "(revision 1)", "(revision 2)") if word not in between] == []
    assert cli("content", "rollback", shop, "9").code == 2


def test_going_back_twice_does_not_bring_back_what_was_gone_back_from(cli: Cli, shop: str, folder: Path) -> None:
    """Typed again because it was interrupted, or by a slip."""
    cli("content", "push", shop, "--from", str(folder))
    _edit(folder / "email_templates" / "follow_up" / "texts.en.yaml", "Read the guide", "A bad word")
    cli("content", "push", shop, "--from", str(folder))
    assert cli("content", "rollback", shop, "--yes").code == 0
    again = cli("content", "rollback", shop, "--yes")
    assert (again.code, "is back at revision 1 already" in again.err) == (2, True)
    assert cli("content", "rollback", shop, "1", "--json").document["changed"] is False
    assert len(cli("content", "log", shop, "--json").document["revisions"]) == 3


def test_the_packaged_content_takes_the_place_of_a_shops_own_only_when_that_is_asked_for(
    cli: Cli, shop: str, folder: Path
) -> None:
    """`content push` in the wrong folder."""
    _edit(folder / "email_templates" / "follow_up" / "texts.en.yaml", "Read the guide", "Open the guide")
    assert cli("content", "push", shop, "--from", str(folder)).code == 0
    refused = cli("content", "push", shop, "--yes")
    assert (refused.code, "--from FOLDER" in refused.err) == (2, True)
    assert cli("content", "rollback", shop, "0", "--json").document["revision"] == 2
    assert cli("content", "push", shop, "--json").document["changed"] is False


def test_before_the_first_revision_there_is_nothing_to_go_back_to(cli: Cli, shop: str) -> None:
    refused = cli("content", "rollback", shop)
    assert refused.code == 2
    assert "nothing to go back to" in refused.err
