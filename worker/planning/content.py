"""The sequence that an order is planned by."""

from functools import lru_cache

from sqlalchemy import select

from schedules.catalog import load_sequence, packaged_sequence
from schedules.sequence import Sequence
from worker.planning.unit import Unit
from worker.store.models import OrderRow, Revision

SEQUENCE_FILE = "sequences/post_purchase.yaml"


def sequence_for(unit: Unit, order: OrderRow) -> Sequence:
    """The newest published sequence of the shop, or the packaged one. The order keeps the revision it began with."""
    newest = select(Revision.number, Revision.files[SEQUENCE_FILE]).where(Revision.shop_id == unit.shop.id)
    found = unit.session.execute(newest.order_by(Revision.number.desc()).limit(1)).one_or_none()
    if found is None or found[1] is None:
        return _packaged()
    if order.revision is None:
        order.revision = found[0]
    return _parsed(found[1])


@lru_cache(maxsize=64)
def _parsed(text: str) -> Sequence:
    return load_sequence({SEQUENCE_FILE: text})


@lru_cache(maxsize=1)
def _packaged() -> Sequence:
    return packaged_sequence()
