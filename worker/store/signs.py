"""Signs that a person looks at mails: a human click, a refusal of a product. Opens prove nothing: machines open."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker.store.many import are_among
from worker.store.models import Click, HiddenProduct, Message

Person = tuple[UUID, str]


def last_signs(session: Session, people: Sequence[Person]) -> dict[Person, datetime]:
    """When each person last gave one; those who never did are left out."""
    if not people:
        return {}
    mine = are_among(session, Message.shop_id, Message.address, people)
    clicks = (
        select(Message.shop_id, Message.address, func.max(Click.human_at))
        .join(Click, Message.id == Click.message_id)
        .where(mine, Click.human_at.is_not(None))
        .group_by(Message.shop_id, Message.address)
    )
    hidden = (HiddenProduct.shop_id, HiddenProduct.address)
    refusals = select(*hidden, func.max(HiddenProduct.created_at)).where(are_among(session, *hidden, people))
    found = {(shop_id, address or ""): at for shop_id, address, at in session.execute(clicks) if at}
    for shop_id, address, at in session.execute(refusals.group_by(*hidden)):
        found[shop_id, address] = max(at, found.get((shop_id, address), at))
    return found
