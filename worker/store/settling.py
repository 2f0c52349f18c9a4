"""What a shop's orders are planned by, its content and settings: it does not change under a unit that plans."""

from uuid import UUID

from sqlalchemy.orm import Session

from worker.store.locks import lock, share


def settle(session: Session, shop_id: UUID) -> None:
    """Lets nobody change it for a shop until this unit ends: what is read of it from now on stays the newest.

    Before any row is locked: who waits here waits for units that may want it.
    """
    share(session, f"planning:{shop_id}")


def wait_for_planning(session: Session, shop_id: UUID) -> None:
    """Before it is changed: waits for units that plan by the older, so that what they let wait is seen, and for others
    who change it."""
    lock(session, f"planning:{shop_id}")
