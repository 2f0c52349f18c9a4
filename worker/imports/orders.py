"""Past orders: what was bought together, by whom and for how much, long before the first webhook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.shop import ShopProfile
from worker.imports.cells import LARGEST, PLACES, Row
from worker.imports.order_exports import is_gone, read_lines
from worker.imports.report import ImportReport, Progress, no_progress
from worker.imports.storing import chunks, lock_imports
from worker.imports.table import STEP, Faults
from worker.store.models import Product, Shop
from worker.store.orders import normal_address
from worker.store.session import Database
from worker.store.shops import profile_of
from worker.store.suggestions import keep_purchases, learning_of, mark_stale, person_of

MOST_NAMED = 5


@dataclass(slots=True)
class _Order:
    """What a file tells of one order; the address is forgotten once its hash is made."""

    ref: str
    address: str
    placed_at: datetime
    value: Decimal | None
    products: set[str] = field(default_factory=set)

    def row(self, key: str) -> dict[str, Any]:
        return {
            "order_ref": self.ref,
            "person": person_of(key, self.address),
            "placed_at": self.placed_at,
            "products": sorted(self.products),
            "value": None if self.value is None else round(self.value, PLACES),
            "imported": True,
        }


def import_orders(database: Database, shop_id: UUID, path: Path, *, progress: Progress = no_progress) -> ImportReport:
    """Adds and changes past orders, one line each per product. Of an address only a keyed hash is kept.

    They start no mail. An order that the shop itself told of stays as told. Of exports without product ids the products
    are found by their title in the catalogue.

    Raises:
        ImportFileError: anything in the file is wrong; nothing was changed.
    """
    with database.read() as session:
        taker = _taker(session, shop_id)
    rows, faults = read_lines(path), Faults()
    for number, row in enumerate(rows, 1):
        taker.take(row)
        faults.add(row.faults)
        if number % STEP == 0 or number == len(rows):
            progress(number, 2 * len(rows))
    faults.refuse()
    report = _keep(database, shop_id, taker.made(), len(rows), progress)
    return replace(report, left_out=tuple(taker.remarks()))


def _taker(session: Session, shop_id: UUID) -> "_Taker":
    columns = (Product.title, Product.short_title, Product.product_id, Product.variant_id)
    query = select(*columns).where(Product.shop_id == shop_id)
    titles, names = dict[str, str](), dict[str, str]()
    for title, short_title, product_id, variant_id in session.execute(
        query.order_by(Product.product_id, Product.variant_id)
    ):
        titles.setdefault(title.casefold(), product_id)
        titles.setdefault(short_title.casefold(), product_id)
        names |= {name: product_id for name in (product_id, variant_id) if name}
    return _Taker(profile=profile_of(session.get_one(Shop, shop_id)), titles=titles, names=names)


def _keep(database: Database, shop_id: UUID, orders: Sequence[_Order], lines: int, progress: Progress) -> ImportReport:
    report, done = ImportReport(), 0
    for part in chunks(orders):
        with database.write() as session:
            lock_imports(session, shop_id)
            key = learning_of(session, shop_id).person_key
            added, changed = keep_purchases(session, shop_id, [order.row(key) for order in part])
            if added or changed:
                mark_stale(session, shop_id)
        report += ImportReport(added=added, changed=changed, unchanged=len(part) - added - changed)
        done += len(part)
        progress(lines + lines * done // len(orders), 2 * lines)
    return report


@dataclass
class _Taker:
    """Puts lines together to orders. `titles`: of the catalogue, folded -> product; `names`: its ids -> product."""

    profile: ShopProfile
    titles: Mapping[str, str]
    names: Mapping[str, str]
    orders: dict[str, _Order] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)

    def take(self, row: Row) -> None:
        """One line, added to its order. Lines of no pieces are taken for removed."""
        if is_gone(row):
            return
        ref, product = row.ident("order_id", needed=True).removeprefix("#"), self._product(row)
        placed_at, address = self._moment(row), normal_address(row.text("email"))
        quantity, price = row.decimal("quantity"), row.decimal("price")
        if address and "@" not in address:
            row.fault("email is no address.", "Write one like mia@example.com, or leave it empty.")
        if row.faults or placed_at is None:
            return
        order = self.orders.setdefault(ref, _Order(ref, address or "", placed_at, self._total(row)))
        if (order.placed_at, order.address) != (placed_at, address or ""):
            row.fault(f"order {ref} has another time or email above.", "Write the same on all its lines.")
        elif quantity != 0:
            order.products.add(product)
            if not row.has("total") and price is not None and self._is_ours(row):
                order.value = (order.value or Decimal(0)) + price * (1 if quantity is None else quantity)
            if order.value is not None and order.value >= LARGEST:
                row.fault(f"order {ref} comes to {order.value}, which is no amount.", "Mend its prices or quantities.")

    def made(self) -> list[_Order]:
        """The orders of which something was kept."""
        return [order for order in self.orders.values() if order.products]

    def remarks(self) -> list[str]:
        """What to tell of products that the catalogue doesn't have."""
        if not self.unknown:
            return []
        few = ", ".join(list(self.unknown)[:MOST_NAMED])
        more = f" and {len(self.unknown) - MOST_NAMED} more" if len(self.unknown) > MOST_NAMED else ""
        return [f"Not in the catalogue, so never suggested: {few}{more}. Import products first, then orders again."]

    def _product(self, row: Row) -> str:
        """By its id, else by its title (a variant's name may follow after " - "), else by its SKU."""
        told = row.ident("product_id", needed=not row.has("title"))
        if told:
            return told
        title = row.text("title", needed=True)
        folded = title.casefold()
        while folded not in self.titles and " - " in folded:
            folded = folded.rpartition(" - ")[0]
        found = self.titles.get(folded) or self.names.get(row.text("sku"))
        if not found and title:
            self.unknown[title] = None
        return found or title

    def _is_ours(self, row: Row) -> bool:
        return row.text("currency") in ("", self.profile.currency)

    def _total(self, row: Row) -> Decimal | None:
        """What was paid for the order, refunds taken off, where the file tells it in the shop's currency."""
        total, refunded = row.decimal("total"), row.decimal("refunded")
        return max(total - (refunded or 0), Decimal(0)) if total is not None and self._is_ours(row) else None

    def _moment(self, row: Row) -> datetime | None:
        """A time without a zone is the shop's in an export, and UTC in our own columns."""
        text = row.text("placed_at", needed=True)
        if not text:
            return None
        zone = ZoneInfo(self.profile.timezone) if row.has("group") else UTC
        try:
            moment = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").replace(" UTC", "+00:00"))
            return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError):  # the second: at the ends of the calendar, which some exports write
            row.fault(f"placed_at is '{text}', which is no time.", "Write it like 2026-05-14T09:30:00Z.")
            return None
