"""The to-dos of refusals that shops are to hear of: wished, claimed, finished. Claims run on the database's clock."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, literal_column, select, update
from sqlalchemy.orm import Session

from schedules.facts import ConsentState
from worker.store.models import CustomerRow, OrderRow, Source, WriteBack
from worker.store.orders import facts_of
from worker.store.session import insert_into
from worker.store.to_dos import claim_to_do
from worker.store.types import new_id

MOST_ORDERS = 20

_PENDING = WriteBack.state == literal_column("'pending'")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person wants their shop to hear. `due_at`: not before, business time."""

    shop_id: UUID
    address: str
    wanted: ConsentState
    now: datetime
    due_at: datetime


def wish(session: Session, source: Source, wanted: Wish, *, was: ConsentState) -> None:
    """Notes the wish for one source; a newer one takes the place of an older."""
    fresh: dict[str, Any] = {
        "wanted": wanted.wanted.value,
        "state": "pending",
        "note": "",
        "wanted_at": wanted.now,
        "due_at": wanted.due_at,
        "was": was.value,
        "tries": 0,
        "setbacks": 0,
        "first_tried_at": None,
        "tried_at": None,
        "done_at": None,
    }
    whose = {"shop_id": wanted.shop_id, "source_id": source.id, "address": wanted.address}
    row = insert_into(session, WriteBack).values(id=new_id(), claims=0, **whose, **fresh)
    session.execute(row.on_conflict_do_update(index_elements=["source_id", "address"], set_=fresh))


def find_write_back(session: Session, source_id: UUID, address: str) -> WriteBack | None:
    """The to-do for one source and person, locked until the unit ends."""
    mine = select(WriteBack).where(WriteBack.source_id == source_id, WriteBack.address == address)
    return session.scalars(mine.with_for_update().execution_options(populate_existing=True)).one_or_none()


def claim_write_back(session: Session, source_ids: Collection[UUID], now: datetime) -> WriteBack | None:
    """A due to-do of these sources, none of whose others is being worked on; the longest untried first."""
    return claim_to_do(session, WriteBack, _PENDING, source_ids, now)


def finish_write_back(session: Session, row: WriteBack, **values: Any) -> bool:
    """Ends a claim with these values; False when a newer wish came meanwhile, which then stands."""
    mine: tuple[ColumnElement[bool], ...] = (WriteBack.id == row.id, WriteBack.claims == row.claims)
    same = (*mine, WriteBack.wanted_at == row.wanted_at, _PENDING)
    done = session.scalar(update(WriteBack).where(*same).values(claimed_until=None, **values).returning(WriteBack.id))
    session.execute(update(WriteBack).where(*mine).values(claimed_until=None))
    return done is not None


def postpone_source(session: Session, source_id: UUID, *, until: datetime) -> None:
    """Lets everything that is to go to this source wait: what one of them met, the others would meet too."""
    mine = (_PENDING, WriteBack.source_id == source_id)
    session.execute(update(WriteBack).where(*mine).values(setbacks=WriteBack.setbacks + 1))
    session.execute(update(WriteBack).where(*mine, WriteBack.due_at < until).values(due_at=until))


def note_success(session: Session, source_id: UUID) -> None:
    """The source takes what it is told: its failures in a row are over."""
    mine = (_PENDING, WriteBack.source_id == source_id, WriteBack.setbacks > 0)
    session.execute(update(WriteBack).where(*mine).values(setbacks=0))


def wake_source(session: Session, source_id: UUID, now: datetime) -> None:
    """Tries what waits for this source at once: somebody has mended its access."""
    mine = (_PENDING, WriteBack.source_id == source_id, WriteBack.setbacks > 0)
    values = {"due_at": now, "setbacks": 0, "tries": 0, "first_tried_at": None, "tried_at": None}
    session.execute(update(WriteBack).where(*mine).values(values))


def forget_write_backs(session: Session, shop_id: UUID, addresses: Sequence[str]) -> None:
    session.execute(delete(WriteBack).where(WriteBack.shop_id == shop_id, WriteBack.address.in_(addresses)))


def count_write_backs(session: Session, source_id: UUID) -> dict[str, int]:
    """How many to-dos a source has in each state."""
    counts = select(WriteBack.state, func.count()).where(WriteBack.source_id == source_id).group_by(WriteBack.state)
    return {row[0]: row[1] for row in session.execute(counts)}


def platform_ids(session: Session, row: WriteBack) -> tuple[str | None, tuple[str, ...]]:
    """The platform's id of a person, and of their newest orders from this source."""
    orders = select(OrderRow).where(OrderRow.source_id == row.source_id, OrderRow.address == row.address)
    newest = session.scalars(orders.order_by(OrderRow.placed_at.desc(), OrderRow.id.desc()).limit(MOST_ORDERS)).all()
    told = (order.customer.id for each in newest if (order := facts_of(each).order) is not None)
    customer = next((each for each in told if each), None) or _known_by_id(session, row)
    return customer, tuple(each.external_id for each in newest)


def _known_by_id(session: Session, row: WriteBack) -> str | None:
    """The id that the person is kept with; with several sources nobody can tell whose id it is."""
    others = select(Source.id).where(Source.shop_id == row.shop_id, Source.id != row.source_id).limit(1)
    if session.scalar(others) is not None:
        return None
    person = (CustomerRow.shop_id == row.shop_id, CustomerRow.address == row.address)
    return session.scalar(select(CustomerRow.external_id).where(*person))
