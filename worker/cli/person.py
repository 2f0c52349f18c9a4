"""`postpurchase person`: what is kept of somebody who asks for it."""

import json as json_format
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from worker.cli.context import opened
from worker.cli.output import JsonFlag, grid, show
from worker.cli.shops import Slug
from worker.reports.person import Person, read_person
from worker.store.private_files import private_file, refuse_existing
from worker.store.shops import get_shop

To = Annotated[
    Path | None,
    typer.Option("--to", metavar="FILE", help="Write it into one new file, which only you may read."),
]


def person(
    shop: Slug,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Their email address.")],
    to: To = None,
    json: JsonFlag = False,
) -> None:
    """Everything that is kept of one address in a shop: the answer when somebody asks for their data.

    It changes nothing. --json prints the document; with --to it goes into the file, and --json tells what is in it.
    """
    if to is not None:
        refuse_existing(to)
    with opened() as installation, installation.database.snapshot() as session:
        owner = get_shop(session, shop)
        found = read_person(session, owner, address, now=installation.clock.now())
    document = found.document()
    if to is not None:
        _write(document, to)
        document = {"shop": found.shop, "address": found.address, "file": str(to), "counts": found.counts}
    show(document, json, lambda console: _draw(console, found, to))


def _write(document: Mapping[str, Any], path: Path) -> None:
    with private_file(path) as file:
        file.write(json_format.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n")


def _draw(console: Console, found: Person, to: Path | None) -> None:
    console.print(f"[bold]What is kept of {escape(found.address)}[/] in {escape(found.shop)}")
    rows = grid()
    for kind, count in found.counts.items():
        if count:
            rows.add_row(kind.replace("_", " "), str(count))
    console.print(Padding(rows, (0, 0, 0, 2)))
    if found.erased_at is not None:
        console.print(f"They were erased on {found.erased_at:%Y-%m-%d}.")
    if to is None:
        console.print("--to FILE writes all of it into a file, --json prints it.")
    else:
        console.print(f"All of it is in {escape(str(to))}. Only you may read the file: it holds a customer's data.")
