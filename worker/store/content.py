"""Published content: the files of each revision, and those that come with the program."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from schedules.catalog import PATH, packaged_sequence, parsed_sequence
from schedules.sequence import Sequence
from worker.errors import UserError
from worker.kept import Kept
from worker.rendering.port import Content
from worker.store.many import rows_of
from worker.store.models import Revision
from worker.store.settling import wait_for_planning

SUFFIXES = (".mjml", ".txt", ".yaml", ".json")
NEWEST_NUMBER = select(func.max(Revision.number)).where(Revision.shop_id == bindparam("shop"))


@lru_cache(maxsize=1)
def packaged_content() -> Content:
    """The sequence and templates that come with the program."""
    files = _read(resources.files("schedules") / "sequences", "sequences")
    return content_of(files | _read(_templates(), "email_templates"))


def _templates() -> Traversable:
    return resources.files("email_templates")


def content_of(files: Mapping[str, str]) -> Content:
    """Files as content, with their digest."""
    digest = hashlib.sha256()
    for path, text in sorted(files.items()):
        digest.update(f"{len(path)}:{path}{len(text)}:{text}".encode())
    return Content(digest=digest.hexdigest(), files=dict(sorted(files.items())))


def publish(
    session: Session, shop_id: UUID, content: Content, note: str, now: datetime, *, after: int | None = None
) -> int:
    """Keeps the content as the shop's newest revision; its number. The same content again keeps the old number.

    It waits for units that plan by the older one, so that what they let wait is seen, and for others who publish.
    `after`: the revision that it was compared with.

    Raises:
        UserError: another was published since.
    """
    wait_for_planning(session, shop_id)
    newest = _newest(session, shop_id)
    if newest is not None and newest.digest == content.digest:
        return newest.number
    last = newest.number if newest else 0
    if after is not None and after != last:
        raise UserError(
            f"Revision {last} was published meanwhile, by somebody else or another command. Nothing of yours was: see "
            "`postpurchase content log` and `diff`, then do it again."
        )
    number = last + 1
    files: dict[str, Any] = dict(content.files)
    row = Revision(shop_id=shop_id, number=number, digest=content.digest, files=files, note=note, created_at=now)
    session.add(row)
    session.flush()
    return number


def newest_sequence(session: Session, shop_id: UUID) -> tuple[int | None, Sequence]:
    """The sequence of a shop's newest revision with its number; None: the packaged one."""
    newest = select(Revision.number, Revision.files[PATH]).where(Revision.shop_id == shop_id)
    found = session.execute(newest.order_by(Revision.number.desc()).limit(1)).one_or_none()
    if found is None or found[1] is None:
        return None, packaged_sequence()
    return found[0], parsed_sequence(found[1])


class Edition(NamedTuple):
    """One line of a shop's history of content."""

    number: int
    note: str
    digest: str
    created_at: datetime
    changed: tuple[str, ...]  # paths that differ from the revision before


def history(session: Session, shop_id: UUID) -> list[Edition]:
    """A shop's revisions, newest first. The first is compared with the packaged content."""
    rows = session.scalars(select(Revision).where(Revision.shop_id == shop_id).order_by(Revision.number)).all()
    editions, before = [], dict(packaged_content().files)
    for row in rows:
        editions.append(Edition(row.number, row.note, row.digest, row.created_at, changed_paths(before, row.files)))
        before = dict(row.files)
    return editions[::-1]


def changed_paths(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Paths of files that were added, changed or taken away."""
    return tuple(path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path))


def published_in(session: Session, shop_id: UUID, path: str, text: str) -> int | None:
    """The newest of a shop's revisions that has this file with this text; 0: the packaged content; None: none has."""
    numbers = range(newest_number(session, shop_id), -1, -1)
    return next((each for each in numbers if load(session, shop_id, each)[1].files.get(path) == text), None)


def load(session: Session, shop_id: UUID, number: int | None) -> tuple[int, Content]:
    """A revision by number, or the newest; number 0 is the packaged content of a shop that published none."""
    chosen = number if number is not None else newest_number(session, shop_id)
    if not chosen:
        return 0, packaged_content()
    return chosen, _kept(session, shop_id, chosen)


KEPT = Kept[tuple[UUID, int], Content](1024)
"""Revisions never change: what was read once is kept by this process. Each has some 60 KB."""


def _kept(session: Session, shop_id: UUID, number: int) -> Content:
    found = KEPT.get((shop_id, number))
    if found is None:
        mine = (Revision.shop_id == shop_id, Revision.number == number)
        row = session.scalars(select(Revision).where(*mine)).one()
        found = KEPT.put((shop_id, number), Content(digest=row.digest, files=dict(row.files)))
    return found


def newest_number(session: Session, shop_id: UUID) -> int:
    """The number of a shop's newest revision; 0: it published none."""
    return rows_of(session, NEWEST_NUMBER, {"shop": shop_id}).scalar() or 0


def judged_by(session: Session, shop_id: UUID, number: int) -> str:
    """What the program was made of that found no fault in a revision; empty: none has yet."""
    mine = (Revision.shop_id == shop_id, Revision.number == number)
    return session.scalars(select(Revision.sound_for).where(*mine)).one()


def judge_sound(session: Session, shop_id: UUID, number: int, program: str) -> None:
    """Keeps that a program made of this found no fault in a revision."""
    mine = (Revision.shop_id == shop_id, Revision.number == number)
    session.execute(update(Revision).where(*mine).values(sound_for=program))


def _newest(session: Session, shop_id: UUID) -> Revision | None:
    query = select(Revision).where(Revision.shop_id == shop_id).order_by(Revision.number.desc()).limit(1)
    return session.scalars(query).one_or_none()


def _read(folder: Traversable, prefix: str) -> dict[str, str]:
    """All text files below a folder, by path."""
    found: dict[str, str] = {}
    for entry in folder.iterdir():
        path = f"{prefix}/{entry.name}"
        if entry.is_dir():
            found |= _read(entry, path)
        elif entry.name.endswith(SUFFIXES):
            found[path] = entry.read_text(encoding="utf-8")
    return found
