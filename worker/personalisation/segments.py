"""Who a customer is to the shop."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.facts import Facts
from schedules.shop import ShopProfile
from worker.store.models import CustomerRow, OrderRow


def is_first_time(session: Session, shop_id: UUID, profile: ShopProfile, address: str, facts: Facts) -> bool:
    """`is_first_order`, asked of the database."""
    order = facts.order
    if order is None:
        return False
    others = select(OrderRow.id).where(
        OrderRow.shop_id == shop_id, OrderRow.address == address, OrderRow.external_id != order.id
    )
    mine = (CustomerRow.shop_id == shop_id, CustomerRow.address == address)
    return is_first_order(
        profile,
        facts,
        has_others=session.scalars(others.limit(1)).first() is not None,
        orders_known=session.scalars(select(CustomerRow.orders_count).where(*mine)).first(),
    )


def is_first_order(profile: ShopProfile, facts: Facts, *, has_others: bool, orders_known: int | None) -> bool:
    """Whether this is known to be the person's first order: the platform counts one, or imported history has no other.

    `orders_known`: the platform's count at the person. Where nothing is known it is not: first-time words and codes
    need certainty.
    """
    if facts.order is None or has_others:
        return False
    counts = (facts.order.customer.orders_count, orders_known)
    count = max((each for each in counts if each is not None), default=None)
    return count <= 1 if count is not None else profile.history_imported
