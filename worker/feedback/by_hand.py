"""What a shop does to an address by hand: no more mail, or mail again.

A person's own refusal is theirs: only they take it back, where they said it. What a mailbox said, a bounce or a
complaint, is lifted when that is asked for by name.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from worker.feedback.writing_back import tell_refusal, tell_second_thought
from worker.store.models import Suppression
from worker.store.suppressions import REFUSING, held_against, suppress

SOURCE, MANUAL = "cli", "manual"
BOUNCE, COMPLAINT = "hard_bounce", "complaint"


@dataclass(frozen=True, kw_only=True)
class Undone:
    """What was held against an address, oldest first: what is lifted, and what still holds."""

    lifted: tuple[Suppression, ...]
    kept: tuple[Suppression, ...]


def suppress_by_hand(session: Session, shop_id: UUID, address: str, scope: str, now: datetime) -> bool:
    """Holds a scope against an address, and lets the shop hear of it as of any refusal; whether that is new."""
    person = address.strip().lower()
    changed = suppress(session, shop_id, person, scope, reason=MANUAL, now=now, source=SOURCE)
    if changed and scope in REFUSING:
        tell_refusal(session, shop_id, person, now)
    return changed


def undo_by_hand(
    session: Session, shop_id: UUID, address: str, scope: str | None, now: datetime, *, also: Collection[str] = ()
) -> Undone:
    """Lifts what was held by hand, of one scope or of all; with `also`, what a mailbox said, by its reason.

    The shop hears of it as of any second thought, but not after a complaint: to that person it was no mistake of ours.
    """
    person = address.strip().lower()
    held = held_against(session, shop_id, person)
    lifted = tuple(row for row in held if row.reason in {MANUAL, *also} and scope in (None, row.scope))
    for row in lifted:
        session.delete(row)
    session.flush()
    reasons = {row.reason for row in lifted if row.scope in REFUSING}
    if MANUAL in reasons and COMPLAINT not in reasons:
        tell_second_thought(session, shop_id, person, now)
    return Undone(lifted=lifted, kept=tuple(row for row in held if row not in lifted))
