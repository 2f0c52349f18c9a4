"""Who a customer is to the shop."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.facts import Facts
from schedules.shop import ShopProfile
from worker.store.models import CustomerRow, OrderRow


def is_first_time(session: Session, shop_id: UUID, profile: ShopProfile, address: str, facts: Facts) -> bool:
    """Whether this is known to be the person's first order: the platform counts one, or imported history has no other.

    Where nothing is known it is not: first-time words and codes need certainty.
    """
    order = facts.order
    if order is None:
        return False
    others = select(OrderRow.id).where(
        OrderRow.shop_id == shop_id, OrderRow.address == address, OrderRow.external_id != order.id
    )
    if session.scalars(others.limit(1)).first() is not None:
        return False
    mine = (CustomerRow.shop_id == shop_id, CustomerRow.address == address)
    counts = (order.customer.orders_count, session.scalars(select(CustomerRow.orders_count).where(*mine)).first())
    count = max((each for each in counts if each is not None), default=None)
    return count <= 1 if count is not None else profile.history_imported
