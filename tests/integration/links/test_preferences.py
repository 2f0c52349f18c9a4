"""The preferences page behind an unsubscribe link, and what its choices do to mails."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from schedules.lifecycle import State
from tests.integration.links.conftest import ADDRESS, Mailed
from tests.support.dispatching import delivered_facts
from tests.support.writing_back import connect
from worker.dispatch.service import deliver_batch
from worker.links import Purpose
from worker.store.models import OrderRow, Shop, Suppression
from worker.store.suppressions import suppress

SWITCH = re.compile(r'aria-checked="(true|false)"( disabled)?>\s*<span class="words"><span class="name">([^<]+)<')


def _switches(page: str) -> dict[str, bool]:
    return {name: state == "true" for state, _, name in SWITCH.findall(page)}


def _hold(mailed: Mailed, scope: str) -> None:
    world = mailed.world
    with world.installation.database.write() as session:
        suppress(session, world.shop_id, ADDRESS, scope, reason="manual", now=world.now, source="cli")


@pytest.mark.parametrize(
    ("purpose", "choice", "scope"),
    [
        (Purpose.UNSUBSCRIBE, "fewer", "fewer"),
        (Purpose.UNSUBSCRIBE, "offers", "offers"),
        (Purpose.UNSUBSCRIBE, "receipts", "marketing"),
        (Purpose.OFFERS, "fewer", "fewer"),
        (Purpose.OFFERS, "offers", "offers"),
        (Purpose.OFFERS, "receipts", "marketing"),
    ],
)
def test_each_choice_is_made_and_taken_back_behind_each_link(
    mailed: Mailed, purpose: Purpose, choice: str, scope: str
) -> None:
    link = mailed.link(purpose)
    made = mailed.post(f"{link}?choice={choice}")
    assert (made.status, mailed.scopes()) == (200, {scope})
    assert "set-cookie" not in made.headers
    assert f'action="?choice={choice}&amp;undo=1"' in made.page
    back = mailed.post(f"{link}?choice={choice}&undo=1")
    assert (back.status, mailed.scopes()) == (200, frozenset())
    assert f'action="?choice={choice}"' in back.page


def test_the_reason_of_each_choice_is_kept(mailed: Mailed) -> None:
    for choice in ("fewer", "offers", "receipts"):
        mailed.post(mailed.link(Purpose.UNSUBSCRIBE) + f"?choice={choice}")
    with mailed.world.installation.database.read() as session:
        reasons = {row.scope: (row.reason, row.source) for row in session.scalars(select(Suppression))}
    assert reasons == {
        "fewer": ("fewer_mails", "link"),
        "offers": ("no_offers", "link"),
        "marketing": ("unsubscribed", "link"),
    }


def test_choices_stand_beside_one_another_and_the_page_shows_them(mailed: Mailed) -> None:
    link = mailed.link(Purpose.UNSUBSCRIBE)
    assert _switches(mailed.get(link).page) == {"Fewer emails": False, "No offers in order emails": False}
    mailed.post(f"{link}?choice=fewer")
    page = mailed.post(f"{link}?choice=offers").page
    assert "Saved" in page
    assert _switches(page) == {"Fewer emails": True, "No offers in order emails": True}
    behind_the_other_link = mailed.get(mailed.link(Purpose.OFFERS)).page
    assert "Saved" not in behind_the_other_link
    assert _switches(behind_the_other_link) == {"Fewer emails": True, "Nothing but receipts": False}


def test_who_wants_nothing_but_receipts_has_nothing_else_to_choose_until_they_come_back(mailed: Mailed) -> None:
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.OFFERS):
        link = mailed.link(purpose)
        mailed.post(f"{link}?choice=fewer")
        assert _switches(mailed.post(f"{link}?choice=receipts").page) == {}
        assert "You are unsubscribed" in mailed.get(link).page
        back = mailed.post(f"{link}?choice=receipts&undo=1").page
        assert _switches(back)["Fewer emails"]


def test_a_choice_that_is_none_changes_nothing(mailed: Mailed) -> None:
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.HIDE):
        for word in ("everything", "all", "marketing", "%27"):
            assert mailed.post(mailed.link(Purpose.UNSUBSCRIBE) + f"?choice={word}").status == 200
        assert mailed.post(mailed.link(purpose, "product-9") + "?choice=nonsense").status == 200
    assert mailed.scopes() == frozenset()


def test_a_choice_that_the_shop_made_cannot_be_switched_off(mailed: Mailed) -> None:
    _hold(mailed, "offers")
    link = mailed.link(Purpose.UNSUBSCRIBE)
    [offers] = [found for found in SWITCH.findall(mailed.get(link).page) if found[2] == "No offers in order emails"]
    assert offers[:2] == ("true", " disabled")
    mailed.post(f"{link}?choice=offers&undo=1")
    assert mailed.scopes() == {"offers"}


def test_an_address_that_gets_nothing_at_all_is_told_so_and_has_no_buttons(mailed: Mailed) -> None:
    _hold(mailed, "all")
    page = mailed.get(mailed.link(Purpose.UNSUBSCRIBE)).page
    assert "No more emails" in page
    assert "<button" not in page


def test_the_page_says_that_the_shops_newsletter_stops_too_where_the_shop_is_told(mailed: Mailed) -> None:
    link = mailed.link(Purpose.UNSUBSCRIBE)
    assert "newsletter" not in mailed.post(link).page
    mailed.post(f"{link}?undo=1")
    connect(mailed.world, "shopify", "https://northkettle.myshopify.example")
    assert "own newsletter stops too, within the hour" in mailed.post(link).page
    assert "newsletter" not in mailed.post(f"{link}?undo=1").page


@pytest.mark.parametrize(("customers", "shops"), [("de-DE", "en"), ("th", "de-AT")])
def test_the_page_speaks_the_customers_language_else_that_of_the_shop(
    mailed: Mailed, customers: str, shops: str
) -> None:
    """As the mail does that led here."""
    world = mailed.world
    with world.installation.database.write() as session:
        order, shop = session.get_one(OrderRow, world.order_id), session.get_one(Shop, world.shop_id)
        order.pinned, shop.profile = order.pinned | {"locale": customers}, shop.profile | {"locale": shops}
    page = mailed.post(mailed.link(Purpose.UNSUBSCRIBE) + "?choice=fewer").page
    assert _switches(page) == {"Weniger Mails": True, "Keine Angebote in Bestellmails": False}
    assert "Gespeichert" in page


def _sent_before(mailed: Mailed, ago: timedelta) -> None:
    world = mailed.world
    at = world.now - ago
    world.change(mailed.message_id, state="delivered", accepted_at=at, updated_at=at)


@pytest.mark.parametrize(("days", "state"), [(29, State.SCHEDULED), (31, State.ACCEPTED)])
def test_fewer_mails_is_at_most_one_marketing_mail_in_30_days(mailed: Mailed, days: int, state: State) -> None:
    world = mailed.world
    _sent_before(mailed, timedelta(days=days))
    world.become(delivered_facts(world.now))
    mailed.post(mailed.link(Purpose.UNSUBSCRIBE) + "?choice=fewer")
    next_one = world.add_message("follow_up", occurrence=2, expires_at=world.now + timedelta(days=5))
    deliver_batch(world.installation)
    assert world.state(next_one) is state


def test_fewer_mails_leaves_receipts_and_their_offers_alone(mailed: Mailed) -> None:
    world = mailed.world
    _sent_before(mailed, timedelta(days=2))
    mailed.post(mailed.link(Purpose.UNSUBSCRIBE) + "?choice=fewer")
    receipt = world.add_message("confirmation")
    deliver_batch(world.installation)
    assert world.state(receipt) is State.ACCEPTED


def test_a_follow_up_whose_window_ends_before_the_30_days_expires_and_says_why(mailed: Mailed) -> None:
    world = mailed.world
    _sent_before(mailed, timedelta(days=10))
    world.become(delivered_facts(world.now))
    mailed.post(mailed.link(Purpose.UNSUBSCRIBE) + "?choice=fewer")
    late = world.add_message("follow_up", occurrence=2, expires_at=world.now + timedelta(days=5))
    deliver_batch(world.installation)
    assert world.state(late) is State.EXPIRED
    assert "asked for at most one such mail in 30 days" in world.message(late).reason
