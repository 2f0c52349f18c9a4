"""What people bought before, as far as it is known: orders told by webhooks and read, and imported ones."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from worker.store.many import given_among, once, rows_of
from worker.store.models import Learning, Purchase
from worker.store.suggestions import person_of

YEAR = timedelta(days=365)
TOP_SHARE = 0.1
LEAST_PEOPLE = 30
"""Of fewer buyers a tenth is nobody in particular."""
Person = tuple[UUID, str]


class PastOrder(NamedTuple):
    """`value`: what was paid for it, in the shop's currency; None: not told."""

    ref: str
    placed_at: datetime
    products: frozenset[str]
    value: Decimal | None


class Histories:
    """Orders of some people, read in two queries, and good for those people alone."""

    def __init__(self, session: Session, people: Iterable[Person]) -> None:
        wanted: defaultdict[UUID, set[str]] = defaultdict(set)
        for shop_id, address in people:
            if address:
                wanted[shop_id].add(address)
        rows = rows_of(session, _learnings(session), {"shops": list(wanted)}).all() if wanted else ()
        self._high_value_from: dict[UUID, Decimal | None] = {row.shop_id: row.high_value_from for row in rows}
        self._orders: dict[Person, list[PastOrder]] = {}
        # Shop by shop: asked for pairs of shop and person, SQLite would read every purchase there is.
        for row in rows:
            hashes = {person_of(row.person_key, address): address for address in wanted[row.shop_id]}
            self._orders |= _orders(session, row.shop_id, hashes)

    def orders(self, shop_id: UUID, address: str) -> Sequence[PastOrder]:
        """The person's orders, oldest first; the one at hand may be among them."""
        return self._orders.get((shop_id, address), ())

    def products(self, shop_id: UUID, address: str) -> frozenset[str]:
        """Ids of all that the person bought in them."""
        return frozenset[str]().union(*(order.products for order in self.orders(shop_id, address)))

    def high_value_from(self, shop_id: UUID) -> Decimal | None:
        """What the top tenth of the shop's customers spent in 12 months; None: too few to tell."""
        return self._high_value_from.get(shop_id)


def _orders(session: Session, shop_id: UUID, hashes: dict[str, str]) -> dict[Person, list[PastOrder]]:
    """`hashes`: as purchases name people -> their addresses."""
    found: defaultdict[Person, list[PastOrder]] = defaultdict(list)
    for row in rows_of(session, _purchases(session), {"shop": shop_id, "people": list(hashes)}).all():
        if row.products:  # an order that came to nothing keeps none
            order = PastOrder(row.order_ref, row.placed_at, frozenset(row.products), row.value)
            found[shop_id, hashes[row.person]].append(order)
    return {person: sorted(orders, key=lambda order: (order.placed_at, order.ref)) for person, orders in found.items()}


@once
def _learnings(session: Session) -> Select[*tuple[Any, ...]]:
    columns = (Learning.shop_id, Learning.person_key, Learning.high_value_from)
    return select(*columns).where(given_among(session, Learning.shop_id, "shops"))


@once
def _purchases(session: Session) -> Select[*tuple[Any, ...]]:
    columns = (Purchase.person, Purchase.order_ref, Purchase.placed_at, Purchase.products, Purchase.value)
    mine = (Purchase.shop_id == bindparam("shop"), given_among(session, Purchase.person, "people"))
    return select(*columns).where(*mine)


def top_spending(session: Session, shop_id: UUID, now: datetime) -> Decimal | None:
    """What a buyer of the last 12 months spent at least to be of the top tenth; None: too few buyers to tell."""
    recent = (Purchase.shop_id == shop_id, Purchase.placed_at > now - YEAR, Purchase.person != "")
    spent = select(func.sum(Purchase.value)).where(*recent, Purchase.value > 0).group_by(Purchase.person)
    sums = sorted((each for each in session.scalars(spent) if each is not None), reverse=True)
    return sums[max(int(len(sums) * TOP_SHARE) - 1, 0)] if len(sums) >= LEAST_PEOPLE else None
