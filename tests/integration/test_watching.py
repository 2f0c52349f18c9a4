"""Saved files of a shop are published at once; what is wrong with them is shown, and the shop goes on."""

import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from schedules.shop import Brand, Role
from tests.support.intake import Connected, connected
from tests.support.orders import NORTHKETTLE
from worker.celery import Postpurchase
from worker.cli.folders import read_folder, write_folder
from worker.errors import StorageUnavailableError
from worker.preview.live import EVERY_S, LiveContent, live_router
from worker.rendering.port import Content
from worker.store.content import content_of, history, load, packaged_content, publish
from worker.store.session import Database
from worker.store.shops import get_shop, update_shop
from worker.web.thread import WebThread


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Connected:
    return connected(database, tmp_path / "var")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(packaged_content(), tmp_path / "mails")
    return tmp_path / "mails"


@pytest.fixture
def live(shop: Connected, folder: Path) -> LiveContent:
    return LiveContent(shop.installation, NORTHKETTLE.slug, lambda: read_folder(folder))


@pytest.fixture
def page(shop: Connected, live: LiveContent) -> Iterator[str]:
    app = Postpurchase(shop.installation)
    web = WebThread(app, host="127.0.0.1", port=0, routers=[live_router(live)])
    web.start()
    yield f"{web.url}/preview"
    web.ask_to_stop()
    web.join()
    app.close()


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as reply:
        return str(reply.read().decode())


def revisions(shop: Connected) -> list[int]:
    with shop.installation.database.read() as session:
        return [each.number for each in history(session, get_shop(session, NORTHKETTLE.slug).id)]


def test_each_save_becomes_a_revision_and_looking_again_does_not(
    shop: Connected, live: LiveContent, folder: Path
) -> None:
    assert live.look().revision == 1
    assert live.look().version == 1
    edit(folder / "email_templates" / "follow_up" / "texts.en.yaml", "Read the guide", "Open the guide")
    assert (live.look().revision, live.look().version) == (2, 2)
    assert revisions(shop) == [2, 1]


def test_a_mistake_is_shown_with_file_and_line_and_the_shop_goes_on(
    shop: Connected, live: LiveContent, folder: Path, page: str
) -> None:
    live.look()
    edit(folder / "sequences" / "post_purchase.yaml", "send: 9 days", "send: soon")
    shown = read(page)
    assert "Not published" in shown
    assert "sequences/post_purchase.yaml:" in shown
    assert revisions(shop) == [1]
    with shop.installation.database.read() as session:
        _, content = load(session, get_shop(session, NORTHKETTLE.slug).id, None)
    assert "send: 9 days" in content.files["sequences/post_purchase.yaml"]
    edit(folder / "sequences" / "post_purchase.yaml", "send: soon", "send: 10 days")
    assert "Not published" not in read(page)
    assert revisions(shop) == [2, 1]


def test_the_page_shows_the_three_mails_as_saved_in_each_language(live: LiveContent, folder: Path, page: str) -> None:
    shown = read(page)
    assert [step in shown for step in ("confirmation", "shipping", "follow_up")] == [True] * 3
    assert "<option>de</option>" in shown
    before = read(f"{page}/version")
    edit(folder / "email_templates" / "follow_up" / "texts.en.yaml", "Read the guide", "Open the guide")
    assert "Open the guide" in read(f"{page}/follow_up")
    assert "Open the guide" not in read(f"{page}/follow_up?language=de")
    assert read(f"{page}/version") != before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_page_begins_with_the_language_of_the_shop(shop: Connected, live: LiveContent, page: str) -> None:
    assert "<option selected>en</option>" in read(page)
    with shop.installation.database.write() as session:
        update_shop(session, NORTHKETTLE.model_copy(update={"locale": "fr-BE"}))
    shown = read(page)
    assert "<option selected>fr</option>" in shown
    assert shown.count("<option selected>") == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_a_command_publishes_meanwhile_is_said_until_the_files_are_saved_again(
    shop: Connected, live: LiveContent, folder: Path, page: str
) -> None:
    """As by `content rollback`: the files lie there as they were, and the shop goes by others."""
    saved, before = live.look(), read(f"{page}/version")
    assert "goes by revision" not in read(page)
    other = content_of(dict(packaged_content().files) | {"email_templates/follow_up/preheader.txt": "Another."})
    with shop.installation.database.write() as session:
        publish(session, get_shop(session, NORTHKETTLE.slug).id, other, "elsewhere", shop.now)
    assert "The shop goes by revision 2" in read(page)
    assert (live.seen.revision, live.seen.content, read(f"{page}/version") != before) == (1, saved.content, True)
    edit(folder / "email_templates" / "follow_up" / "texts.en.yaml", "Read the guide", "Open the guide")
    assert "goes by revision" not in read(page)
    assert revisions(shop) == [3, 2, 1]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_page_follows_what_is_set_of_the_shop_meanwhile(shop: Connected, live: LiveContent, page: str) -> None:
    before, plain = read(f"{page}/version"), read(f"{page}/shipping")
    with shop.installation.database.write() as session:
        roles = {"shipping": Role.COMPANION, "follow_up": Role.OFF}
        update_shop(session, NORTHKETTLE.model_copy(update={"roles": roles, "brand": Brand(colour="#7a1f1f")}))
    shown = read(page)
    assert "1 day after the order" in shown
    assert "switched off; would go 9 days" in shown
    companion = read(f"{page}/shipping")
    assert ("#7a1f1f" in plain, "#7a1f1f" in companion) == (False, True)
    assert ("Unsubscribe" in plain, "Unsubscribe" in companion) == (False, True)
    assert read(f"{page}/version") != before


def test_a_folder_that_is_gone_is_said_and_not_published(shop: Connected, live: LiveContent, folder: Path) -> None:
    live.look()
    (folder / "email_templates").rename(folder / "elsewhere")
    assert "holds no content" in str(live.look().faults[0])
    assert revisions(shop) == [1]


def test_each_mail_says_when_it_goes_and_is_shown_in_each_of_its_situations(
    live: LiveContent, folder: Path, page: str
) -> None:
    edit(folder / "sequences" / "post_purchase.yaml", "send: 9 days ", "send: 12 days")
    shown = read(page)
    assert "12 days after the last parcel arrived, 09:00–20:00" in shown
    assert "switched off; would go 30 days after the last parcel arrived" in shown
    assert shown.count("switched off") == 1
    assert [part in shown for part in ('<a href="#follow_up">', '<figure id="follow_up">')] == [True, True]
    assert '<option value="how_is_it">how is it</option>' in shown
    plain, asked = read(f"{page}/follow_up"), read(f"{page}/follow_up?situation=how_is_it")
    assert ("You have had it" in plain, "You have had it" in asked) == (False, True)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        read(f"{page}/follow_up?situation=moon")


@pytest.mark.skipif(sys.platform != "linux", reason="the file that cannot be read is one of Linux's")
def test_a_file_that_cannot_be_read_now_is_told_and_read_once_it_can(live: LiveContent, folder: Path) -> None:
    """As while an editor puts a new file in the place of the old one."""
    before = live.look()
    odd = folder / "email_templates" / "follow_up" / "note.txt"
    odd.symlink_to("/proc/self/mem")
    [fault] = live.look().faults
    assert "email_templates/follow_up/note.txt cannot be read" in str(fault)
    odd.unlink()
    assert (live.look().faults, live.look().revision) == ((), before.revision)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # how the test ends the thread
def test_watching_goes_on_once_the_database_answers_again(sqlite_template: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "own.db").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{tmp_path / 'own.db'}", pool_size=1, patience_s=0.05)
    shop, ended = connected(database, tmp_path / "var"), threading.Event()

    def read_until_it_ends() -> Content:
        if ended.is_set():
            raise SystemExit  # ends the thread that watches
        return read_folder(folder)

    live = LiveContent(shop.installation, NORTHKETTLE.slug, read_until_it_ends)
    live.look()
    live.start()
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(database.read()).connection()
        edit(folder / "email_templates" / "follow_up" / "texts.en.yaml", "Read the guide", "Open the guide")
        with pytest.raises(StorageUnavailableError):
            live.look()
        time.sleep(3 * EVERY_S)
    while live.seen.revision < 2:
        time.sleep(EVERY_S)
    assert revisions(shop) == [2, 1]
    ended.set()
    database.close()
