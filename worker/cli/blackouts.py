"""`postpurchase blackout add | list | remove`: days without marketing."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from schedules.sequence import STEPS
from schedules.shop import Blackout
from worker.cli.context import opened
from worker.cli.output import JsonFlag, say, show, table
from worker.cli.shops import Slug
from worker.errors import UserError
from worker.store.shops import change_shop, get_shop, profile_of

app = typer.Typer(no_args_is_help=True, help="Days on which no marketing mail goes; receipts and tracking do.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day like 2026-12-24.") from None


First = Annotated[date, typer.Argument(metavar="FROM", parser=_day, help="The first day, like 2026-12-24.")]
Last = Annotated[date, typer.Argument(metavar="TO", parser=_day, help="The last day, included.")]
Steps = Annotated[list[str] | None, typer.Option("--step", help="Only this step. Repeatable. Default: all marketing.")]


@app.command("add")
def add(
    shop: Slug,
    first: First,
    last: Last,
    step: Steps = None,
    note: Annotated[str, typer.Option(help="Shown in timelines.")] = "",
    json: JsonFlag = False,
) -> None:
    """Let no marketing go on these days of the shop's calendar. What falls due waits, or expires with its window."""
    unknown = [each for each in step or () if each not in STEPS]
    if unknown:
        raise UserError(f"There is no step {unknown[0]!r}. Steps: {', '.join(STEPS)}.")
    if last < first:
        raise UserError("The last day is before the first. Give them like 2026-12-24 2026-12-26.")
    made = Blackout(first=first, last=last, steps=tuple(step or ()), note=note)
    changed = _change(shop, lambda kept: kept if made in kept else (*kept, made))
    sentence = f"No marketing of {shop} from {made.first} to {made.last}." if changed else "It is there already."
    say(sentence, json, shop=shop, changed=changed)


@app.command("list")
def show_all(shop: Slug, json: JsonFlag = False) -> None:
    """List a shop's blackout days."""
    with opened() as installation, installation.database.read() as session:
        found = sorted(profile_of(get_shop(session, shop)).blackouts, key=lambda each: each.first)

    def draw(console: Console) -> None:
        if not found:
            console.print(f"None. `postpurchase blackout add {shop} 2026-12-24 2026-12-26` adds some days.")
            return
        rows = table("from", "to", "steps", "note")
        for each in found:
            rows.add_row(str(each.first), str(each.last), ", ".join(each.steps) or "all marketing", escape(each.note))
        console.print(rows)

    show({"shop": shop, "blackouts": [each.model_dump(mode="json") for each in found]}, json, draw)


@app.command("remove")
def remove(shop: Slug, first: First, json: JsonFlag = False) -> None:
    """Take back the blackout that begins on this day."""
    changed = _change(shop, lambda kept: tuple(each for each in kept if each.first != first))
    sentence = f"Marketing of {shop} goes again on those days." if changed else "None begins on that day."
    say(sentence, json, shop=shop, changed=changed)


def _change(shop: str, change: Callable[[tuple[Blackout, ...]], tuple[Blackout, ...]]) -> bool:
    """Whether it changed something."""
    with opened() as installation, installation.database.write() as session:
        _, before, after = change_shop(
            session, shop, lambda known: known.model_copy(update={"blackouts": change(known.blackouts)})
        )
    return before != after
