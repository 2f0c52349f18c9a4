"""`postpurchase db upgrade | backup | restore | reseal`."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from worker.bootstrap import Installation
from worker.cli.clock import moment_of
from worker.cli.context import built, opened
from worker.cli.output import JsonFlag, counted, progress, say, show, table
from worker.errors import UserError
from worker.planning.service import sweep_events
from worker.reports.waiting import WaitingLine, waiting
from worker.settings import ClockMode, load_settings
from worker.store.backup import describe, write_backup
from worker.store.backup_file import BackupReader
from worker.store.migrate import is_migrated, is_new, upgrade, why_not_migrated
from worker.store.private_files import refuse_existing
from worker.store.restore import Restored, count_unopened, open_backup, restore_backup, skip_sent
from worker.store.sealed import reseal_all

PLANNED_FOR_S = 60.0
STAMP = "%Y-%m-%d %H:%M"
app = typer.Typer(no_args_is_help=True, help="The database: its schema, backups, and the key of what it keeps sealed.")
RAN_UNTIL = (
    "Until when the lost installation was sending: a time in ISO (UTC where it names no zone), or how long ago, like "
    "2h. "
    "What the backup has due until then is skipped, since it has most likely gone out."
)


@app.command("upgrade")
def upgrade_database(json: JsonFlag = False) -> None:
    """Bring the database's schema up to this version."""
    with built(load_settings(), level=logging.INFO) as installation:
        changed = not is_migrated(installation.database)
        upgrade(installation.database)
    say("The database is up to date." if changed else "It was up to date; nothing changed.", json, changed=changed)


@app.command("backup")
def backup(file: Annotated[Path, typer.Argument(metavar="FILE")], json: JsonFlag = False) -> None:
    """Write everything into one new file, while all goes on. Keep it safe: it holds customers' data.

    The secret key is not in it: keep POSTPURCHASE_SECRET_KEY (or the data folder's secret.key) somewhere else.
    """
    refuse_existing(file)
    with opened() as installation, installation.database.snapshot() as session:
        header = describe(session)
        with progress("backing up", header.total, quiet=json) as step:
            write_backup(session, file, header=header, progress=step)
    size = file.stat().st_size
    sentence = f"Backed up {counted(header.total, 'row')} into {file} ({max(size / 1e6, 0.1):.1f} MB)."
    say(sentence, json, file=str(file), rows=header.rows, bytes=size, made_at=header.made_at.isoformat())


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    ran_until: Annotated[str | None, typer.Option("--ran-until", metavar="TIME", help=RAN_UNTIL)] = None,
    json: JsonFlag = False,
) -> None:
    """Fill an empty database from a backup. Every shop is paused then: nothing goes out until `resume SHOP`."""
    reader = open_backup(file)
    with built(load_settings(), level=logging.INFO) as installation:
        if is_new(installation.database):
            upgrade(installation.database)
        if why := why_not_migrated(installation.database):
            raise UserError(why)
        _ = installation.sealer  # a missing key is told before anything is changed
        now = installation.clock.now()
        until = _ran_until(ran_until, reader, installation) if ran_until else None
        with progress("restoring", reader.header.total, quiet=json) as step:
            done = restore_backup(installation.database, reader, now=now, sent_until=until, progress=step)
        if until is not None:
            done = replace(done, skipped=done.skipped + _skip_unplanned(installation, until))
        _report(installation, reader, done, as_json=json)


@app.command("reseal")
def reseal(json: JsonFlag = False) -> None:
    """Seal stored secrets with the newest key of POSTPURCHASE_SECRET_KEY, so that nothing sealed needs older ones.

    Links in mails that went out are signed with the key of their day: keep it as long as they should work.
    """
    with opened() as installation, installation.database.write() as session:
        changed = reseal_all(session, installation.sealer)
    sentence = f"Sealed {counted(changed, 'secret')} with the newest key." if changed else "All had the newest key."
    say(sentence, json, changed=changed)


def _ran_until(text: str, reader: BackupReader, installation: Installation) -> datetime:
    """The moment meant; a length counts backwards.

    Raises:
        UserError: it lies ahead, or before the backup: mails that nobody has sent would be skipped.
    """
    now, made_at = installation.clock.now(), reader.header.made_at
    moment = moment_of(text, now, back=True)
    if installation.settings.clock is ClockMode.SIMULATED:
        return moment  # whose business time is in the backup
    told = f"--ran-until {text} is {moment.astimezone(UTC):{STAMP}} UTC"
    if moment > now:
        raise UserError(f"{told}, which is still to come. Give the time with its zone, like 2026-05-14T13:20+02:00.")
    if moment < made_at:
        raise UserError(
            f"{told}; the backup was made after that, at {made_at:{STAMP}} UTC, and knows what had gone out. Leave "
            "--ran-until out, or give the time with its zone, like 2026-05-14T13:20+02:00."
        )
    return moment


def _skip_unplanned(installation: Installation, until: datetime) -> int:
    """Plans the webhooks that the backup holds unplanned, as the lost installation did, and skips what was due."""
    while sweep_events(installation, for_s=PLANNED_FOR_S):
        continue
    with installation.database.write() as session:
        return skip_sent(session, until, installation.clock.now())


def _report(installation: Installation, reader: BackupReader, done: Restored, *, as_json: bool) -> None:
    made_at = reader.header.made_at
    clock = installation.clock
    with installation.database.read() as session:
        lines = waiting(session, now=clock.now(), since=made_at + clock.offset())
        unopened = count_unopened(session, installation.sealer)
    document = {
        "result": f"Restored {counted(reader.header.total, 'row')} as of {made_at:{STAMP}} UTC.",
        "made_at": made_at.isoformat(),
        "rows": reader.header.rows,
        "paused": list(done.shops),
        "skipped": done.skipped,
        "unopened_secrets": unopened,
        "waiting": [line.model_dump() for line in lines],
    }

    def draw(console: Console) -> None:
        console.print(escape(str(document["result"])))
        _draw_waiting(console, lines)
        _draw_next(console, done, sum(line.since for line in lines), unopened)

    show(document, as_json, draw)


def _draw_waiting(console: Console, lines: list[WaitingLine]) -> None:
    if not lines:
        console.print("No mail waits.")
        return
    rows = table("shop", "step", "overdue", "next 24 h", "later", "too late", "unclear")
    for line in lines:
        counts = (line.overdue, line.soon, line.later, line.too_late, line.unclear)
        rows.add_row(escape(line.shop), escape(line.step), *(str(count) for count in counts))
    console.print("\nAfter `resume` these mails would go out:")
    console.print(rows)
    console.print()


def _draw_next(console: Console, done: Restored, since: int, unopened: int) -> None:
    if done.skipped:
        console.print(f"Skipped {counted(done.skipped, 'mail')} that the lost installation has most likely sent.")
    if since:
        console.print(
            f"[yellow]{counted(since, 'overdue mail')} fell due after the backup was made:[/] if the lost "
            "installation ran on, they have gone out already and would go again. If so, restore again into an empty "
            "database with --ran-until TIME."
        )
    if unopened:
        console.print(
            f"[red]{counted(unopened, 'stored secret')} cannot be opened with this installation's secret key:[/] put "
            "the lost one's into POSTPURCHASE_SECRET_KEY (or its secret.key into the data folder), or its webhooks and "
            "links are refused."
        )
    for slug in done.shops:
        console.print(f"{escape(slug)} is paused. When you are sure: [bold]postpurchase resume {escape(slug)}[/]")
