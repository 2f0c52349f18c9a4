"""Orders and customers: found, locked, made once. Addresses are lower case."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from schedules import reasons
from schedules.facts import Facts
from schedules.lifecycle import RETURNED
from schedules.sequence import FURTHEST_COMBINED
from worker.store.gate_rows import SeenOrder
from worker.store.models import CustomerRow, Message, OrderRow, Shop
from worker.store.session import insert_into
from worker.store.types import new_id

PENDING_MESSAGE = or_(Message.state == literal_column("'scheduled'"), Message.state == literal_column("'held'"))
RETURNED_MESSAGE = Message.state.in_([literal_column(f"'{state.value}'") for state in RETURNED])
"""With the very words of `ix_message_returned`, which also wants to know when they expire."""
SIBLING_SPAN = FURTHEST_COMBINED
"""Orders of one address placed this close together may share a follow-up."""


def normal_address(email: str | None) -> str | None:
    """The address as a key: trimmed, lower case; None when there is none."""
    return (email or "").strip().lower() or None


def facts_of(order: OrderRow | SeenOrder) -> Facts:
    return Facts.model_validate(order.facts)


def pinned_facts(order: OrderRow | SeenOrder) -> Facts:
    """The facts with locale and time zone as they were when the order was placed."""
    kept = {name: order.pinned[name] for name in ("locale", "timezone") if order.pinned.get(name)}
    told = order.facts.get("order")
    if not kept or not isinstance(told, dict):
        return facts_of(order)
    return Facts.model_validate(order.facts | {"order": told | kept})


def locked_order(
    session: Session, shop_id: UUID, external_id: str, *, source_id: UUID | None, now: datetime
) -> OrderRow:
    """The order's row, made if missing, locked until the unit ends."""
    made = {
        "id": new_id(),
        "shop_id": shop_id,
        "source_id": source_id,
        "external_id": external_id,
        "facts": Facts().model_dump(mode="json"),
        "created_at": now,
        "updated_at": now,
    }
    session.execute(insert_into(session, OrderRow).values(_with_defaults(made)).on_conflict_do_nothing())
    found = select(OrderRow).where(OrderRow.shop_id == shop_id, OrderRow.external_id == external_id)
    return session.scalars(found.with_for_update().execution_options(populate_existing=True)).one()


def lock_order(session: Session, order_id: UUID) -> OrderRow:
    """The order's row as it is now, locked until the unit ends."""
    found = select(OrderRow).where(OrderRow.id == order_id).with_for_update()
    return session.scalars(found.execution_options(populate_existing=True)).one()


def locked_customer(session: Session, shop_id: UUID, address: str, *, now: datetime) -> CustomerRow:
    """The customer's row, made if missing, locked until the unit ends."""
    made = {"id": new_id(), "shop_id": shop_id, "address": address, "created_at": now, "updated_at": now}
    made |= {"consent": "unknown", "version": 0}
    found = select(CustomerRow).where(CustomerRow.shop_id == shop_id, CustomerRow.address == address)
    found = found.with_for_update().execution_options(populate_existing=True)
    row = None
    while row is None:  # the unit that it waited for may have erased the person
        session.execute(insert_into(session, CustomerRow).values(made).on_conflict_do_nothing())
        row = session.scalars(found).one_or_none()
    return row


def find_customers(
    session: Session, shop_id: UUID, *, address: str | None, external_id: str | None
) -> Sequence[CustomerRow]:
    """The people behind an address or a platform's id; several when one person used several addresses."""
    found: dict[UUID, CustomerRow] = {}
    for column, value in ((CustomerRow.address, address), (CustomerRow.external_id, external_id)):
        if value is not None:
            rows = session.scalars(select(CustomerRow).where(CustomerRow.shop_id == shop_id, column == value))
            found |= {row.id: row for row in rows}
    return list(found.values())


def addresses_of_person(session: Session, shop_id: UUID, address: str) -> list[str]:
    """The address, and others that the platform knows the same person by."""
    ids = {row.external_id for row in find_customers(session, shop_id, address=address, external_id=None)} - {None}
    known = (find_customers(session, shop_id, address=None, external_id=each) for each in ids)
    return sorted({address, *(row.address for rows in known for row in rows)})


def orders_of_addresses(session: Session, shop_id: UUID, addresses: Sequence[str]) -> Sequence[OrderRow]:
    same = (OrderRow.shop_id == shop_id, OrderRow.address.in_(addresses))
    return session.scalars(select(OrderRow).where(*same).order_by(OrderRow.id)).all()


def addresses_with_orders(session: Session, shop_id: UUID, addresses: Collection[str]) -> set[str]:
    """Those of the addresses that orders are known of."""
    same = (OrderRow.shop_id == shop_id, OrderRow.address.in_(addresses))
    return {address for address in session.scalars(select(OrderRow.address).where(*same).distinct()) if address}


def orders_by_external(session: Session, shop_id: UUID, external_ids: Sequence[str]) -> Sequence[OrderRow]:
    same = (OrderRow.shop_id == shop_id, OrderRow.external_id.in_(external_ids))
    return session.scalars(select(OrderRow).where(*same).order_by(OrderRow.id)).all()


def orders_to_replan(session: Session, shop_id: UUID, now: datetime) -> Sequence[UUID]:
    """Orders for which new content or settings may change something.

    They have a scheduled or held message, or one that older content or settings cancelled before its time had passed.
    """
    is_ours = (Message.state == literal_column("'cancelled'")) & Message.reason.in_(sorted(reasons.BY_SETTINGS))
    may_change = or_(PENDING_MESSAGE, is_ours & (Message.expires_at > now))
    query = select(Message.order_id).where(Message.shop_id == shop_id, may_change).distinct()
    return session.scalars(query.order_by(Message.order_id)).all()


def orders_with_returned(session: Session, now: datetime) -> Sequence[OrderRow]:
    """Orders of connected shops with a mail that came back, in its time, from another address than the order has now,
    and did not go again. As long as nobody corrects an address while its mail is on its way, there are none.
    """
    again = aliased(Message)
    same = (getattr(again, name) == getattr(Message, name) for name in ("order_id", "sequence", "step", "parcel_group"))
    went_again = select(again.id).where(*same, again.occurrence > Message.occurrence).exists()
    back = (RETURNED_MESSAGE, Message.expires_at > now, Message.address != OrderRow.address, ~went_again)
    connected = select(Message.order_id).join(Shop, Shop.id == Message.shop_id).where(Shop.uninstalled_at.is_(None))
    found = connected.join(OrderRow, OrderRow.id == Message.order_id).where(*back)
    return session.scalars(select(OrderRow).where(OrderRow.id.in_(found)).order_by(OrderRow.id)).all()


def _with_defaults(values: dict[str, Any]) -> dict[str, Any]:
    return {"number": "", "version": 0, "pinned": {}, "unsent": {}, "imported": False, "is_apart": True} | values
