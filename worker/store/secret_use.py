"""Which of a source's secrets its webhooks come with: several may be in use at once. Times are real."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.store.models import Source

PROVED = "proved_at"
"""Beside a secret: when a webhook first came with it."""
USED = "used_at"
"""When one last did, of those that are not the newest; to a day."""
DAY = timedelta(days=1)


def is_news(source: Source, sealed: str, now: datetime) -> bool:
    """Whether it is worth a note that a webhook came with this secret: not each of them is."""
    newest = source.secrets[0]
    entry = next(each for each in source.secrets if each["sealed"] == sealed)
    used = _used(entry)
    if used is None or entry is newest:
        return used is None
    proved = _used(newest)
    return used <= now - DAY or (proved is not None and used < proved)


def note_use(session: Session, source_id: UUID, sealed: Collection[str], *, now: datetime) -> None:
    """Notes that webhooks have come with these secrets, as far as they are still valid."""
    mine = select(Source).where(Source.id == source_id).with_for_update(key_share=True)
    source = session.scalars(mine.execution_options(populate_existing=True)).one()
    told = {USED: now.isoformat()}
    source.secrets = [
        {PROVED: now.isoformat()} | entry | told if entry["sealed"] in sealed else entry for entry in source.secrets
    ]


def still_used(source: Source) -> dict[str, datetime]:
    """Older secrets that webhooks came with since they first did with the newest, and when they last did."""
    newest, *others = source.secrets
    if PROVED not in newest:
        return {}
    since = datetime.fromisoformat(newest[PROVED])
    found = {entry["sealed"]: used for entry in others if (used := _used(entry)) is not None}
    return {sealed: used for sealed, used in found.items() if used >= since}


def retire_secrets(session: Session, source: Source, *, with_used: bool) -> dict[str, datetime]:
    """Drops every secret but the newest and, unless told otherwise, those `still_used`, which it returns."""
    session.refresh(source, with_for_update={"key_share": True})
    kept = {} if with_used else still_used(source)
    newest, *others = source.secrets
    source.secrets = [newest, *(entry for entry in others if entry["sealed"] in kept)]
    return kept


def _used(entry: Mapping[str, Any]) -> datetime | None:
    text = entry.get(USED) or entry.get(PROVED)
    return datetime.fromisoformat(text) if text else None
