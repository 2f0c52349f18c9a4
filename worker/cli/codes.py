"""`postpurchase codes status | import | list`."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy.orm import Session

from worker.cli.context import opened
from worker.cli.imports import File, take_file
from worker.cli.output import JsonFlag, local, named, show, state_text, table
from worker.cli.shops import Slug
from worker.errors import UserError
from worker.imports.codes import import_codes
from worker.reports.codes import CodesLine, list_codes, read_codes
from worker.store.shops import get_shop, profile_of

MOST = 1_000_000
STATES = ("reserved", "created", "redeemed", "expired", "revoked")

app = typer.Typer(no_args_is_help=True, help="Discount codes: who makes them, how many are left, who used them.")


@app.command("status")
def status(shop: Slug, json: JsonFlag = False) -> None:
    """Say how a shop's codes stand: by state, used by others, untold to the shop, left in the pool."""
    with opened() as installation, installation.database.read() as session:
        get_shop(session, shop)
        line = _line_of(session, shop, installation.clock.now())
    show(line, json, lambda console: _draw(console, line))


@app.command(
    "import", epilog="Columns: code, kind (percent, amount, free_shipping), value, currency, minimum, ends_on."
)
def read_pool(shop: Slug, file: File, json: JsonFlag = False) -> None:
    """Put codes that the shop made in advance into its pool; each is given out once."""
    take_file(import_codes, "code", shop, file, json)


@app.command("list")
def show_all(
    shop: Slug,
    state: Annotated[str | None, typer.Option(help=f"Only these: {', '.join(STATES)}.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="The newest so many.")] = 50,
    json: JsonFlag = False,
) -> None:
    """List a shop's codes, newest first, with their orders and what became of them."""
    if state is not None and state not in STATES:
        raise UserError(f"There is no state {state!r}. States: {', '.join(STATES)}.")
    with opened() as installation, installation.database.read() as session:
        owner = get_shop(session, shop)
        timezone, rows = profile_of(owner).timezone, list_codes(session, owner.id, limit=limit, state=state)
        pool = None if rows else _line_of(session, shop, installation.clock.now()).pool

    def draw(console: Console) -> None:
        if not rows:
            left = f": {pool.left} {'is' if pool.left == 1 else 'are'} left in the pool" if pool else ""
            console.print(f"No code was given out yet{left}." if state is None else f"No code is {state}.")
            return
        drawn = table("code", "order", "takes off", "until", "state", "why")
        for row in rows:
            unit = {"percent": " %", "amount": f" {row.currency}"}.get(row.kind, "")
            worth = "shipping" if row.kind == "free_shipping" else f"{row.value}{unit}"
            why = f"{row.reason} ({row.note})" if row.note else row.reason
            told = state_text(row.state) + (" [yellow]untold[/]" if row.is_waiting else "")
            drawn.add_row(row.code, escape(row.order), worth, local(row.ends_at, timezone), told, escape(why))
        console.print(drawn)

    show({"codes": [row.model_dump(mode="json") for row in rows]}, json, draw)


def _line_of(session: Session, shop: str, now: datetime) -> CodesLine:
    return next(line for line in read_codes(session, now) if line.shop == shop)


def _draw(console: Console, line: CodesLine) -> None:
    states = "  ".join(f"{line.states[state]} {state_text(state)}" for state in STATES if line.states.get(state))
    told = [("made by", "nobody" if line.source == "none" else line.source), ("codes", states or "none yet")]
    if line.by_others:
        told.append(("used by others", f"[red]{line.by_others}[/] `codes list` names them"))
    if line.waiting:
        told.append(("untold", f"{line.waiting} the shop is still to hear of"))
    if line.pool is not None:
        colour = "yellow" if line.pool.is_low else "green"
        told.append(("pool", f"[{colour}]{line.pool.left} left[/], low from {line.pool.low_at} on"))
    console.print(named(told))
    if line.source == "none":
        console.print(f"Mails carry no codes: see `postpurchase shop set {escape(line.shop)} --codes`.")
