"""Which webhooks are about a person: for erasing them, and for telling what is kept of them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement

from worker.store.models import InboundEvent

_PERSON = "customer:"


def customer_ref(external_id: str) -> str:
    """The `order_ref` of a webhook that is about a person, by the shop's id of them, and not about an order."""
    return f"{_PERSON}{external_id}"


def events_about(shop_id: UUID, refs: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """The webhooks about these orders (by the platform's ids) or people (by `customer_ref`)."""
    return InboundEvent.shop_id == shop_id, InboundEvent.order_ref.in_(refs)


def unread_bodies(shop_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Bodies that name nobody, since nothing was read from them; whom they are about, the address in them tells."""
    return InboundEvent.shop_id == shop_id, InboundEvent.order_ref.is_(None), InboundEvent.body.is_not(None)


def quoted(address: str) -> str:
    """The address as it stands in a JSON body: not as a part of a longer one."""
    return f'"{address}"'
