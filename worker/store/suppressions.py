"""Who must not get mail, and of which kind."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from worker.store.models import Suppression
from worker.store.types import new_id

SCOPES = ("all", "marketing", "offers", "fewer")


def scopes_of(session: Session, shop_id: UUID, address: str) -> frozenset[str]:
    """The scopes held against an address."""
    mine = (Suppression.shop_id == shop_id, Suppression.address == address.strip().lower())
    return frozenset(session.scalars(select(Suppression.scope).where(*mine)))


def sources_of(session: Session, shop_id: UUID, address: str) -> dict[str, str]:
    """The scopes held against an address, each with where it came from."""
    mine = (Suppression.shop_id == shop_id, Suppression.address == address.strip().lower())
    found = session.execute(select(Suppression.scope, Suppression.source).where(*mine))
    return {row.scope: row.source for row in found}


def suppress(
    session: Session, shop_id: UUID, address: str, scope: str, *, reason: str, now: datetime, source: str = ""
) -> bool:
    """Holds a scope against an address; whether that is new."""
    if scope not in SCOPES:
        raise ValueError(f"no such scope: {scope}")
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = insert(Suppression).values(
        id=new_id(),
        shop_id=shop_id,
        address=address.strip().lower(),
        scope=scope,
        reason=reason,
        source=source,
        created_at=now,
    )
    kept = row.on_conflict_do_nothing(index_elements=["shop_id", "address", "scope"]).returning(Suppression.id)
    return session.execute(kept).scalar() is not None


def lift(session: Session, shop_id: UUID, address: str, scope: str, *, source: str) -> bool:
    """Takes back a scope that came from this source, for a person who changed their mind; whether there was one."""
    mine = (Suppression.shop_id == shop_id, Suppression.address == address.strip().lower(), Suppression.scope == scope)
    gone = delete(Suppression).where(*mine, Suppression.source == source).returning(Suppression.id)
    return session.execute(gone).scalar() is not None
