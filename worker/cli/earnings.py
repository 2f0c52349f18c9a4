"""`postpurchase earnings`: what a shop's mails brought in."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from worker.cli.context import opened
from worker.cli.output import JsonFlag, show, table
from worker.cli.shops import Slug
from worker.reports.earnings import CLICK_COUNTS_FOR, Earnings, StepEarnings, read_earnings
from worker.store.shops import get_shop

Days = Annotated[int, typer.Option("--days", min=1, max=3650, help="Of mails that went out in the last so many days.")]


def earnings(shop: Slug, days: Days = 90, json: JsonFlag = False) -> None:
    """What a shop's mails earned: later orders that used their code or followed a click, per mail of the sequence.

    The order that a mail is about never counts. An order is earned once: by its code, else by the last click.
    """
    with opened() as installation, installation.database.snapshot() as session:
        now = installation.clock.now()
        report = read_earnings(session, get_shop(session, shop), since=now - timedelta(days=days), now=now)
    show(report, json, lambda console: _draw(console, report, days))


def _draw(console: Console, report: Earnings, days: int) -> None:
    console.print(f"[bold]What the mails of {escape(report.shop)} earned[/], of those of the last {days} days\n")
    if not report.steps:
        console.print("No mail went out in that time.")
        return
    rows = table("mail", "out", "with offer", "clicked", "orders earned", "by code", "revenue", "per mail")
    rows.columns[0].no_wrap = True  # the sums may be folded, the names of three mails need not
    for step in report.steps:
        rows.add_row(*_row(step))
    console.print(rows)
    console.print(
        f"\nAn order counts that used the mail's code, or came within {CLICK_COUNTS_FOR.days} days of a click in it."
    )


def _row(step: StepEarnings) -> tuple[str, ...]:
    rate = f" ({step.conversion_rate:.1%})" if step.conversions and step.conversion_rate is not None else ""
    counts = (step.mails, step.with_offer, step.clicked)
    return (
        step.step,
        *map(str, counts),
        f"{step.conversions}{rate}",
        str(step.by_code),
        _money(step.revenue),
        _money(step.revenue_per_mail),
    )


def _money(amounts: dict[str, str]) -> str:
    return ", ".join(f"{amount} {currency}" for currency, amount in amounts.items()) or "none"
