"""What people refused, and what their shop has heard of it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from worker.reports.lines import line_of
from worker.store.models import Shop, Source, WriteBack
from worker.store.suppressions import held_against

NO_KEY = "once it has an API key: `postpurchase source set`"


class ChoiceLine(BaseModel):
    """One thing that an address must not get. `source`: who said so: link, cli, sendgrid …"""

    scope: str
    reason: str
    source: str
    at: datetime


class TellingLine(BaseModel):
    """What one source is told of a person. `state`: pending | done | failed; `at`: when it was, or will be."""

    source: str
    wanted: str
    state: str
    note: str
    at: datetime


class RefusalsLine(BaseModel):
    """What one source has still to hear. `stuck`: tried and not taken yet; `lost`: given up; `note`: the newest why."""

    shop: str
    source: str
    waiting: int
    stuck: int
    told: int
    lost: int
    note: str


class UntoldLine(BaseModel):
    """One person of whom a shop has not heard."""

    address: str
    wanted: str
    state: str
    note: str
    wanted_at: datetime


def choices_of(session: Session, shop_id: UUID, address: str | None) -> list[ChoiceLine]:
    """What holds against an address, oldest first."""
    rows = held_against(session, shop_id, address or "")
    return [line_of(ChoiceLine, row, at=row.created_at) for row in rows]


def tellings_of(session: Session, shop_id: UUID, address: str | None) -> list[TellingLine]:
    """What the shop's sources are told of a person."""
    mine = (WriteBack.shop_id == shop_id, WriteBack.address == (address or ""))
    query = select(WriteBack, Source).join(Source, Source.id == WriteBack.source_id).where(*mine)
    return [
        TellingLine(
            source=source.kind,
            wanted=row.wanted,
            state=row.state,
            note=NO_KEY if row.state == "pending" and not source.api else row.note,
            at=row.done_at or row.due_at,
        )
        for row, source in session.execute(query.order_by(Source.kind))
    ]


def read_refusals(session: Session) -> list[RefusalsLine]:
    """How each source stands that ever was to be told anything."""
    pending = WriteBack.state == "pending"
    figures = (
        func.sum(case((pending, 1), else_=0)).label("waiting"),
        func.sum(case((pending & (WriteBack.setbacks > 0) & (WriteBack.note != ""), 1), else_=0)).label("stuck"),
        func.sum(case((WriteBack.state == "done", 1), else_=0)).label("told"),
        func.sum(case((WriteBack.state == "failed", 1), else_=0)).label("lost"),
    )
    query = (
        select(Shop.slug.label("shop"), Source.id, Source.kind.label("source"), *figures)
        .join(Source, Source.id == WriteBack.source_id)
        .join(Shop, Shop.id == Source.shop_id)
        .group_by(Shop.slug, Source.id, Source.kind)
        .order_by(Shop.slug, Source.kind)
    )
    return [
        line_of(RefusalsLine, row, note=_newest_note(session, row.id) if row.stuck or row.lost else "")
        for row in session.execute(query)
    ]


def untold(session: Session, source_id: UUID) -> Sequence[UntoldLine]:
    """Everybody of whom a source has not heard, oldest first."""
    mine = select(WriteBack).where(WriteBack.source_id == source_id, WriteBack.state != "done")
    rows = session.scalars(mine.order_by(WriteBack.wanted_at, WriteBack.id))
    return [line_of(UntoldLine, row) for row in rows]


def _newest_note(session: Session, source_id: UUID) -> str:
    mine = (WriteBack.source_id == source_id, WriteBack.note != "")
    return session.scalar(select(WriteBack.note).where(*mine).order_by(WriteBack.tried_at.desc()).limit(1)) or ""
