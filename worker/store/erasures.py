"""Who was erased lately, as keyed hashes: webhooks come late and in any order, and would bring them back."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from worker.store.models import Erasure, Learning
from worker.store.session import insert_into
from worker.store.suggestions import learning_of, person_of
from worker.store.types import new_id


def note_erasure(
    session: Session, shop_id: UUID, addresses: Collection[str], customer_id: str | None, now: datetime
) -> None:
    """Remembers that these people, and the one of this id of the platform, were erased now."""
    people = _hashes(learning_of(session, shop_id).person_key, addresses, customer_id)
    for person in people:
        row = insert_into(session, Erasure).values(id=new_id(), shop_id=shop_id, person=person, at=now)
        session.execute(row.on_conflict_do_update(index_elements=["shop_id", "person"], set_={"at": now}))


def erased_at(session: Session, shop_id: UUID, address: str | None, customer_id: str | None) -> datetime | None:
    """When somebody of this address or id was last erased; None: not lately."""
    some = exists().where(Erasure.shop_id == shop_id)
    key = session.scalar(select(Learning.person_key).where(Learning.shop_id == shop_id, some))
    if key is None:
        return None
    people = _hashes(key, [address] if address else [], customer_id)
    mine = (Erasure.shop_id == shop_id, Erasure.person.in_(people))
    return session.scalar(select(func.max(Erasure.at)).where(*mine))


def forget_erasures(session: Session, until: datetime) -> None:
    """Those before this moment: what was told before them comes no more."""
    session.execute(delete(Erasure).where(Erasure.at < until))


def _hashes(key: str, addresses: Iterable[str], customer_id: str | None) -> list[str]:
    named = [*addresses, f"id:{customer_id}" if customer_id else ""]
    return sorted({person_of(key, each) for each in named if each})
