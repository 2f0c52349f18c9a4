"""`postpurchase replay`."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape

from worker.cli.clock import PART, moment_of
from worker.cli.context import opened
from worker.cli.output import JsonFlag, counted, progress, show, state_text, table
from worker.planning.replay import Replayed
from worker.planning.replay import replay as run_again
from worker.store.events import select_events
from worker.store.shops import get_shop

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only read the events; change nothing.")]
Failed = Annotated[bool, typer.Option("--failed", help="Only events that failed.")]
Since = Annotated[str | None, typer.Option(help="Only events since then: a length like 36h, or a time in ISO.")]
Only = Annotated[str | None, typer.Option("--shop", metavar="SHOP", help="Only this shop's.")]
MOST_SHOWN = 20


def replay(
    dry_run: DryRun = False, failed: Failed = False, since: Since = None, shop: Only = None, json: JsonFlag = False
) -> None:
    """Run stored events again, for example after a fix. Old events start nothing, and no mail goes out twice."""
    with opened() as installation:
        chosen: dict[str, Any] = {"states": ["failed"] if failed else None, "shop_id": None}
        chosen["since"] = _since(since, installation.clock.now()) if since else None
        with installation.database.read() as session:
            if shop:
                chosen["shop_id"] = get_shop(session, shop).id
            total = len(select_events(session, **chosen))
        with progress("replaying", total, quiet=json) as step:
            done = run_again(installation, dry_run=dry_run, on_event=lambda _event: step(), **chosen)
    document = {"dry_run": dry_run, "events": len(done), "after": dict(Counter(each.after for each in done))}
    document["changed"] = [_row(each) for each in done if each.before != each.after or each.after == "failed"]
    show(document, json, lambda console: _draw(console, done, dry_run=dry_run))


def _since(text: str, now: datetime) -> datetime:
    """A length counts backwards here."""
    moment = moment_of(text, now)
    return now - (moment - now) if PART.match(text) and moment > now else moment


def _row(each: Replayed) -> dict[str, str]:
    event_id: UUID = each.event_id
    return {"event": str(event_id), "topic": each.topic, "before": each.before, "after": each.after, "note": each.note}


def _draw(console: Console, done: list[Replayed], *, dry_run: bool) -> None:
    if not done:
        console.print("No stored event matches; nothing was replayed.")
        return
    worth = [each for each in done if each.before != each.after or each.after == "failed"]
    rows = table("topic", "before", "after", "note")
    for each in worth[:MOST_SHOWN]:
        rows.add_row(escape(each.topic), state_text(each.before), state_text(each.after), escape(each.note))
    if worth:
        console.print(rows)
    if len(worth) > MOST_SHOWN:
        console.print(f"… and {len(worth) - MOST_SHOWN} more.")
    counts = ", ".join(f"{count} {state}" for state, count in Counter(each.after for each in done).items())
    verb = "would be" if dry_run else "now"
    console.print(f"{counted(len(done), 'event')} {verb}: {counts}.")
