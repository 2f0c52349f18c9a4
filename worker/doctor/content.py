"""Whether mails can be made of what shops have published: an update of the program may have changed that."""

from sqlalchemy.orm import Session

from worker.doctor.checks import Check, fail, warn
from worker.preview.rehearsing import examine
from worker.store.content import load
from worker.store.models import Shop
from worker.store.shops import list_shops


def check_content(session: Session) -> list[Check]:
    """A line for each shop whose content has a fault; what comes with the program has none."""
    return [check for shop in list_shops(session) for check in _of(session, shop)]


def _of(session: Session, shop: Shop) -> list[Check]:
    number, content = load(session, shop.id, None)
    faults = examine(content) if number else []
    if not faults:
        return []
    back = f"Mend it and `postpurchase content push {shop.slug}`, or `postpurchase content rollback {shop.slug}`."
    if broken := examine(content, is_back=True):
        return [fail(f"shop {shop.slug}", f"Not every mail can be made of revision {number}: {broken[0]}", back)]
    return [warn(f"shop {shop.slug}", f"Revision {number} would not be published today: {faults[0]}", back)]
