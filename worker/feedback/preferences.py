"""Which mails a person wants from a shop: three ways to get less, each taken back where it was said.

Each choice is a suppression with a scope of its own; the gate reads them at the moment of sending.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from worker.feedback.writing_back import tell_refusal, tell_second_thought
from worker.links import LinkToken, Purpose
from worker.store.models import Message
from worker.store.orders import addresses_of_person
from worker.store.suppressions import LINK, lift, sources_of, suppress


class Choice(StrEnum):
    FEWER = "fewer"  # at most one marketing mail in 30 days
    OFFERS = "offers"  # order mails without products and codes
    RECEIPTS = "receipts"  # nothing but mails about orders, without products and codes


SCOPES = {Choice.FEWER: "fewer", Choice.OFFERS: "offers", Choice.RECEIPTS: "marketing"}
REASONS = {Choice.FEWER: "fewer_mails", Choice.OFFERS: "no_offers", Choice.RECEIPTS: "unsubscribed"}
CHOICE_OF = {Purpose.UNSUBSCRIBE: Choice.RECEIPTS, Purpose.OFFERS: Choice.OFFERS}
"""What a link stands for by itself: a mailbox's one-click POST names no choice."""


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What a person said. `made`: the choices that hold; `fixed`: those of them that no link takes back.

    `is_silent`: nothing at all is sent to the address, because it bounced, complained, or the shop said so.
    """

    made: frozenset[Choice] = frozenset()
    fixed: frozenset[Choice] = frozenset()
    is_silent: bool = False


def preferences_of(session: Session, message: Message) -> Preferences:
    """How things stand for the person of a message."""
    sources = sources_of(session, message.shop_id, message.address or "")
    made = {choice: sources[scope] for choice, scope in SCOPES.items() if scope in sources}
    return Preferences(
        made=frozenset(made),
        fixed=frozenset(choice for choice, found in made.items() if found != {LINK}),
        is_silent="all" in sources,
    )


def choose(session: Session, message: Message, choice: Choice, now: datetime, *, undo: bool) -> bool:
    """Makes a choice, or takes back one that was made by a link; whether anything changed.

    It is the person's: it holds for all addresses that the platform knows them by.
    """
    mine = addresses_of_person(session, message.shop_id, message.address or "")
    changed = [_chosen(session, message.shop_id, address, choice, now, undo=undo) for address in mine]
    return any(changed)


def _chosen(session: Session, shop_id: UUID, address: str, choice: Choice, now: datetime, *, undo: bool) -> bool:
    scope = SCOPES[choice]
    if undo:
        changed = lift(session, shop_id, address, scope, source=LINK)
    else:
        changed = suppress(session, shop_id, address, scope, reason=REASONS[choice], now=now, source=LINK)
    if changed and choice is Choice.RECEIPTS:
        (tell_second_thought if undo else tell_refusal)(session, shop_id, address, now)
    return changed


def choice_meant(token: LinkToken, said: str) -> Choice | None:
    """The choice a POST stands for: the one it names, else the link's own; None for any other link or word."""
    if token.purpose not in CHOICE_OF:
        return None
    if not said:
        return CHOICE_OF[token.purpose]
    return Choice(said) if said in set(Choice) else None
