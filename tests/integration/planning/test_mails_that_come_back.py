"""A mail that comes back although the shop has corrected the order's address meanwhile."""

from datetime import timedelta

from sqlalchemy import update

from tests.support.intake import Connected
from tests.support.shopify import order
from worker.planning.anew import replan_returned
from worker.store.models import Message


def _ordered(shop: Connected, number: int, email: str, after_s: int = 0, **fields: object) -> None:
    at = shop.now + timedelta(seconds=after_s)
    topic = "orders/updated" if after_s else "orders/create"
    shop.plan(topic, order(number, shop.now, email=email, updated_at=at.isoformat(), **fields))


def _become(shop: Connected, state: str) -> None:
    with shop.installation.database.write() as session:
        session.execute(update(Message).where(Message.occurrence == 0).values(state=state, reason=f"it is {state}"))


def _mails(shop: Connected) -> list[tuple[int, str, str | None]]:
    return [(message.occurrence, message.state, message.address) for message in shop.messages()]


def test_a_receipt_that_bounces_after_its_address_was_corrected_comes_again_once(shop: Connected) -> None:
    """Mailboxes bounce for days; by then the shop may have heard of the slip from its customer."""
    _ordered(shop, 1042, "mia@exmaple.com")
    _become(shop, "accepted")
    _ordered(shop, 1042, "mia@example.com", 30)
    assert replan_returned(shop.installation) == 0
    _become(shop, "bounced")
    for times in (1, 0):
        assert replan_returned(shop.installation) == times
        assert _mails(shop) == [(0, "bounced", "mia@exmaple.com"), (1, "scheduled", "mia@example.com")]


def test_what_came_back_from_the_address_that_the_order_has_is_left(shop: Connected) -> None:
    _ordered(shop, 1042, "mia@example.com")
    _become(shop, "bounced")
    assert replan_returned(shop.installation) == 0
    assert len(_mails(shop)) == 1


def test_a_cancelled_order_is_not_planned_over_and_over_for_what_came_back(shop: Connected) -> None:
    _ordered(shop, 1042, "mia@exmaple.com")
    _become(shop, "accepted")
    _ordered(shop, 1042, "mia@example.com", 30, cancelled_at=shop.now.isoformat())
    _become(shop, "dropped")
    assert replan_returned(shop.installation) == 0
    assert len(_mails(shop)) == 1
