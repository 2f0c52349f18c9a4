"""Restoring a backup: into an empty database, in one transaction, with every shop paused when it is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from worker.errors import UserError
from worker.sealing import Sealer
from worker.store.backup import CHUNK, Progress, backup_tables, count_rows
from worker.store.backup_file import FORMAT, BackupReader
from worker.store.migrate import newest_revision
from worker.store.models import Message
from worker.store.pauses import RESTORED, pause
from worker.store.sealed import sealed_texts
from worker.store.session import Database, database_now, is_postgres
from worker.store.shops import list_shops
from worker.store.transitions import Change, transition_many
from worker.version import own_version

PAUSED = RESTORED + " of {at:%Y-%m-%d %H:%M} UTC"
SENT_BEFORE = "restored: it was due while the lost installation still ran, and has most likely gone out"


@dataclass(frozen=True, kw_only=True)
class Restored:
    """`shops`: slugs of those now paused. `skipped`: messages that the lost installation has most likely sent."""

    shops: Sequence[str]
    skipped: int


def open_backup(path: Path) -> BackupReader:
    """A backup that this version can restore.

    Raises:
        UserError: it is none, or it was made with another schema.
    """
    reader = BackupReader(path)
    found, own = (reader.header.format, reader.header.schema_revision), (FORMAT, newest_revision())
    if found != own:
        maker = f"version {reader.header.made_with}" if reader.header.made_with else "the version that made it"
        raise UserError(
            f"{path} was made with schema {found[1]}, this version ({own_version()}) has {own[1]}. Restore it with "
            f"{maker}, then install this one and run `postpurchase db upgrade`."
        )
    return reader


def restore_backup(
    database: Database, reader: BackupReader, *, now: datetime, sent_until: datetime | None, progress: Progress
) -> Restored:
    """Fills the database and pauses every shop. `now`: business time.

    `sent_until`: what was due until then is skipped, because the lost installation has sent it after the backup.

    Raises:
        UserError: the database is not empty, or the file is damaged: nothing was changed.
    """
    with database.write() as session:
        if is_postgres(session):  # of two restores at once the second waits, and finds it filled
            session.execute(text("LOCK TABLE shop IN EXCLUSIVE MODE"))
        _refuse_filled(session)
        _fill(session, reader, progress)
        shops = list_shops(session)
        for shop in shops:
            pause(session, shop.id, "", reason=PAUSED.format(at=reader.header.made_at), now=now)
        skipped = skip_sent(session, sent_until, now) if sent_until else 0
    return Restored(shops=[shop.slug for shop in shops], skipped=skipped)


def count_unopened(session: Session, sealer: Sealer) -> int:
    """How many stored secrets the secret key of this installation does not open."""
    return sum(not sealer.opens(each) for each in sealed_texts(session))


def _refuse_filled(session: Session) -> None:
    filled = [name for name, count in count_rows(session).items() if count]
    if filled:
        raise UserError(
            f"The database is not empty (it has rows in {', '.join(filled[:3])}). A backup goes into an empty one: "
            "name another in POSTPURCHASE_DATABASE_URL or POSTPURCHASE_DATA_DIR."
        )


def _fill(session: Session, reader: BackupReader, progress: Progress) -> None:
    for table, rows in groupby(reader.rows(backup_tables()), key=lambda each: each[0]):
        values = (value for _, value in rows)
        while chunk := list(islice(values, CHUNK)):
            session.execute(insert(table), chunk)
            progress(len(chunk))
    if count_rows(session) != reader.header.rows:
        raise UserError("The backup holds other rows than it says. Nothing was restored.")


def skip_sent(session: Session, until: datetime, now: datetime) -> int:
    """Skips what was due until then, since the lost installation has most likely sent it; how many."""
    going = (State.SCHEDULED.value, State.CLAIMED.value)
    due = session.scalars(select(Message).where(Message.state.in_(going), Message.send_at <= until)).all()
    changes = [Change(message, State.SKIPPED, SENT_BEFORE) for message in due]
    return len(transition_many(session, changes, now=now, real_at=database_now(session)))
