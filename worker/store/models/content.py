"""Published content, pauses, the simulated clock and signs of life."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from worker.store.models.base import Base
from worker.store.types import new_id


class Revision(Base):
    """Published content of a shop, immutable. `files`: relative path -> text, of sequences and templates.

    `sound_for`: what the program was made of that last examined it and found no fault; empty: none has yet.
    """

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("shop_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    number: Mapped[int]
    digest: Mapped[str]
    files: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(default="")
    sound_for: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime]


class Pause(Base):
    """A pause of a whole shop (`step` empty) or of one step. The row's presence is the pause."""

    __tablename__ = "pause"
    __table_args__ = (UniqueConstraint("shop_id", "step"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    step: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class ClockRow(Base):
    """One row (id 1): how far business time is ahead of the database's clock, in microseconds."""

    __tablename__ = "clock"

    id: Mapped[int] = mapped_column(primary_key=True)
    offset_us: Mapped[int] = mapped_column(default=0)


class Heartbeat(Base):
    """When a process of a kind was last alive. Beat writes one each tick, workers each sweep.

    `ended_at`: it was stopped and has said so; a hint that came late does not bring it back. Database time.
    """

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
