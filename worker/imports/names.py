"""What the catalogue calls things, for files that name them."""

import difflib
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.imports.cells import Row
from worker.store.models import Product

KINDS = {"product": "id", "category": "category", "tag": "tag"}
"""What a column's name ends with -> what to call what stands in it."""


class Names:
    """Product ids, categories and tags of one shop."""

    def __init__(self, session: Session, shop_id: UUID) -> None:
        known: dict[str, set[str]] = {kind: set() for kind in KINDS}
        columns = (Product.product_id, Product.category, Product.tags)
        for product_id, category, tags in session.execute(select(*columns).where(Product.shop_id == shop_id)):
            known["product"].add(product_id)
            known["category"].add(category)
            known["tag"].update(map(str, tags))
        self._known = {kind: {name.casefold(): name for name in sorted(names)} for kind, names in known.items()}
        self._exact = known
        self._remarks: dict[tuple[int, str], str] = {}

    def has_product(self, product_id: str) -> bool:
        return product_id in self._exact["product"]

    def spelled(self, row: Row, column: str) -> str:
        """The cell as the catalogue writes it: a category in small letters is the same. What it lacks is remarked on,
        for such a row leads to nothing until there is such a product."""
        name, kind = row.ident(column), column.rpartition("_")[2]
        if not name or name in self._exact[kind]:
            return name
        if kind != "product" and name.casefold() in self._known[kind]:
            return self._known[kind][name.casefold()]
        if (row.line, column) not in self._remarks:  # each row is read twice
            fault = f"Line {row.line} leads to nothing: no product has the {KINDS[kind]} {name}."
            self._remarks[row.line, column] = fault + self._hint(kind, name)
        return name

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences on names that no product has."""
        return tuple(self._remarks.values())

    def _hint(self, kind: str, name: str) -> str:
        known = {} if kind == "product" else self._known[kind]  # ids are many, and all alike
        close = difflib.get_close_matches(name.casefold(), known, n=1)
        return f" Did you mean {known[close[0]]}?" if close else ""
