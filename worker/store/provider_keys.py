"""What all workers know of the keys that mails go out with."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from worker.store.many import given_among, once, rows_of
from worker.store.models import ProviderKey
from worker.store.session import insert_into

COLUMNS = ProviderKey.__table__.columns


def list_keys(session: Session) -> Sequence[ProviderKey]:
    """Every key of which anything was heard, to look at: what is changed of them here is not written."""
    return [ProviderKey(**row._mapping) for row in rows_of(session, _all(session), {})]


def find_keys(session: Session, names: Collection[str]) -> dict[str, ProviderKey]:
    """Those of the named keys of which anything was heard, to look at."""
    if not names:
        return {}
    found = rows_of(session, _named(session), {"names": list(names)})
    return {row.id: ProviderKey(**row._mapping) for row in found}


def lock_keys(session: Session, names: Collection[str]) -> dict[str, ProviderKey]:
    """The same, to change: nobody else does until this unit ends."""
    if not names:
        return {}
    named = select(ProviderKey).where(ProviderKey.id.in_(names)).order_by(ProviderKey.id)
    fresh = named.with_for_update().execution_options(populate_existing=True)
    return {key.id: key for key in session.scalars(fresh)}


def keep_keys(session: Session, names: Collection[str], *, now: datetime) -> dict[str, ProviderKey]:
    """The named keys, made where nothing was heard of them yet; locked. `now` is business time."""
    for name in sorted(names):
        row = insert_into(session, ProviderKey).values(id=name, provider=name.partition(":")[0], updated_at=now)
        session.execute(row.on_conflict_do_nothing(index_elements=["id"]))
    return lock_keys(session, names)


@once
def _all(_session: Session) -> Select[*tuple[Any, ...]]:
    return select(*COLUMNS).order_by(ProviderKey.id)


@once
def _named(session: Session) -> Select[*tuple[Any, ...]]:
    return select(*COLUMNS).where(given_among(session, ProviderKey.id, "names"))
