"""Counted links: they lead on whatever happens, and people's clicks are kept apart from machines'."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import structlog
from itsdangerous import Signer
from itsdangerous.encoding import base64_encode
from sqlalchemy import select, text

from tests.integration.links.conftest import Answer, Mailed
from tests.unit.feedback.test_machines import SAFARI
from worker.delivery.port import NO_MESSAGE
from worker.feedback.clicks import AT_ONCE, BREATH, SOON, record_click
from worker.links import CLICK_SALT, ClickToken, LinkKind, Purpose, Target
from worker.store.models import Click
from worker.store.session import Database

KETTLE = Target(LinkKind.PRODUCT, "https://northkettle.example/discount/MIA?redirect=/kettle%20a&b=ä", "product-9")
OTHERS = [Target(LinkKind.PRODUCT, f"https://northkettle.example/{number}", str(number)) for number in range(AT_ONCE)]
PATIENCE_S = 10


def tap(mailed: Mailed, target: Target = KETTLE, *, method: str = "GET", agent: str = SAFARI, **headers: str) -> Answer:
    """Follows a link as a browser does, until it is counted."""
    before = sum(raw for raw, _ in clicks(mailed).values())
    link = mailed.world.installation.links.counted(mailed.message_id, target, base=mailed.url)
    answer = mailed.get(link, method=method, **{"User-Agent": agent}, **headers)
    until = time.monotonic() + PATIENCE_S
    while sum(raw for raw, _ in clicks(mailed).values()) == before and time.monotonic() < until:
        time.sleep(0.01)
    return answer


def count(mailed: Mailed, target: Target, machine: str = "") -> None:
    """Counts at once, without the way over the network."""
    record_click(mailed.world.installation, ClickToken(mailed.message_id, target), machine)


def clicks(mailed: Mailed) -> dict[str, tuple[int, int]]:
    """All fetches and human ones, by product."""
    with mailed.world.installation.database.read() as session:
        return {row.ref: (row.raw, row.human) for row in session.scalars(select(Click))}


def test_a_tap_leads_into_the_shop_and_is_counted(mailed: Mailed) -> None:
    answer = tap(mailed)
    assert answer.status == 302
    assert answer.headers["location"] == "https://northkettle.example/discount/MIA?redirect=/kettle%20a&b=%C3%A4"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "set-cookie" not in answer.headers
    assert clicks(mailed) == {"product-9": (1, 1)}


def test_machines_are_led_on_too_and_counted_apart(mailed: Mailed) -> None:
    answers = [
        tap(mailed, method="HEAD"),
        tap(mailed, agent="curl/8.5.0"),
        tap(mailed, **{"Sec-Purpose": "prefetch"}),
    ]
    assert [answer.status for answer in answers] == [302] * 3
    assert clicks(mailed) == {"product-9": (3, 0)}


def test_a_link_that_we_did_not_write_leads_nowhere(mailed: Mailed) -> None:
    """Forged, cut, of another purpose, and signed but for no address of the web."""
    links = mailed.world.installation.links
    good = links.counted(mailed.message_id, KETTLE, base=mailed.url)
    hide = mailed.link(Purpose.HIDE, "https://evil.example").replace("/o/", "/c/")
    said = b"c" + mailed.message_id.bytes + b"shop\0\0javascript:alert(1)"
    script = Signer(["a test's secret key"], salt=CLICK_SALT).sign(base64_encode(said)).decode()
    for link in (f"{good[:-3]}AAA", good[:-9], hide, f"{mailed.url}/c/{script}", good.replace("/c/", "/o/")):
        for method in ("GET", "HEAD"):
            answer = mailed.get(link, method=method, **{"User-Agent": SAFARI})
            assert answer.status == 404, link
            assert "location" not in answer.headers
    assert "This link does not work" in mailed.get(f"{good[:-3]}AAA").page
    assert clicks(mailed) == {}


def test_the_customer_reaches_the_shop_while_the_database_is_away(
    mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    link = mailed.world.installation.links.counted(mailed.message_id, KETTLE, base=mailed.url)
    with structlog.testing.capture_logs() as logs:
        monkeypatch.setattr(mailed.world.installation.database, "engine", away.engine)
        assert mailed.get(link, **{"User-Agent": SAFARI}).status == 302
        until = time.monotonic() + PATIENCE_S
        while not logs and time.monotonic() < until:
            time.sleep(0.01)
        monkeypatch.undo()
    assert [line["event"] for line in logs] == ["feedback.click.lost"]
    assert "northkettle" not in repr(logs)
    assert clicks(mailed) == {}


def test_a_double_tap_is_one_click_and_a_later_one_another(mailed: Mailed) -> None:
    count(mailed, KETTLE)
    count(mailed, KETTLE)
    assert clicks(mailed) == {"product-9": (2, 1)}
    mailed.world.pass_time(timedelta(minutes=5))
    count(mailed, KETTLE)
    assert clicks(mailed) == {"product-9": (3, 2)}


def test_nobody_taps_within_seconds_of_the_sending(mailed: Mailed) -> None:
    mailed.world.change(mailed.message_id, accepted_at=mailed.world.now - SOON / 2)
    count(mailed, KETTLE)
    assert clicks(mailed) == {"product-9": (1, 0)}
    mailed.world.change(mailed.message_id, accepted_at=None, state="attempting")
    count(mailed, KETTLE)
    assert clicks(mailed) == {"product-9": (2, 0)}
    mailed.world.change(mailed.message_id, accepted_at=mailed.world.now - SOON, state="accepted")
    count(mailed, KETTLE)
    assert clicks(mailed) == {"product-9": (3, 1)}


def test_many_links_in_one_breath_are_a_machine_and_what_had_counted_is_taken_back(mailed: Mailed) -> None:
    """A person's click before and one after it stay."""
    count(mailed, OTHERS[0])
    mailed.world.pass_time(timedelta(hours=1))
    for target in OTHERS[:-1]:
        count(mailed, target)
    assert clicks(mailed) == {"0": (2, 2), "1": (1, 1)}
    count(mailed, OTHERS[-1])
    assert clicks(mailed) == {"0": (2, 1), "1": (1, 0), "2": (1, 0)}
    count(mailed, OTHERS[0])
    mailed.world.pass_time(BREATH * 2)
    count(mailed, OTHERS[1])
    assert clicks(mailed) == {"0": (3, 1), "1": (2, 1), "2": (1, 0)}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_first_click_of_a_person_is_kept_and_one_that_is_taken_back_was_none(mailed: Mailed) -> None:
    def first_at() -> dict[str, datetime | None]:
        with mailed.world.installation.database.read() as session:
            return {row.ref: row.human_first_at for row in session.scalars(select(Click))}

    for target in OTHERS:
        count(mailed, target)
    assert first_at() == {target.ref: None for target in OTHERS}
    mailed.world.pass_time(timedelta(hours=1))
    count(mailed, OTHERS[0])
    kept = first_at()[OTHERS[0].ref]
    assert kept is not None
    mailed.world.pass_time(timedelta(hours=1))
    count(mailed, OTHERS[0])
    assert first_at()[OTHERS[0].ref] == kept


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_of_clicks_that_an_earlier_version_counted_the_first_it_kept_is_the_first(mailed: Mailed) -> None:
    count(mailed, OTHERS[0])
    with mailed.world.installation.database.write() as session:
        known = session.scalars(select(Click)).one()
        known.human_first_at, first = None, known.human_at
    mailed.world.pass_time(timedelta(hours=1))
    count(mailed, OTHERS[0])
    with mailed.world.installation.database.read() as session:
        assert session.scalars(select(Click.human_first_at)).one() == first


def test_links_fetched_at_the_same_moment_see_each_other(mailed: Mailed) -> None:
    """Over the network too, as a guard of a mailbox opens them."""
    with ThreadPoolExecutor(len(OTHERS)) as guard:
        list(guard.map(lambda target: count(mailed, target), OTHERS))
    assert clicks(mailed) == {target.ref: (1, 0) for target in OTHERS}
    mailed.world.pass_time(BREATH * 2)
    links = [mailed.world.installation.links.counted(mailed.message_id, target, base=mailed.url) for target in OTHERS]
    with ThreadPoolExecutor(len(OTHERS)) as guard:
        list(guard.map(lambda link: mailed.get(link, **{"User-Agent": SAFARI}), links))
    until = time.monotonic() + PATIENCE_S
    while sum(raw for raw, _ in clicks(mailed).values()) < 2 * len(OTHERS) and time.monotonic() < until:
        time.sleep(0.01)
    assert clicks(mailed) == {target.ref: (2, 0) for target in OTHERS}


def test_however_often_links_are_fetched_there_is_one_row_for_each(mailed: Mailed) -> None:
    for _ in range(20):
        count(mailed, KETTLE, "no browser")
    with mailed.world.installation.database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM click")) == 1
    assert clicks(mailed) == {"product-9": (20, 0)}


def test_links_of_test_mails_and_of_erased_people_lead_on_and_count_for_nobody(mailed: Mailed) -> None:
    links = mailed.world.installation.links
    test = links.counted(NO_MESSAGE, KETTLE, base=mailed.url)
    assert mailed.get(test, **{"User-Agent": SAFARI}).status == 302
    mailed.world.change(mailed.message_id, address=None)
    count(mailed, KETTLE)
    assert mailed.get(links.counted(mailed.message_id, KETTLE, base=mailed.url)).status == 302
    assert clicks(mailed) == {}
