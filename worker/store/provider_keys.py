"""What all workers know of the keys that mails go out with."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from worker.store.models import ProviderKey
from worker.store.session import insert_into

ALL = select(ProviderKey).order_by(ProviderKey.id)
NAMED = ALL.where(ProviderKey.id.in_(bindparam("names", expanding=True)))
LOCKED = NAMED.with_for_update().execution_options(populate_existing=True)


def list_keys(session: Session) -> Sequence[ProviderKey]:
    """Every key of which anything was heard."""
    return session.scalars(ALL).all()


def find_keys(session: Session, names: Collection[str], *, lock: bool = False) -> dict[str, ProviderKey]:
    """Those of the named keys of which anything was heard. `lock`: nobody else changes them until this unit ends."""
    if not names:
        return {}
    return {key.id: key for key in session.scalars(LOCKED if lock else NAMED, {"names": sorted(names)})}


def keep_keys(session: Session, names: Collection[str], *, now: datetime) -> dict[str, ProviderKey]:
    """The named keys, made where nothing was heard of them yet; locked. `now` is business time."""
    for name in sorted(names):
        row = insert_into(session, ProviderKey).values(id=name, provider=name.partition(":")[0], updated_at=now)
        session.execute(row.on_conflict_do_nothing(index_elements=["id"]))
    return find_keys(session, names, lock=True)
