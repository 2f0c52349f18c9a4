"""`postpurchase products | pairings | guides | orders import`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from worker.cli.context import opened
from worker.cli.output import JsonFlag, counted, progress, show
from worker.cli.shops import Slug
from worker.imports.guides import import_guides
from worker.imports.orders import import_orders
from worker.imports.pairings import import_pairings
from worker.imports.products import import_products
from worker.imports.report import ImportReport, Progress
from worker.store.shops import get_shop

products = typer.Typer(no_args_is_help=True, help="The catalogue.")
pairings = typer.Typer(no_args_is_help=True, help="What goes well with what: the merchant's word.")
guides = typer.Typer(no_args_is_help=True, help="Tips for follow-ups.")
orders = typer.Typer(no_args_is_help=True, help="Past orders, to learn from.")
File = Annotated[Path, typer.Argument(metavar="FILE.csv")]
Replace = Annotated[bool, typer.Option("--replace", help="Remove those that the file does not name.")]
MOST_SHOWN = 20


@products.command(
    "import",
    epilog="Columns: product_id, variant_id, title, short_title, url, image_url, price, currency, category, brand, "
    "tags, inventory, cost, refill_days, upgrade_of, upgrade_benefits, rating, rating_count, discreet, fits, ships_to, "
    "bundle_of.",
)
def read_products(shop: Slug, file: File, json: JsonFlag = False) -> None:
    """Import products; those that are there already are brought up to date."""
    take_file(import_products, "product", shop, file, json)


@pairings.command(
    "import",
    epilog="Columns: when_product, when_category, when_tag, offer_product, priority, pitch, not_before.",
)
def read_pairings(shop: Slug, file: File, replace: Replace = False, json: JsonFlag = False) -> None:
    """Import pairings: who bought one thing is offered the other, with a pitch."""
    take_file(partial(import_pairings, replaces=replace), "pairing", shop, file, json)


@guides.command(
    "import",
    epilog="Columns: for_product, for_category, for_tag, language, headline, tip_1, tip_2, tip_3, url.",
)
def read_guides(shop: Slug, file: File, replace: Replace = False, json: JsonFlag = False) -> None:
    """Import guides: three tips for a product, category or tag, per language."""
    take_file(partial(import_guides, replaces=replace), "guide", shop, file, json)


@orders.command(
    "import",
    epilog="Columns: order_id, placed_at, email, product_id, variant_id, quantity, price, currency. "
    "Also as exported by Shopify (Orders, Export) and WooCommerce (one row per item).",
)
def read_past_orders(shop: Slug, file: File, json: JsonFlag = False) -> None:
    """Import past orders, a line per product; they start no mail. Of addresses only keyed hashes are kept."""
    take_file(import_orders, "order", shop, file, json)


def take_file(read: Callable[..., ImportReport], noun: str, shop: str, file: Path, as_json: bool) -> None:
    """Reads a file into a shop's tables and says what changed."""
    with opened() as installation:
        with installation.database.read() as session:
            owner = get_shop(session, shop)
        with _bar(quiet=as_json) as tell:
            report = read(installation.database, owner.id, file, progress=tell)
    document: dict[str, Any] = {
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "left_out": list(report.left_out),
    }
    show(document, as_json, lambda console: _draw(console, report, noun))


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Progress]:
    """A bar that comes once it is known how many rows there are; half of each is checking it, half storing it."""
    with ExitStack() as stack:
        step: Callable[..., None] | None = None
        before = 0

        def tell(done: int, total: int) -> None:
            nonlocal step, before
            step = step or stack.enter_context(progress("importing", total // 2, quiet=quiet))
            step((done - before) / 2)
            before = done

        yield tell


def _draw(console: Console, report: ImportReport, noun: str) -> None:
    total = report.added + report.changed + report.unchanged
    removed = f", [yellow]{report.removed} removed[/]" if report.removed else ""
    console.print(
        f"{counted(total, noun)}: [green]{report.added} added[/], "
        f"[cyan]{report.changed} changed[/], {report.unchanged} unchanged{removed}."
    )
    for sentence in report.left_out[:MOST_SHOWN]:
        console.print(f"[yellow]![/] {escape(sentence)}")
    if len(report.left_out) > MOST_SHOWN:
        console.print(f"… and {len(report.left_out) - MOST_SHOWN} more; see --json.")
