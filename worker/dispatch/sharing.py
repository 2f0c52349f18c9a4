"""The day of a new marketing sender, shared by all who send at the same moment.

The gate looks at the share too, and from afar: this is the last look, while nobody else can take of it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.dispatch.admitting import Waiting
from worker.dispatch.flight import Ready
from worker.dispatch.ramping import SHARE_SENT, Ramps
from worker.store.models import Shop
from worker.store.shops import profile_of


def within_shares(session: Session, admitted: Sequence[Ready], now: datetime) -> tuple[list[Ready], list[Waiting]]:
    """Those that may still go today, and those that wait for the next day. Shops with a new sender stay locked."""
    ramping = sorted({ready.message.shop_id for ready in admitted if ready.is_ramping})
    if not ramping:
        return list(admitted), []
    # Not as strong a lock as would keep others from adding rows that belong to the shop.
    mine = select(Shop).where(Shop.id.in_(ramping)).order_by(Shop.id).with_for_update(key_share=True)
    shops = session.scalars(mine.execution_options(populate_existing=True)).all()
    profiles = {shop.id: profile_of(shop) for shop in shops}
    ramps = Ramps(session, now)
    going: list[Ready] = []
    waiting: list[Waiting] = []
    for ready in admitted:
        until = ramps.resumes_at(ready.message.shop_id, profiles[ready.message.shop_id]) if ready.is_ramping else None
        if until is None:
            going.append(ready)
        else:
            end = min(until, ready.message.expires_at)
            waiting.append(Waiting(ready=ready, until=end, reason=SHARE_SENT))
    return going, waiting
