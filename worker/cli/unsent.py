"""`postpurchase unsent`: why mails did not go out, over many orders."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from worker.cli.context import opened
from worker.cli.output import JsonFlag, counted, show, table
from worker.cli.shops import Slug
from worker.reports.unsent import ALL, Unsent, read_unsent
from worker.store.shops import get_shop

MOST_SHOWN = 40
Days = Annotated[int, typer.Option("--days", min=1, max=3650, help="Of orders that were placed in the last so many.")]


def unsent(shop: Slug, days: Days = 30, json: JsonFlag = False) -> None:
    """Why a shop's mails did not go out, over many orders: each reason, how often, and the newest such order."""
    with opened() as installation, installation.database.snapshot() as session:
        now = installation.clock.now()
        report = read_unsent(session, get_shop(session, shop), since=now - timedelta(days=days), until=now)
    show(report, json, lambda console: _draw(console, report, days))


def _draw(console: Console, report: Unsent, days: int) -> None:
    orders = counted(report.orders, "order")
    console.print(f"[bold]What did not go out at {escape(report.shop)}[/], of {orders} of the last {days} days\n")
    if not report.lines:
        console.print("Nothing was kept back." if report.orders else "No order was placed in that time.")
        return
    rows = table("orders", "mail", "why", "newest")
    for line in report.lines[:MOST_SHOWN]:
        step = "all others" if line.step == ALL else line.step
        rows.add_row(str(line.orders), *map(escape, (step, line.reason, line.newest)))
    console.print(rows)
    if len(report.lines) > MOST_SHOWN:
        console.print(f"… and {len(report.lines) - MOST_SHOWN} rarer reasons, see --json.")
    console.print(f"\nThe whole story of one: `postpurchase timeline {escape(report.shop)} ORDER`.")
