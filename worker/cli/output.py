"""What commands print: people get Rich text, programs one JSON document; both on stdout, everything else on stderr."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.table import Table

JSON_META = "postpurchase.json"
WIDEST = 120
WORTH_A_BAR = 50
COLOUR_OF = {
    "scheduled": "cyan",
    "held": "yellow",
    "claimed": "cyan",
    "attempting": "cyan",
    "unknown": "red",
    "abandoned": "red",
    "accepted": "green",
    "delivered": "green",
    "bounced": "red",
    "dropped": "red",
    "failed": "red",
    "cancelled": "bright_black",
    "skipped": "bright_black",
    "expired": "yellow",
    "stored": "cyan",
    "planned": "green",
    "ignored": "bright_black",
    "pending": "cyan",
    "reserved": "cyan",
    "created": "green",
    "redeemed": "green",
    "revoked": "bright_black",
    "done": "green",
}


def _remember(context: typer.Context, value: bool) -> bool:
    context.find_root().meta[JSON_META] = value
    return value


JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.", callback=_remember)]


def screen() -> Console:
    """Where results go. No wider than people read."""
    console = Console(highlight=False, emoji=False)  # a process on host `a` is no picture of the letter
    console.width = min(console.width, WIDEST)
    return console


def side() -> Console:
    """Where progress, hints and errors go."""
    return Console(stderr=True, highlight=False, emoji=False)


def show(document: BaseModel | Mapping[str, Any], as_json: bool, draw: Callable[[Console], None]) -> None:
    """Prints a result: the document as JSON, or what `draw` makes of it."""
    if as_json:
        plain = document.model_dump(mode="json") if isinstance(document, BaseModel) else document
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=2, default=str))
    else:
        draw(screen())


def say(sentence: str, as_json: bool, **document: Any) -> None:
    """Prints one sentence, or the document behind it with the sentence as `result`."""
    has_url = "://" in sentence  # folded, it could not be copied
    show({"result": sentence, **document}, as_json, lambda console: console.print(escape(sentence), soft_wrap=has_url))


def complain(sentence: str, *, code: int, as_json: bool) -> None:
    """An error: red on stderr; with `--json` also as the document."""
    first, *rest = sentence.splitlines() or [""]
    side().print(f"[bold red]✗[/] {escape(first)}", *(escape(line) for line in rest), sep="\n  ")
    if as_json:
        typer.echo(json.dumps({"error": sentence, "exit_code": code}, ensure_ascii=False, indent=2))


def table(*columns: str, title: str | None = None) -> Table:
    """A table without a box: it survives narrow windows and copying."""
    made = Table(title=title, box=None, title_justify="left", title_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, header_style="bright_black", overflow="fold")
    return made


def grid() -> Table:
    """Columns without headings; long texts wrap inside their column."""
    return Table.grid(padding=(0, 2, 0, 0))


def named(values: Iterable[tuple[str, str]]) -> Table:
    """Names in grey, each beside what there is to say of it."""
    rows = grid()
    for name, value in values:
        rows.add_row(f"[bright_black]{name}[/]", value)
    return rows


@contextmanager
def progress(what: str, total: int, *, quiet: bool) -> Iterator[Callable[..., None]]:
    """A bar on stderr while something long goes on; call what it yields once per thing done, or with how many."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=side(),
        transient=True,
        disable=quiet or total < WORTH_A_BAR,
    )
    with bar:
        task = bar.add_task(what, total=total)
        yield lambda done=1: bar.advance(task, done)


def state_text(state: str) -> str:
    return f"[{COLOUR_OF.get(state, 'white')}]{escape(state)}[/]"


def local(moment: datetime, timezone: str) -> str:
    """A moment on the clocks of a zone: 'Thu 14 May 2026, 09:12'."""
    there = moment.astimezone(ZoneInfo(timezone))
    return f"{there:%a} {there.day} {there:%b %Y, %H:%M}"


def counted(count: int, noun: str) -> str:
    """'1 mail', '2 mails', '2 wishes', '2 fetches'."""
    plural = "es" if noun.endswith(("sh", "ch")) else "s"
    return f"{count} {noun}{'' if count == 1 else plural}"


def span(length: timedelta) -> str:
    """A length of time in its two largest units: '9 d 4 h', '3 min 20 s', '12 s'."""
    seconds = round(abs(length.total_seconds()))
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
