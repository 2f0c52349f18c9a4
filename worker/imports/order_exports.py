"""Files of past orders: our own columns, and what Shopify and WooCommerce export. Each becomes lines in our words.

Shopify: Orders > Export, CSV. One row per line item; what is said of the order stands on its first row alone; there are
no product ids (help.shopify.com, "Exporting orders to a CSV file"). WooCommerce: the extension Customer/Order/Coupon
Export, "One row per item" (woocommerce.com, its documentation), or the plugin Advanced Order Export for WooCommerce
with one row per product.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.imports.cells import Row
from worker.imports.table import Rows, Sheet

OWN = ("order_id", "placed_at", "email", "product_id", "variant_id", "quantity", "price", "currency")
NEEDED = ("order_id", "placed_at", "product_id")
GONE = frozenset(
    {"cancelled", "canceled", "failed", "refunded", "voided", "expired", "trash", "checkout-draft", "draft"}
)
"""States of orders that came to nothing, in lower case, `wc-` taken off."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """One kind of file: our word -> its columns in lower case, the first that is there and filled counts.

    `mark`: columns by which the kind is known. `carried`: our words that only an order's first row fills.
    """

    name: str
    mark: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    carried: tuple[str, ...] = ()


SHOPIFY = Export(
    name="Shopify",
    mark=("name", "created at", "lineitem name"),
    columns={
        "order_id": ("id", "name"),
        "group": ("name",),
        "placed_at": ("created at",),
        "email": ("email",),
        "title": ("lineitem name",),
        "sku": ("lineitem sku",),
        "quantity": ("lineitem quantity",),
        "price": ("lineitem price",),
        "currency": ("currency",),
        "total": ("total",),
        "refunded": ("refunded amount",),
        "state": ("financial status",),
        "gone_at": ("cancelled at",),
    },
    carried=("order_id", "placed_at", "email", "currency", "total", "refunded", "state", "gone_at"),
)
WOOCOMMERCE = Export(
    name="WooCommerce",
    mark=("order_id", "item_name"),
    columns={
        "order_id": ("order_id",),
        "group": ("order_id",),
        "placed_at": ("order_date", "date"),
        "email": ("billing_email", "customer_email"),
        "product_id": ("item_product_id",),
        "title": ("item_name",),
        "sku": ("item_sku",),
        "quantity": ("item_quantity",),
        "currency": ("order_currency", "currency"),
        "total": ("order_total",),
        "refunded": ("refunded_total",),
        "state": ("status", "order_status"),
    },
)
ADVANCED = Export(
    name="Advanced Order Export",
    mark=("order number", "order date"),
    columns={
        "order_id": ("order id", "order number"),
        "group": ("order number",),
        "placed_at": ("order date",),
        "email": ("email (billing)",),
        "product_id": ("product id",),
        "title": ("item name", "product name", "name"),
        "sku": ("sku",),
        "quantity": ("quantity (- refund)", "quantity"),
        "currency": ("currency", "order currency"),
        "total": ("order total amount",),
        "refunded": ("order refund amount",),
        "state": ("order status",),
    },
    carried=("order_id", "placed_at", "email", "currency", "total", "refunded", "state"),
)
EXPORTS = (SHOPIFY, WOOCOMMERCE, ADVANCED)


def read_lines(path: Path) -> Rows:
    """One row per line of an order, in our words; `group` tells the rows of one order apart.

    Raises:
        ImportFileError: the file cannot be read, or has neither our columns nor those of an export.
    """
    sheet = Sheet(path)
    export = next((each for each in EXPORTS if set(each.mark) <= set(sheet.header)), None)
    if export is None:
        return sheet.rows(needed=NEEDED, known=OWN)
    rows = sheet.rows(needed=export.mark, known=None)
    return Rows(len(rows), lambda: _translated(rows, export))


def is_gone(row: Row) -> bool:
    """Whether the order came to nothing."""
    state = row.text("state").lower().removeprefix("wc-").replace(" ", "-")
    return state in GONE or bool(row.text("gone_at"))


def _translated(rows: Iterable[Row], export: Export) -> Iterator[Row]:
    group, first = "", dict[str, str]()
    for row in rows:
        cells = {word: _first_filled(row, columns) for word, columns in export.columns.items()}
        if cells["group"] and cells["group"] != group:
            group, first = cells["group"], {word: cells[word] for word in export.carried}
        cells = {word: value or first.get(word, "") for word, value in cells.items()}
        # The id stands on an order's first row alone; the name on all of them.
        yield Row(row.file, row.line, cells | {word: first[word] for word in first if first[word]}, row.faults)


def _first_filled(row: Row, columns: Sequence[str]) -> str:
    return next((value for column in columns if (value := row.cells.get(column, "").strip())), "")
