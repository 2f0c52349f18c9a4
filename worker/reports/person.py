"""Everything that is kept of one address in a shop, for the person who asks what is known of them.

Rows are found by their columns: by the address, by an order of it, or by a message to it or about such an order.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, Table, and_, or_, select
from sqlalchemy.orm import Session

from worker.errors import UserError
from worker.store.erasures import erased_at
from worker.store.models import (
    Attempt,
    Base,
    Click,
    CustomerRow,
    DeliveryEvent,
    DiscountCode,
    HiddenProduct,
    InboundEvent,
    Message,
    OfferedProduct,
    OrderRow,
    OutboxMail,
    Purchase,
    Shop,
    Suppression,
    Transition,
    WriteBack,
)
from worker.store.orders import normal_address
from worker.store.people import customer_ref, events_about, quoted, unread_bodies
from worker.store.suggestions import bought_by

KEPT: Mapping[str, type[Base]] = {
    "customer": CustomerRow,
    "suppressions": Suppression,
    "write_backs": WriteBack,
    "orders": OrderRow,
    "webhooks": InboundEvent,
    "messages": Message,
    "transitions": Transition,
    "attempts": Attempt,
    "delivery_events": DeliveryEvent,
    "clicks": Click,
    "outbox_mails": OutboxMail,
    "offered_products": OfferedProduct,
    "hidden_products": HiddenProduct,
    "codes": DiscountCode,
    "purchases": Purchase,
}
"""Every kind of row that is about a person."""
MACHINERY = {"shop_id", "version", "fence", "claims", "claimed_until", "lease_until", "dedupe_key", "person"}
"""Columns that tell nothing of anybody: leases, counters, keys. `person` is a hash of the address."""
SIGNED = {"headers", "html", "text"}
"""Of a kept mail: its links are signed, and act for its person."""
AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Person:
    """What is kept of an address: rows by kind, in plain JSON. `erased_at`: when it was last erased, if lately."""

    shop: str
    address: str
    made_at: datetime
    erased_at: datetime | None
    kept: Mapping[str, list[dict[str, Any]]]

    @property
    def counts(self) -> dict[str, int]:
        return {kind: len(rows) for kind, rows in self.kept.items()}

    def document(self) -> dict[str, Any]:
        """As JSON; times in ISO 8601, UTC."""
        times = {"made_at": _plain(self.made_at), "erased_at": _plain(self.erased_at)}
        return {"shop": self.shop, "address": self.address, **times, "kept": self.kept}


def read_person(session: Session, shop: Shop, reference: str, *, now: datetime) -> Person:
    """Everything that is kept of an address in this shop. `session`: a snapshot.

    Raises:
        UserError: nothing is, or there is no address.
    """
    address = normal_address(reference)
    if address is None:
        raise UserError("No address is given. Give one like mia@example.com.")
    erased = erased_at(session, shop.id, address, None)
    kept = {kind: list(_rows(session, table, shop.id, address)) for kind, table in KEPT.items()}
    if not any(kept.values()):
        but = f" They were erased on {erased:%Y-%m-%d}." if erased else " Look for other addresses of this person."
        raise UserError(f"Nothing is kept of {reference!r} in the shop {shop.slug!r}.{but}")
    return Person(shop=shop.slug, address=address, made_at=now, erased_at=erased, kept=kept)


def _rows(session: Session, kind: type[Base], shop_id: UUID, address: str) -> Iterator[dict[str, Any]]:
    if kind is InboundEvent:
        yield from _webhooks(session, shop_id, address)
        return
    table = _table(kind)
    mine = bought_by(session, shop_id, [address]) if kind is Purchase else _is_theirs(table, shop_id, address)
    here = (table.c.shop_id == shop_id,) if "shop_id" in table.c else ()
    hidden = MACHINERY | (SIGNED if kind is OutboxMail else set())
    for row in session.execute(_shown(table, hidden).where(mine, *here)).mappings():
        yield {name: _plain(value) for name, value in row.items()}


def _is_theirs(table: Table, shop_id: UUID, address: str) -> ColumnElement[bool]:
    """By the address, or by the order or message that a row hangs on."""
    orders = select(OrderRow.id).where(OrderRow.shop_id == shop_id, OrderRow.address == address)
    about = and_(Message.shop_id == shop_id, or_(Message.address == address, Message.order_id.in_(orders)))
    ways = {"order_id": orders, "message_id": select(Message.id).where(about)}
    found = [table.c[name].in_(among) for name, among in ways.items() if name in table.c]
    return or_(*found, table.c.address == address) if "address" in table.c else or_(*found)


def _webhooks(session: Session, shop_id: UUID, address: str) -> Iterator[dict[str, Any]]:
    """Those about the address's orders, with the bodies that are left, and other bodies that hold the address.

    Letters are compared without case, which no database does with bytes: these bodies are looked through here.
    """
    query = _shown(_table(InboundEvent), MACHINERY)
    orders = select(OrderRow.external_id).where(OrderRow.shop_id == shop_id, OrderRow.address == address)
    theirs = (InboundEvent.shop_id == shop_id, InboundEvent.order_ref.in_(orders))
    ids = select(CustomerRow.external_id).where(CustomerRow.shop_id == shop_id, CustomerRow.address == address)
    refs = [customer_ref(each) for each in session.scalars(ids) if each]
    maybe = or_(and_(*unread_bodies(shop_id)), and_(*events_about(shop_id, refs)))
    for row in session.execute(query.where(*theirs)).mappings():
        yield {name: _plain(value) for name, value in row.items()}
    for row in session.execute(query.where(maybe), execution_options={"yield_per": AT_ONCE}).mappings():
        if quoted(address) in (row["body"] or b"").decode(errors="replace").lower():
            yield {name: _plain(value) for name, value in row.items()}


def _table(kind: type[Base]) -> Table:
    return Base.metadata.tables[kind.__tablename__]


def _shown(table: Table, hidden: set[str]) -> Select[*tuple[Any, ...]]:
    """Oldest first: ids grow."""
    return select(*(column for column in table.c if column.name not in hidden)).order_by(table.c.id)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return _body(value.decode(errors="replace"))
    return str(value) if isinstance(value, UUID | Decimal) else value


def _body(text: str) -> Any:
    """A body as the JSON that it is; one that is none, or is too deep to be written again, as text."""
    try:
        orjson.dumps(orjson.loads(text))  # strict, and safe with what is deep
        return json.loads(text)  # keeps long numbers
    except (ValueError, orjson.JSONEncodeError):
        return text
