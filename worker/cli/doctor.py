"""`postpurchase doctor`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from worker.cli.output import JsonFlag, grid, show
from worker.doctor.checks import Check, Level
from worker.doctor.resolver import DnsResolver
from worker.doctor.service import examine, worst

MARKS = {Level.OK: "[green]✓[/]", Level.WARN: "[yellow]![/]", Level.FAIL: "[red]✗[/]"}


Offline = Annotated[
    bool, typer.Option("--offline", help="Ask nobody outside: no DNS, no mail provider, no visit to link hosts.")
]


def doctor(offline: Offline = False, json: JsonFlag = False) -> None:
    """Check what would keep mails from going out. Exits 1 when something does."""
    checks = examine(None if offline else DnsResolver())
    level = worst(checks)
    document = {"level": level.value, "checks": [check.model_dump(mode="json") for check in checks]}
    show(document, json, lambda console: _draw(console, checks))
    if level is Level.FAIL:
        raise typer.Exit(1)


def _draw(console: Console, checks: list[Check]) -> None:
    rows = grid()
    for check in checks:
        rows.add_row(MARKS[check.level], f"[bold]{escape(check.name)}[/]", escape(check.text))
        if check.remedy:
            rows.add_row("", "", f"[bright_black]→ {escape(check.remedy)}[/]")
    console.print(rows)
    counts = {level: sum(check.level is level for check in checks) for level in Level}
    console.print(f"\n{counts[Level.OK]} fine, {counts[Level.WARN]} to look at, {counts[Level.FAIL]} wrong.")
