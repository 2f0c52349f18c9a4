"""What the page behind a link needs to know: whose it is, what it is about, and whether it was done already."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from schedules.shop import ShopProfile
from worker.bootstrap import Installation
from worker.feedback.people import unhappy_case_id
from worker.feedback.preferences import CHOICE_OF, Preferences, preferences_of
from worker.feedback.writing_back import tells_shop
from worker.links import LinkToken, Purpose
from worker.store.catalogue import products_of
from worker.store.hidden import is_hidden
from worker.store.models import Message, OrderRow, Shop
from worker.store.orders import facts_of
from worker.store.shops import profile_of


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whom a link was written to: the shop as they see it, their language, and how things stand.

    `product`: short title of what a HIDE link is about; empty when it is not in the catalogue any more.
    `is_done` and `may_undo`: of links that do one thing; `preferences`: of those to the preferences page.
    `shop_hears`: the shop's own newsletter stops too.
    """

    profile: ShopProfile
    locale: str
    product: str = ""
    is_done: bool = False
    may_undo: bool = False
    preferences: Preferences = field(default_factory=Preferences)
    shop_hears: bool = False


def person_behind(installation: Installation, token: LinkToken) -> Person | None:
    """Who a link belongs to; None when the mail is not known any more, or its person was erased."""
    with installation.database.read() as session:
        message = session.get(Message, token.message_id)
        if message is None or message.address is None:
            return None
        order = session.get_one(OrderRow, message.order_id)
        profile = profile_of(session.get_one(Shop, message.shop_id))
        is_done, may_undo = _state(session, message, order, token)
        return Person(
            profile=profile,
            locale=str(order.pinned.get("locale") or profile.locale),
            product=_product(session, message, token) if token.purpose is Purpose.HIDE else "",
            is_done=is_done,
            may_undo=may_undo,
            preferences=preferences_of(session, message),
            shop_hears=tells_shop(session, message.shop_id, message.address),
        )


def _product(session: Session, message: Message, token: LinkToken) -> str:
    product = products_of(session, message.shop_id, [token.extra], "").get(token.extra)
    return (product.short_title or product.title) if product else ""


def _state(session: Session, message: Message, order: OrderRow, token: LinkToken) -> tuple[bool, bool]:
    """Whether it was done, and whether it can be taken back here."""
    if token.purpose in CHOICE_OF:
        return False, False
    if token.purpose is Purpose.HIDE:
        hidden = is_hidden(session, message.shop_id, message.address or "", token.extra)
        return hidden, hidden
    if token.purpose is Purpose.FEEDBACK_NO:
        cases = facts_of(order).cases
        is_open = any(case.id == unhappy_case_id(message) and not case.closed for case in cases)
        return is_open, is_open
    return message.details.get("feedback") == "happy", False
