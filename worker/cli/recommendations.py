"""`postpurchase recommendations fit | show | suggest | evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

from worker.cli.output import JsonFlag, counted, progress, say

app = typer.Typer(no_args_is_help=True, help="Suggestions learned from orders.")
InFile = Annotated[Path, typer.Option(exists=True, dir_okay=False)]


@app.command(
    epilog="Orders: order_id, customer_id, placed_at, product_id, title, quantity, unit_price, currency. "
    "Baskets: order_id, customer_id, placed_at, product_id. Out: order_id, rank, product_id, score, reason."
)
def suggest(
    orders: InFile,
    baskets: InFile,
    out: Annotated[Path, typer.Option(dir_okay=False, help="CSV file to write.")],
    k: Annotated[int, typer.Option(min=1, help="Suggestions per basket, at most.")] = 4,
    relevance_only: Annotated[
        bool, typer.Option("--relevance-only", help="What fits best, without the rules on price and on proof.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Complete baskets of a file from the orders of another; needs no shop."""
    from worker.personalisation.learning import files  # numpy and scipy take a while to load

    known = files.read_orders(orders)
    asks = files.read_baskets(baskets, known)
    with progress("Completing baskets", len(asks), quiet=json) as advance:
        rows = files.suggest(known, asks, k, relevance_only=relevance_only, step=advance)
        written = files.write(out, rows)
    say(f"{counted(written, 'suggestion')} for {counted(len(asks), 'basket')} in {out}.", json, written=written)
