"""Purchases kept for learning, and the suggestions learned from them."""

import hmac
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Double, Text, cast, delete, extract, func, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from worker.store.models import Learning, Purchase, Rhythm, Suggestion
from worker.store.session import insert_into, is_postgres
from worker.store.shelf import ShelfProduct, ShelfSuggestion, shelf_products, shelf_suggestions, told_apart
from worker.store.types import new_id

CHUNK, READ_AT_ONCE = 1000, 10_000
DAY_S, JULIAN_1970 = 86400, 2440587.5
TOLD = ("person", "placed_at", "products", "value")


def learning_of(session: Session, shop_id: UUID) -> Learning:
    """The shop's row, made if missing."""
    values = {"shop_id": shop_id, "person_key": secrets.token_hex(32), "is_stale": True, "figures": {}}
    session.execute(insert_into(session, Learning).values(values).on_conflict_do_nothing())
    return session.get_one(Learning, shop_id, populate_existing=True)


def person_of(key: str, address: str | None) -> str:
    """A hash that tells one person's orders apart from others', and nobody's name; empty without an address."""
    return hmac.digest(key.encode(), address.encode(), "sha256").hex() if address else ""


def keep_purchases(session: Session, shop_id: UUID, rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Adds or replaces purchases by `order_ref`; says how many were new, and how many different."""
    added = changed = 0
    statement = insert_into(session, Purchase)
    told = {name: statement.excluded[name] for name in (*TOLD, "imported")}
    statement = statement.on_conflict_do_update(index_elements=["shop_id", "order_ref"], set_=told)
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        known = _known(session, shop_id, part)
        # A cancelled order that was never kept is no news.
        new = [row for row in part if row["order_ref"] not in known and row["products"]]
        other = [row for row in part if row["order_ref"] in known and _differs(row, known[row["order_ref"]])]
        if new or other:
            session.execute(statement, [{"id": new_id(), "shop_id": shop_id, **row} for row in (*new, *other)])
        added, changed = added + len(new), changed + len(other)
    return added, changed


def purchase_columns(
    session: Session, shop_id: UUID
) -> Iterator[tuple[Sequence[str], Sequence[float], list[list[str]]]]:
    """All purchases of a shop by the thousand: persons, days since 1970, and lists of product ids.

    The database turns times into numbers and a list of lists is parsed at once: a million orders are seconds, not half
    a minute.
    """
    query = select(Purchase.person, _days(session), cast(Purchase.products, Text)).where(_all_of(session) == shop_id)
    rows = session.connection().execution_options(yield_per=READ_AT_ONCE).execute(query)
    for part in rows.partitions():
        people, days, lists = zip(*part, strict=True)
        yield people, days, orjson.loads(f"[{','.join(lists)}]")


def _all_of(session: Session) -> ColumnElement[Any]:
    """The shop's id; on SQLite with the + that makes it read row after row instead of jumping about after an index."""
    shop_id: ColumnElement[Any] = Purchase.shop_id.expression
    if is_postgres(session):
        return shop_id
    return UnaryExpression(shop_id, operator=custom_op("+"), type_=shop_id.type)


def _days(session: Session) -> ColumnElement[Any]:
    if not is_postgres(session):
        return func.julianday(Purchase.placed_at) - JULIAN_1970
    return cast(extract("epoch", Purchase.placed_at) / DAY_S, Double)


def _known(session: Session, shop_id: UUID, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    columns = (Purchase.order_ref, Purchase.imported, *(getattr(Purchase, name) for name in TOLD))
    mine = (Purchase.shop_id == shop_id, Purchase.order_ref.in_([row["order_ref"] for row in rows]))
    return {row.order_ref: row for row in session.execute(select(*columns).where(*mine))}


def _differs(row: Mapping[str, Any], known: Any) -> bool:
    """An imported order never replaces what the shop itself told."""
    if row["imported"] and not known.imported:
        return False
    return any(getattr(known, name) != row[name] for name in TOLD)


def mark_stale(session: Session, shop_id: UUID) -> None:
    """The next fit learns anew."""
    session.execute(update(Learning).where(Learning.shop_id == shop_id).values(is_stale=True))


def forget_purchases(
    session: Session, shop_id: UUID, addresses: Iterable[str] | None = None, *, orders: Sequence[str] | None = None
) -> None:
    """Makes the purchases of these people, or these orders, nobody's; without either, those of everybody."""
    mine = Purchase.shop_id == shop_id
    if orders is not None:
        mine = mine & Purchase.order_ref.in_(orders)
    if addresses is not None:
        mine = mine & bought_by(session, shop_id, addresses)
    session.execute(update(Purchase).where(mine).values(person=""))


def bought_by(session: Session, shop_id: UUID, addresses: Iterable[str]) -> ColumnElement[bool]:
    """Whether a purchase of the shop is one of these people's."""
    key = session.scalar(select(Learning.person_key).where(Learning.shop_id == shop_id))
    return Purchase.person.in_([person_of(key, address) for address in addresses if address] if key else [])


def replace_suggestions(session: Session, shop_id: UUID, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    session.execute(delete(Suggestion).where(Suggestion.shop_id == shop_id))
    stamp = {"shop_id": shop_id, "computed_at": now}
    if rows:
        session.execute(insert(Suggestion), [{"id": new_id(), **row, **stamp} for row in rows])


def replace_rhythms(session: Session, shop_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    session.execute(delete(Rhythm).where(Rhythm.shop_id == shop_id))
    if rows:
        session.execute(insert(Rhythm), [{"shop_id": shop_id, **row} for row in rows])


def rhythms_of(session: Session, shop_id: UUID, products: Iterable[str]) -> dict[str, float]:
    """Product id -> after how many days people buy it again; those without a rhythm are left out."""
    mine = (Rhythm.shop_id == shop_id, Rhythm.product_id.in_(sorted(products)))
    return {row.product_id: row.days for row in session.execute(select(Rhythm.product_id, Rhythm.days).where(*mine))}


def suggestions_for(
    session: Session, shop_id: UUID, products: Iterable[str], categories: Iterable[str]
) -> list[tuple[ShelfSuggestion, ShelfProduct]]:
    """What was learned for these products and categories, with the variants that offers tell apart."""
    found = shelf_suggestions(session, shop_id, sorted(products), sorted(categories))
    variants: defaultdict[str, list[ShelfProduct]] = defaultdict(list)
    for product in shelf_products(session, {(shop_id, suggestion.product_id) for suggestion in found}):
        variants[product.product_id].append(product)
    kept = {product_id: told_apart(rows) for product_id, rows in variants.items()}
    return [(suggestion, product) for suggestion in found for product in kept.get(suggestion.product_id, ())]
