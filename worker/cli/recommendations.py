"""`postpurchase recommendations fit | show | suggest | evaluate`."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy import select

from worker.cli.afterwards import afterwards_of, draw_afterwards, reason_with
from worker.cli.context import opened
from worker.cli.output import JsonFlag, counted, progress, say, show, side, table
from worker.cli.shops import Slug
from worker.personalisation.candidates import LEAST_ATTACHMENT, LEAST_ORDERS
from worker.personalisation.offerable import Offerable
from worker.store.models import Learning, Product, Suggestion
from worker.store.shops import get_shop

if TYPE_CHECKING:
    from worker.personalisation.learning.fitting import Figures

app = typer.Typer(no_args_is_help=True, help="Suggestions learned from orders.")
InFile = Annotated[Path, typer.Option(exists=True, dir_okay=False)]
MOST_SHOWN = 60
LEAST_SHARE = f"{LEAST_ATTACHMENT * 100:.0f} %"
PROOF = (
    f"A product is suggested beside another once {LEAST_ORDERS} orders hold both, and {LEAST_SHARE} of those with the "
    "other, and that is more often than by chance (lift above 1). Import more with `postpurchase orders import`."
)
NOTHING = (
    "Nothing is learned yet. Import past orders with `postpurchase orders import {shop} FILE.csv`; what they prove is "
    "learned within the hour, or at once with `postpurchase recommendations fit {shop}`."
)


@app.command()
def fit(shop: Slug, json: JsonFlag = False) -> None:
    """Learn a shop's suggestions anew, now; otherwise it happens by itself within the hour."""
    from worker.personalisation.learning import fitting  # numpy and scipy take a while to load

    with opened() as installation:
        with installation.database.read() as session:
            shop_id = get_shop(session, shop).id
        with side().status("Reading orders") as status:
            figures = fitting.fit(
                installation, shop_id, force=True, stage=lambda doing: None if json else status.update(doing)
            )
    assert figures is not None, "a forced fit always learns"
    show(asdict(figures), json, lambda console: _draw_figures(console, figures))


@app.command()
def evaluate(shop: Slug, json: JsonFlag = False) -> None:
    """Measure on the shop's latest orders how good suggestions are; changes nothing."""
    from worker.personalisation.learning import fitting

    with opened() as installation, side().status("Learning without the latest orders"):
        with installation.database.snapshot() as session:
            purchases, categories = fitting.read_shop(session, get_shop(session, shop).id)
        figures = fitting.learn_table(purchases, categories).figures
    show(asdict(figures), json, lambda console: _draw_figures(console, figures))


@app.command("show")
def show_suggestions(
    shop: Slug,
    product: Annotated[str | None, typer.Argument(help="A product id or title; default: all.")] = None,
    json: JsonFlag = False,
) -> None:
    """Show what was learned and what is offered once things were used: with reasons, and with rules that forbid it."""
    with opened() as installation, installation.database.read() as session:
        owner = get_shop(session, shop)
        columns = (Product.product_id, Product.short_title, Product.title)
        titles = {
            row.product_id: row.short_title or row.title
            for row in session.execute(select(*columns).where(Product.shop_id == owner.id))
        }
        query = select(Suggestion).where(Suggestion.shop_id == owner.id)
        query = query.order_by(Suggestion.when_product == "", Suggestion.when_product, Suggestion.when_category)
        rows = [
            row
            for row in session.scalars(query.order_by(Suggestion.position))
            if product is None or product in (row.when_product, titles.get(row.when_product))
        ]
        asked = {name for row in rows for name in (row.when_product, row.product_id)}
        offerable = Offerable(session, owner, asked)
        found = [_line(row, titles) | {"why_not": offerable.why_not(row)} for row in rows]
        names = {product, titles.get(product or "")}
        learning = session.get(Learning, owner.id)
        figures = learning.figures if learning is not None else {}
        later = [line for line in afterwards_of(session, owner) if product is None or line["bought"] in names]

    def draw(console: Console) -> None:
        if found:
            _draw_lines(console, found)
        else:
            console.print(_why_none(shop, product, figures))
        if later:
            draw_afterwards(console, later)

    show({"suggestions": found, "afterwards": later}, json, draw)


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
    from worker.personalisation.learning import files

    known = files.read_orders(orders)
    asks = files.read_baskets(baskets, known)
    with progress("Completing baskets", len(asks), quiet=json) as advance:
        rows = files.suggest(known, asks, k, relevance_only=relevance_only, step=advance)
        written = files.write(out, rows)
    say(f"{counted(written, 'suggestion')} for {counted(len(asks), 'basket')} in {out}.", json, written=written)


def _line(row: Suggestion, titles: dict[str, str]) -> dict[str, Any]:
    beside = titles.get(row.when_product, row.when_product) if row.when_product else f"any of “{row.when_category}”"
    return {
        "bought": beside,
        "product_id": row.product_id,
        "suggested": titles.get(row.product_id, row.product_id),
        "reason": f"bought with {beside} in {row.attachment * 100:.0f} % of orders",
        "score": round(row.score, 4),
        "support": row.support,
        "orders": row.orders,
        "attachment": round(row.attachment, 4),
        "lift": round(row.lift, 2),
        "computed_at": row.computed_at,
    }


def _why_none(shop: str, product: str | None, figures: Mapping[str, Any]) -> str:
    """Why there is nothing to show. `figures`: those kept when the shop's suggestions were learned."""
    if not figures:
        return NOTHING.format(shop=escape(shop))
    if figures.get("closest"):
        return f"Nothing is proven by {_known(figures)}. {_lacking(figures['closest'])} {PROOF}"
    about = f" beside {escape(product)}" if product else ""
    return (
        f"Nothing is suggested{about}. Without a product, `postpurchase recommendations show {escape(shop)}` tells all."
    )


def _known(figures: Mapping[str, Any]) -> str:
    return f"{counted(figures['orders'], 'order')} of {counted(figures['products'], 'product')}"


def _lacking(best: Mapping[str, Any]) -> str:
    """The first figure that no pair of products reaches; `best` holds the fields of `Closest`."""
    if best["support"] < LEAST_ORDERS:
        return f"Common orders are lacking: no two products have more than {best['support']}."
    if best["attachment"] < LEAST_ATTACHMENT:
        return (
            f"The share is lacking: with {LEAST_ORDERS} common orders it is {best['attachment'] * 100:.1f} % at most."
        )
    if best["lift"] <= 1:
        return f"Lift is lacking: with {LEAST_SHARE} in common it is {best['lift']:.2f} at most."
    return "Success is lacking: what is proven came true too seldom in the latest orders."


def _draw_lines(console: Console, lines: list[dict[str, Any]]) -> None:
    made = table("Bought", "Suggested", "Why", "Orders", "Lift", "Score")
    previous = ""
    for line in lines[:MOST_SHOWN]:
        bought = line["bought"] if line["bought"] != previous else ""
        previous = line["bought"]
        counts = f"{line['support']} of {line['orders']}"
        texts = (bought, line["suggested"], reason_with(line))
        made.add_row(*(escape(text) for text in texts), counts, f"{line['lift']:.1f} ×", f"{line['score']:.3f}")
    console.print(made)
    if len(lines) > MOST_SHOWN:
        console.print(f"… and {len(lines) - MOST_SHOWN} more; name a product, or see --json.")


def _draw_figures(console: Console, figures: "Figures") -> None:
    known = _known(asdict(figures))
    if figures.closest is not None:
        lacking = _lacking(asdict(figures.closest))
        console.print(f"{known}: too little to prove anything, so nothing is suggested. {lacking} {PROOF}")
        return
    made = table("Measured on held-out orders", "")
    shares = [("products with a suggestion", figures.coverage)]
    if figures.asked:
        made.add_row("questions", f"{figures.asked:,}")
        shares += [
            ("hidden product among the first 4", figures.hit_at_4),
            ("hidden product among the first 10", figures.hit_at_10),
            ("orders that get a block", figures.with_block),
        ]
    for name, share in shares:
        made.add_row(name, f"{share * 100:.1f} %")
    if figures.asked:
        made.add_row("least score shown", _threshold(figures))
    console.print(f"{known}.")
    console.print(made)
    if not figures.asked:
        console.print("There are too few orders to hold some of them back and measure with.")


def _threshold(figures: "Figures") -> str:
    return "nothing is good enough" if figures.threshold is None else f"{figures.threshold:.4f}"
