"""What content is warned of and published all the same: names that nothing has, a language only some mails have."""

import difflib
from collections.abc import Mapping, Sequence
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.catalog import NamedThing, named_things
from worker.cli.output import counted
from worker.errors import Fault
from worker.rendering import formats
from worker.rendering.languages import untranslated
from worker.rendering.unread import unread
from worker.store.models import Product
from worker.store.shops import get_shop, profile_of

KINDS = {"products": "product id", "categories": "category", "brands": "brand", "tags": "tag"}
MOST_SHOWN = 12


def warnings_of(session: Session, shop_id: UUID, slug: str, files: Mapping[str, str]) -> list[Fault]:
    """All that is warned of in content without faults."""
    own = formats.language_of(formats.locale_of(profile_of(get_shop(session, slug)).locale))
    return [*unread(files), *untranslated(files, own), *unknown_names(session, shop_id, slug, files)]


def unknown_names(session: Session, shop_id: UUID, slug: str, files: Mapping[str, str]) -> list[Fault]:
    """A fault for each product id, category, brand or tag that a readable sequence names and the catalogue has not."""
    named = named_things(files)
    if not named:
        return []
    known = _known(session, shop_id)
    return [_fault(each, slug, known[each.kind]) for each in named if each.name.casefold() not in known[each.kind]]


def draw_warnings(console: Console, faults: Sequence[Fault]) -> None:
    for fault in faults[:MOST_SHOWN]:
        console.print(f"[yellow]![/] {escape(str(fault))}")
    if len(faults) > MOST_SHOWN:
        console.print(f"  … and {counted(len(faults) - MOST_SHOWN, 'warning')} more")


def _known(session: Session, shop_id: UUID) -> dict[str, dict[str, str]]:
    """By kind: what the catalogue has, in lower case -> as it is written there."""
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    columns = (Product.product_id, Product.category, Product.brand, Product.tags)
    for product_id, category, brand, tags in session.execute(select(*columns).where(Product.shop_id == shop_id)):
        for kind, names in zip(KINDS, ((product_id,), (category,), (brand,), tags), strict=True):
            found[kind].update(names)
    return {kind: {name.casefold(): name for name in sorted(names) if name} for kind, names in found.items()}


def _fault(each: NamedThing, slug: str, known: Mapping[str, str]) -> Fault:
    close = difflib.get_close_matches(each.name.casefold(), known, n=1)
    if close:
        remedy = f"Did you mean {known[close[0]]}?"
    elif known:
        remedy = "It counts once such a product is imported; until then, remove it or check its spelling."
    else:
        remedy = f"Bring the catalogue: `postpurchase products import {slug} FILE`."
    return Fault(
        each.file, each.line, f"{each.place}: no product of {slug} has the {KINDS[each.kind]} {each.name}.", remedy
    )
