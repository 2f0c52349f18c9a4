"""What editors and marketers do to the files of a shop's content."""

from pathlib import Path

import pytest

from tests.integration.cli.conftest import FILES_ALONE, Cli
from tests.support.intake import connected
from tests.support.shopify import order
from worker.cli.folders import write_folder
from worker.store.content import packaged_content
from worker.store.session import Database

MARK = "\ufeff"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The packaged content as a marketer would edit it."""
    place = tmp_path / "content"
    write_folder(packaged_content(), place)
    return place


@FILES_ALONE
def test_a_file_saved_with_a_byte_order_mark_says_what_it_says_without(
    cli: Cli, shop: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.rendering.pictures.browser_path", lambda: None)
    cli("content", "push", shop)
    for path in folder.rglob("*.*"):
        path.write_text(MARK + path.read_text(encoding="utf-8"), encoding="utf-8")
    made = cli("preview", "confirmation", "--from", str(folder), "--to", str(tmp_path / "out"), "--json").document
    assert MARK not in made["subject"] + made["preview"]
    assert not [file for file in made["files"] if MARK in Path(file).read_text(encoding="utf-8")]
    assert cli("content", "push", shop, "--from", str(folder), "--json").document["changed"] is False


@FILES_ALONE
def test_a_template_that_the_step_would_not_use_is_refused_with_file_line_and_remedy(
    cli: Cli, shop: str, folder: Path
) -> None:
    sequence = folder / "sequences" / "post_purchase.yaml"
    text = sequence.read_text(encoding="utf-8")
    sequence.write_text(text.replace("template: follow_up", "template: follow_up_winter", 1), encoding="utf-8")
    line = text[: text.index("template: follow_up")].count("\n") + 1
    refused = cli("content", "push", shop, "--from", str(folder))
    assert refused.code == 2
    assert f"sequences/post_purchase.yaml:{line}: steps.follow_up.template" in refused.err
    assert "Write template: follow_up" in refused.err


@FILES_ALONE
def test_a_file_beside_the_sequence_that_nothing_reads_is_refused(cli: Cli, shop: str, folder: Path) -> None:
    (folder / "sequences" / "christmas.yaml").write_text("steps: {}\n", encoding="utf-8")
    refused = cli("content", "push", shop, "--from", str(folder))
    assert refused.code == 2
    assert "sequences/christmas.yaml: nothing reads this file." in refused.err
    assert "sequences/post_purchase.yaml" in refused.err


@FILES_ALONE
def test_the_first_revision_says_what_it_is_for_where_it_changes_nothing(cli: Cli, shop: str, folder: Path) -> None:
    told = cli("content", "push", shop, "--from", str(folder)).out
    assert "nothing changes now" in told
    assert "updates of Postpurchase" in told


@FILES_ALONE
def test_a_language_that_one_mail_lacks_is_warned_of_and_published_all_the_same(
    cli: Cli, shop: str, folder: Path
) -> None:
    for path in folder.glob("email_templates/*/texts.en.yaml"):
        if path.parent.name not in ("follow_up", "replenishment"):
            path.with_name("texts.da.yaml").write_bytes(path.read_bytes())
    [warning] = cli("content", "lint", shop, "--from", str(folder), "--json").document["warnings"]
    assert warning.startswith("email_templates/follow_up/texts.da.yaml: this file is missing")
    cli("shop", "set", shop, "--locale", "fi-FI")
    pushed = cli("content", "push", shop, "--from", str(folder))
    assert "no mail has texts in the shop's language, 'fi'" in pushed.out
    assert "follow_up/texts.da.yaml" in pushed.out
    assert pushed.code == 0


@FILES_ALONE
def test_who_reads_a_language_that_a_mail_lacks_is_told_of_the_one_it_comes_in(
    cli: Cli, shop: str, folder: Path
) -> None:
    """English, the shop's own, taken out by mistake: what is left is the first by name."""
    (folder / "email_templates" / "follow_up" / "texts.en.yaml").unlink()
    (folder / "email_templates" / "order_confirmation" / "texts.fr.yaml").unlink()
    warnings = cli("content", "lint", shop, "--from", str(folder), "--json").document["warnings"]
    assert {each.split("/")[1]: each[each.index("readers") :] for each in warnings} == {
        "order_confirmation": "readers of 'fr' get this mail in 'en'.",
        "follow_up": "readers of 'en' get this mail in 'de'.",
    }


@FILES_ALONE
def test_a_quote_that_is_not_closed_points_at_its_line_too(cli: Cli, shop: str, folder: Path) -> None:
    texts = folder / "email_templates" / "follow_up" / "texts.en.yaml"
    texts.write_text(texts.read_text(encoding="utf-8").replace('the guide"', "the guide", 1), encoding="utf-8")
    assert "here or in the line before" in cli("content", "lint", shop, "--from", str(folder)).err


@FILES_ALONE
def test_pulling_over_changes_that_were_never_published_is_refused_and_loses_nothing(
    cli: Cli, shop: str, folder: Path
) -> None:
    texts = folder / "email_templates" / "follow_up" / "texts.en.yaml"
    as_published = texts.read_text(encoding="utf-8")
    texts.write_text(as_published.replace("Read the guide", "A day's work"), encoding="utf-8")
    refused = cli("content", "pull", shop, "--to", str(folder))
    assert (refused.code, "email_templates/follow_up/texts.en.yaml" in refused.err) == (2, True)
    assert "A day's work" in texts.read_text(encoding="utf-8")
    cli("content", "push", shop, "--from", str(folder))
    cli("content", "rollback", shop, "0")
    assert cli("content", "pull", shop, "--to", str(folder), "--json").document["changed"] == [
        "email_templates/follow_up/texts.en.yaml"
    ]
    texts.write_text("\r\n", encoding="utf-8")
    (folder / "email_templates" / "follow_up" / "body.txt").write_bytes(b"caf\xe9")
    assert "body.txt" in cli("content", "pull", shop, "--to", str(folder)).err
    assert cli("content", "pull", shop, "--to", str(folder), "--overwrite").code == 0
    assert texts.read_text(encoding="utf-8") == as_published


@FILES_ALONE
def test_a_file_that_goes_back_behind_what_a_colleague_published_is_warned_of(
    cli: Cli, shop: str, folder: Path, tmp_path: Path
) -> None:
    """Both pulled the same; each changes another mail."""
    other = tmp_path / "other"
    write_folder(packaged_content(), other)
    for place, mail in ((folder, "follow_up"), (other, "order_confirmation")):
        body = place / "email_templates" / mail / "body.txt"
        body.write_text(body.read_text(encoding="utf-8") + "\nOurs.\n", encoding="utf-8")
    assert cli("content", "push", shop, "--from", str(folder), "--json").document["warnings"] == []
    [warning] = cli("content", "push", shop, "--from", str(other), "--dry-run", "--json").document["warnings"]
    assert warning.startswith("email_templates/follow_up/body.txt: it goes back to the packaged content.")
    assert cli("content", "rollback", shop, "0", "--json").document["warnings"] == []


@FILES_ALONE
def test_files_are_not_watched_where_each_save_would_reach_customers(
    cli: Cli, shop: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTPURCHASE_SMTP_URL", "smtp://127.0.0.1:1")
    refused = cli("up", "--watch", shop, "--from", str(folder), "--port", "1")
    assert (refused.code, "content push" in refused.err) == (2, True)
    assert cli("content", "log", shop, "--json").document["revisions"] == []


@FILES_ALONE
def test_lint_says_of_which_files_it_tells(
    cli: Cli, shop: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"of {folder}, no fault" in cli("content", "lint", shop, "--from", str(folder)).out.replace("\n", " ")
    monkeypatch.chdir(folder)
    assert "files here, no fault" in cli("content", "lint", shop).out
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert "as packaged" in cli("content", "lint", shop).out


def test_a_preview_of_an_order_with_a_slash_in_its_number_is_written(
    cli: Cli, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.rendering.pictures.browser_path", lambda: None)
    pipeline = connected(database, tmp_path)
    pipeline.plan("orders/create", order(1042, pipeline.now, name="2026/1042"))
    to = tmp_path / "out"
    made = cli("preview", "confirmation", "--shop", "northkettle", "--order", "2026/1042", "--to", str(to), "--json")
    assert made.code == 0
    assert {Path(file).parent for file in made.document["files"]} == {to}


@FILES_ALONE
def test_a_text_written_twice_is_refused_with_its_line(cli: Cli, shop: str, folder: Path) -> None:
    """The last one would silently win, and what the marketer changed above it would never be seen."""
    texts = folder / "email_templates" / "follow_up" / "texts.en.yaml"
    text = texts.read_text(encoding="utf-8")
    name = next(line.partition(":")[0] for line in text.splitlines() if line[:1].isalpha())
    texts.write_text(f'{text.rstrip()}\n{name}: "Twice"\n', encoding="utf-8")
    refused = cli("content", "push", shop, "--from", str(folder))
    assert refused.code == 2
    line = text.rstrip().count("\n") + 2
    assert f"follow_up/texts.en.yaml:{line}: {name} is written twice. Keep one of the two." in refused.err
