"""Unsubscribing and refusing offers: GET shows, POST acts."""

import socket
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from schedules.lifecycle import State
from tests.integration.links.conftest import ADDRESS, Mailed
from tests.support.dispatching import delivered_facts
from tests.support.processes import wait_until
from worker.dispatch.service import deliver_batch
from worker.links import PAGES, Purpose
from worker.store.models import OrderRow
from worker.store.suppressions import suppress

ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"
BOUNDARY = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
BODIES = {
    "urlencoded": (ONE_CLICK, FORM),
    "multipart": (BOUNDARY, "multipart/form-data; boundary=b"),
    "multipart without a boundary": (BOUNDARY, "multipart/form-data"),
    "nothing": (b"", ""),
    "something else": (b"{", "application/json"),
}


@pytest.mark.parametrize("purpose", PAGES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_a_link_changes_nothing(mailed: Mailed, purpose: Purpose, method: str) -> None:
    before = mailed.order().version
    for query in ("", "?undo=1", "?choice=fewer", "?choice=receipts&undo=1"):
        assert mailed.get(mailed.link(purpose, "product-9") + query, method=method).status == 200
    assert mailed.scopes() == frozenset()
    assert mailed.order().version == before
    assert mailed.world.message(mailed.message_id).details == {}


@pytest.mark.parametrize("body", list(BODIES))
def test_one_click_unsubscribes_whatever_the_body_is(mailed: Mailed, body: str) -> None:
    answer = mailed.post(mailed.link(Purpose.UNSUBSCRIBE), *BODIES[body])
    assert answer.status == 200
    assert "set-cookie" not in answer.headers
    assert mailed.scopes() == {"marketing"}


@pytest.mark.parametrize("query", ["?undo=", "?undo=no+idea", "?undo=0&undo=x", "?choice=", "?utm_source=mail"])
def test_one_click_unsubscribes_whatever_was_added_to_its_link(mailed: Mailed, query: str) -> None:
    assert mailed.post(mailed.link(Purpose.UNSUBSCRIBE) + query, ONE_CLICK, FORM).status == 200
    assert mailed.scopes() == {"marketing"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sent", [ONE_CLICK, ONE_CLICK[:9]], ids=["whole", "cut"])
def test_one_click_unsubscribes_also_if_its_sender_hangs_up_before_the_answer(mailed: Mailed, sent: bytes) -> None:
    link = urlsplit(mailed.link(Purpose.UNSUBSCRIBE))
    head = f"POST {link.path} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {len(ONE_CLICK)}\r\n\r\n"
    with socket.create_connection((link.hostname or "", link.port or 0)) as sender:
        sender.sendall(head.encode() + sent)
    wait_until(lambda: mailed.scopes() == {"marketing"}, "unsubscribed", timeout_s=20)


def test_unsubscribing_twice_is_unsubscribing_once(mailed: Mailed) -> None:
    pages = [mailed.post(mailed.link(Purpose.UNSUBSCRIBE), ONE_CLICK, FORM).page for _ in range(2)]
    assert pages[0] == pages[1]
    assert mailed.scopes() == {"marketing"}


def test_refusing_offers_leaves_marketing_mails_alone(mailed: Mailed) -> None:
    assert mailed.post(mailed.link(Purpose.OFFERS)).status == 200
    assert mailed.scopes() == {"offers"}


def test_a_changed_mind_takes_it_back(mailed: Mailed) -> None:
    link = mailed.link(Purpose.UNSUBSCRIBE)
    done = mailed.post(link)
    assert 'action="?choice=receipts&amp;undo=1"' in done.page
    back = mailed.post(f"{link}?choice=receipts&undo=1")
    assert "Unsubscribe?" in back.page
    assert mailed.scopes() == frozenset()


def test_the_page_shows_how_things_stand(mailed: Mailed) -> None:
    link = mailed.link(Purpose.UNSUBSCRIBE)
    mailed.post(link)
    assert "You are unsubscribed" in mailed.get(link).page


def test_what_the_shop_itself_refused_is_not_lifted_by_a_link(mailed: Mailed) -> None:
    world = mailed.world
    with world.installation.database.write() as session:
        held = {"reason": "complaint", "now": world.now, "source": "provider"}
        suppress(session, world.shop_id, ADDRESS, "marketing", **held)
    link = mailed.link(Purpose.UNSUBSCRIBE)
    assert "undo" not in mailed.get(link).page.split("</style>")[1]
    mailed.post(f"{link}?undo=1")
    assert mailed.scopes() == {"marketing"}


def test_after_unsubscribing_receipts_go_on_without_an_offer_and_the_follow_up_is_skipped(mailed: Mailed) -> None:
    world = mailed.world
    mailed.post(mailed.link(Purpose.UNSUBSCRIBE), ONE_CLICK, FORM)
    receipt = world.add_message("confirmation")
    deliver_batch(world.installation)
    assert world.state(receipt) is State.ACCEPTED
    assert world.renderer.inputs[-1].offer is None
    world.become(delivered_facts(world.now))
    pending = world.add_message("follow_up", occurrence=2, expires_at=world.now + timedelta(days=2))
    deliver_batch(world.installation)
    assert world.state(pending) is State.SKIPPED
    assert "unsubscribed" in world.message(pending).reason


@pytest.mark.parametrize("token", ["nope", "WyJ1Il0.AAAA", "%00", "a" * 3000])
@pytest.mark.parametrize("path", ["u", "o", "f"])
def test_a_link_we_did_not_write_gets_a_friendly_page(mailed: Mailed, path: str, token: str) -> None:
    for answer in (mailed.get(f"{mailed.url}/{path}/{token}"), mailed.post(f"{mailed.url}/{path}/{token}")):
        assert answer.status == 404
        assert "This link does not work" in answer.page


def test_a_link_on_another_path_is_none_of_ours(mailed: Mailed) -> None:
    moved = mailed.link(Purpose.UNSUBSCRIBE).replace("/u/", "/f/")
    assert mailed.post(moved).status == 404
    assert mailed.scopes() == frozenset()


def test_a_broken_link_speaks_the_browsers_language(mailed: Mailed) -> None:
    for accepted in ("en;q=0.1, de-AT", "th, de;q=0.7, *;q=0.5"):
        answer = mailed.get(f"{mailed.url}/u/nope", **{"Accept-Language": accepted})
        assert "Dieser Link funktioniert nicht" in answer.page


def test_the_mail_of_an_erased_person_is_not_known_any_more(mailed: Mailed) -> None:
    mailed.world.change(mailed.message_id, address=None)
    assert mailed.get(mailed.link(Purpose.UNSUBSCRIBE)).status == 404
    assert mailed.post(mailed.link(Purpose.UNSUBSCRIBE)).status == 404


def test_the_page_is_the_shops_in_the_customers_language_and_loads_nothing(mailed: Mailed) -> None:
    world = mailed.world
    with world.installation.database.write() as session:
        order = session.get_one(OrderRow, world.order_id)
        order.pinned = order.pinned | {"locale": "de-CH"}
    answer = mailed.get(mailed.link(Purpose.UNSUBSCRIBE))
    assert '<html lang="de">' in answer.page
    assert "Northkettle" in answer.page
    assert "#1f5c4a" in answer.page
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not any(loader in answer.page for loader in ("<script", "src=", "<link", "@import", "url("))
