"""Whether mails can be made of what shops have published: an update of the program may have changed that.

Examining takes seconds for each shop: what this very program has found sound is not looked at again.
"""

import structlog
from sqlalchemy.orm import Session

from worker.doctor.checks import Check, fail, warn
from worker.errors import StorageUnavailableError
from worker.preview.rehearsing import examine
from worker.store.content import judge_sound, judged_by, load, newest_number
from worker.store.models import Shop
from worker.store.session import Database
from worker.store.shops import connected_shops
from worker.version import made_of

log = structlog.get_logger()


def check_content(session: Session, database: Database) -> list[Check]:
    """A line for each connected shop whose content has a fault; what comes with the program has none."""
    return [check for shop in connected_shops(session) for check in _of(session, database, shop)]


def _of(session: Session, database: Database, shop: Shop) -> list[Check]:
    number = newest_number(session, shop.id)
    if not number or judged_by(session, shop.id, number) == made_of():
        return []
    _, content = load(session, shop.id, number)
    faults = examine(content)
    if not faults:
        _keep(database, shop, number)
        return []
    back = f"Mend it and `postpurchase content push {shop.slug}`, or `postpurchase content rollback {shop.slug}`."
    if broken := examine(content, is_back=True):
        return [fail(f"shop {shop.slug}", f"Not every mail can be made of revision {number}: {broken[0]}", back)]
    return [warn(f"shop {shop.slug}", f"Revision {number} would not be published today: {faults[0]}", back)]


def _keep(database: Database, shop: Shop, number: int) -> None:
    try:
        with database.write() as session:
            judge_sound(session, shop.id, number, made_of())
    except StorageUnavailableError as error:
        log.warning("doctor.content.unkept", shop=shop.slug, error=str(error))  # it is examined again
