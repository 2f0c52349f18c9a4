"""An address that the shop suppresses by hand, and what --undo takes back of it."""

from datetime import timedelta

import pytest

from tests.support.writing_back import ADDRESS, Subscribed
from worker.feedback.by_hand import BOUNCE, COMPLAINT, Undone, suppress_by_hand, undo_by_hand
from worker.links import Purpose
from worker.store.suppressions import sources_of, suppress


def _suppress(mia: Subscribed, scope: str = "all") -> bool:
    with mia.world.installation.database.write() as session:
        return suppress_by_hand(session, mia.world.shop_id, "Mia@Example.com", scope, mia.world.now)


def _undo(mia: Subscribed, scope: str | None = None, *also: str) -> Undone:
    with mia.world.installation.database.write() as session:
        return undo_by_hand(session, mia.world.shop_id, "Mia@Example.com", scope, mia.world.now, also=also)


def _held(mia: Subscribed) -> set[str]:
    with mia.world.installation.database.read() as session:
        return set(sources_of(session, mia.world.shop_id, ADDRESS))


def _mailbox(mia: Subscribed, reason: str, scope: str = "all") -> None:
    with mia.world.installation.database.write() as session:
        suppress(session, mia.world.shop_id, ADDRESS, scope, reason=reason, now=mia.world.now, source="sendgrid")


@pytest.mark.parametrize("scope", ["all", "marketing"])
def test_what_is_suppressed_by_hand_reaches_the_shop_and_so_does_the_way_back(mia: Subscribed, scope: str) -> None:
    assert _suppress(mia, scope)
    assert not _suppress(mia, scope)
    mia.waits()
    assert mia.heard() == ["no"]
    assert [row.scope for row in _undo(mia).lifted] == [scope]
    mia.sweep()
    assert mia.heard() == ["no", "yes"]
    assert mia.api.faults == []
    assert not _held(mia)


def test_a_mistake_that_is_undone_at_once_leaves_no_trace_at_the_shop(shopify_mia: Subscribed) -> None:
    _suppress(shopify_mia)
    _undo(shopify_mia)
    assert shopify_mia.waits(timedelta(days=2)) == 0
    assert shopify_mia.api.requests == 0


def test_no_offers_is_not_the_shops_business(shopify_mia: Subscribed) -> None:
    _suppress(shopify_mia, "offers")
    assert shopify_mia.waits(timedelta(days=1)) == 0


@pytest.mark.parametrize("is_first", [True, False])
def test_a_persons_own_refusal_outlives_what_was_done_by_hand(shopify_mia: Subscribed, is_first: bool) -> None:
    """Whichever came first: nobody is subscribed again who said no themselves."""
    mia = shopify_mia
    if is_first:
        mia.refuses()
        _suppress(mia, "marketing")
    else:
        _suppress(mia, "marketing")
        mia.refuses()
    mia.waits()
    undone = _undo(mia, None, BOUNCE, COMPLAINT)
    assert [row.source for row in undone.lifted] == ["cli"]
    assert [row.source for row in undone.kept] == ["link"]
    assert _held(mia) == {"marketing"}
    mia.waits(timedelta(days=2))
    assert set(mia.heard()) == {"no"}


def test_what_was_done_by_hand_outlives_a_persons_second_thought(shopify_mia: Subscribed) -> None:
    mia = shopify_mia
    _suppress(mia, "marketing")
    mia.refuses(Purpose.UNSUBSCRIBE)
    mia.waits()
    mia.changes_her_mind()
    mia.waits(timedelta(days=2))
    assert _held(mia) == {"marketing"}
    assert "yes" not in mia.heard()


@pytest.mark.parametrize("reason", [BOUNCE, COMPLAINT])
def test_what_a_mailbox_said_is_lifted_only_when_it_is_named(shopify_mia: Subscribed, reason: str) -> None:
    mia = shopify_mia
    _mailbox(mia, reason)
    _suppress(mia)
    assert [row.reason for row in _undo(mia).kept] == [reason]
    assert _held(mia) == {"all"}
    assert [row.reason for row in _undo(mia, None, reason).lifted] == [reason]
    assert not _held(mia)


def test_after_a_complaint_nobody_is_subscribed_again(shopify_mia: Subscribed) -> None:
    mia = shopify_mia
    _mailbox(mia, COMPLAINT)
    _suppress(mia)
    mia.waits()
    assert len(_undo(mia, None, COMPLAINT).lifted) == 2
    mia.waits(timedelta(days=2))
    assert mia.heard() == ["no"]


def test_one_scope_can_be_lifted_alone(shopify_mia: Subscribed) -> None:
    _suppress(shopify_mia, "marketing")
    _suppress(shopify_mia, "offers")
    _undo(shopify_mia, "offers")
    assert _held(shopify_mia) == {"marketing"}
