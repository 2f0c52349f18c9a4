"""Who must not get mail, and of which kind."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from worker.store.hidden import hide
from worker.store.models import HiddenProduct, Suppression
from worker.store.session import insert_into
from worker.store.types import new_id

SCOPES = ("all", "marketing", "offers", "fewer")
REFUSING = frozenset({"all", "marketing"})
"""What the shop's own newsletter is to hear of."""
LINK = "link"
"""Source of what a person chose by a link of a mail."""


def held_against(session: Session, shop_id: UUID, address: str) -> Sequence[Suppression]:
    """All that is held against an address, oldest first."""
    mine = (Suppression.shop_id == shop_id, Suppression.address == address.strip().lower())
    return session.scalars(select(Suppression).where(*mine).order_by(Suppression.created_at, Suppression.scope)).all()


def sources_of(session: Session, shop_id: UUID, address: str) -> dict[str, frozenset[str]]:
    """The scopes held against an address, each with where it came from."""
    found: dict[str, frozenset[str]] = {}
    for row in held_against(session, shop_id, address):
        found[row.scope] = found.get(row.scope, frozenset()) | {row.source}
    return found


def is_refused(session: Session, shop_id: UUID, address: str) -> bool:
    """Whether marketing is refused here, by the person or for them; a bounce is nobody's wish."""
    held = held_against(session, shop_id, address)
    return any(row.scope in REFUSING and row.reason != "hard_bounce" for row in held)


def suppress(
    session: Session, shop_id: UUID, address: str, scope: str, *, reason: str, now: datetime, source: str = ""
) -> bool:
    """Holds a scope against an address; whether that is new from this source and for this reason."""
    if scope not in SCOPES:
        raise ValueError(f"no such scope: {scope}")
    row = insert_into(session, Suppression).values(
        id=new_id(),
        shop_id=shop_id,
        address=address.strip().lower(),
        scope=scope,
        reason=reason,
        source=source,
        created_at=now,
    )
    kept = row.on_conflict_do_nothing(index_elements=["shop_id", "address", "scope", "source", "reason"])
    return session.execute(kept.returning(Suppression.id)).scalar() is not None


def lift(session: Session, shop_id: UUID, address: str, scope: str, *, source: str) -> bool:
    """Takes back a scope that came from this source, for a person who changed their mind; whether there was one."""
    mine = (Suppression.shop_id == shop_id, Suppression.address == address.strip().lower(), Suppression.scope == scope)
    gone = delete(Suppression).where(*mine, Suppression.source == source).returning(Suppression.id)
    return bool(session.scalars(gone).all())


def carry_over(session: Session, shop_id: UUID, addresses: Iterable[str], to: str) -> None:
    """What a person chose by links under some of their addresses holds for another one too."""
    for address in sorted(addresses):
        for row in held_against(session, shop_id, address):
            if row.source == LINK:
                suppress(session, shop_id, to, row.scope, reason=row.reason, now=row.created_at, source=LINK)
        hidden = select(HiddenProduct).where(HiddenProduct.shop_id == shop_id, HiddenProduct.address == address)
        for each in session.scalars(hidden):
            hide(session, shop_id, to, each.product_id, now=each.created_at)
