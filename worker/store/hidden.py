"""Products that people want to see no more, until they take it back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from worker.store.models import HiddenProduct
from worker.store.session import insert_into
from worker.store.types import new_id


def is_hidden(session: Session, shop_id: UUID, address: str, product_id: str) -> bool:
    """Whether the product is hidden from mails to the address."""
    return session.scalar(select(HiddenProduct.id).where(*_of(shop_id, address, product_id))) is not None


def hide(session: Session, shop_id: UUID, address: str, product_id: str, *, now: datetime) -> bool:
    """Hides a product; whether that is new. `address` is lower case."""
    made = {"shop_id": shop_id, "address": address, "product_id": product_id, "created_at": now}
    row = insert_into(session, HiddenProduct).values(id=new_id(), **made).on_conflict_do_nothing()
    return session.execute(row.returning(HiddenProduct.id)).scalar() is not None


def unhide(session: Session, shop_id: UUID, address: str, product_id: str) -> bool:
    """Takes it back; whether it was hidden."""
    gone = delete(HiddenProduct).where(*_of(shop_id, address, product_id)).returning(HiddenProduct.id)
    return session.execute(gone).scalar() is not None


def _of(shop_id: UUID, address: str, product_id: str) -> tuple[ColumnElement[bool], ...]:
    return HiddenProduct.shop_id == shop_id, HiddenProduct.address == address, HiddenProduct.product_id == product_id
