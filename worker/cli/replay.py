"""`postpurchase replay`."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape

from worker.cli.clock import moment_of
from worker.cli.context import opened
from worker.cli.output import JsonFlag, counted, progress, show, side, state_text, table
from worker.errors import StorageUnavailableError, UserError
from worker.planning.replay import Replayed
from worker.planning.replay import replay as run_again
from worker.store.events import Choice, count_chosen
from worker.store.shops import get_shop

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only read the events; change nothing.")]
Failed = Annotated[bool, typer.Option("--failed", help="Only events that failed.")]
Since = Annotated[str | None, typer.Option(help="Only events since then: a length like 36h, or a time in ISO.")]
After = Annotated[str | None, typer.Option(metavar="EVENT", help="Go on after this event, where a replay broke off.")]
Only = Annotated[str | None, typer.Option("--shop", metavar="SHOP", help="Only this shop's.")]
MOST_SHOWN = 20
MOST_LISTED = 1000


@dataclass
class Tally:
    """What came of it so far; of what changed the first thousand are listed, so that memory stays bounded."""

    total: int = 0
    after: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    listed: list[Replayed] = field(default_factory=list)
    last: UUID | None = None

    def add(self, each: Replayed) -> None:
        self.after[each.after] += 1
        self.last = each.event_id
        if each.before != each.after or each.after == "failed":
            self.changed += 1
            if len(self.listed) < MOST_LISTED:
                self.listed.append(each)


def replay(
    dry_run: DryRun = False,
    failed: Failed = False,
    since: Since = None,
    after: After = None,
    shop: Only = None,
    json: JsonFlag = False,
) -> None:
    """Run stored events again, for example after a fix. Old events start nothing, and no mail goes out twice."""
    tally = Tally()
    with opened() as installation:
        with installation.database.read() as session:
            choice = Choice(
                shop_id=get_shop(session, shop).id if shop else None,
                states=["failed"] if failed else None,
                since=moment_of(since, installation.clock.now(), back=True) if since else None,
                after=_event(after) if after else None,
            )
            tally.total = count_chosen(session, choice)
        with progress("replaying", tally.total, quiet=json) as step, _hint(tally):
            for each in run_again(installation, choice, dry_run=dry_run):
                tally.add(each)
                step()
    done, changed = tally.after.total(), [_row(each) for each in tally.listed]
    document = {"dry_run": dry_run, "events": done, "after": dict(tally.after), "changed_events": tally.changed}
    show({**document, "changed": changed}, json, lambda console: _draw(console, tally, dry_run=dry_run))


@contextmanager
def _hint(tally: Tally) -> Iterator[None]:
    """When it breaks off: how to go on."""
    try:
        yield
    except (KeyboardInterrupt, StorageUnavailableError):
        if tally.last is not None:
            side().print(f"Stopped after {tally.after.total()} of {counted(tally.total, 'event')}. To go on, add:")
            side().print(f"  --after {tally.last}")
        raise


def _event(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise UserError(f"--after {text}: give the id of an event, as a replay that broke off has named it.") from None


def _row(each: Replayed) -> dict[str, str]:
    event_id: UUID = each.event_id
    return {"event": str(event_id), "topic": each.topic, "before": each.before, "after": each.after, "note": each.note}


def _draw(console: Console, tally: Tally, *, dry_run: bool) -> None:
    done = tally.after.total()
    if not done:
        console.print("No stored event matches; nothing was replayed.")
        return
    rows = table("topic", "before", "after", "note")
    for each in tally.listed[:MOST_SHOWN]:
        rows.add_row(escape(each.topic), state_text(each.before), state_text(each.after), escape(each.note))
    if tally.changed:
        console.print(rows)
    if tally.changed > MOST_SHOWN:
        console.print(f"… and {tally.changed - MOST_SHOWN} more.")
    counts = ", ".join(f"{count} {state}" for state, count in tally.after.items())
    verb = "would be" if dry_run else "now"
    console.print(f"{counted(done, 'event')} {verb}: {counts}.")
