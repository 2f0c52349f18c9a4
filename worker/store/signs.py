"""Signs of a person: a human click, an answer, a refusal of a product, an order after a long silence of ours.

Opens prove nothing: machines open.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from schedules.facts import Facts
from schedules.segments import returned_at
from schedules.situations import is_own_wish
from worker.store.many import are_among, is_among
from worker.store.models import Click, HiddenProduct, Message, OrderRow

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
    for person, at in _returns(session, people).items():
        found[person] = max(at, found.get(person, at))
    return found


def _returns(session: Session, people: Sequence[Person]) -> dict[Person, datetime]:
    """When each person last ordered although we had long sent no marketing."""
    sent: defaultdict[Person, list[datetime]] = defaultdict(list)
    mine = (are_among(session, Message.shop_id, Message.address, people), Message.stream == "marketing")
    mails = select(Message.shop_id, Message.address, Message.accepted_at).where(*mine, Message.accepted_at.is_not(None))
    for shop_id, address, at in session.execute(mails):
        if at is not None:
            sent[shop_id, address or ""].append(at)
    placed: defaultdict[Person, dict[datetime, UUID]] = defaultdict(dict)
    whose = are_among(session, OrderRow.shop_id, OrderRow.address, people)
    orders = select(OrderRow.shop_id, OrderRow.address, OrderRow.placed_at, OrderRow.id).where(whose)
    for shop_id, address, at, order_id in session.execute(orders):
        if at is not None:
            placed[shop_id, address or ""][at] = order_id
    late = {person: returned_at(times, sent[person]) for person, times in placed.items()}
    wished = _wished(session, [placed[person][at] for person, times in late.items() for at in times])
    newest = {person: [at for at in times if placed[person][at] in wished] for person, times in late.items()}
    return {person: times[0] for person, times in newest.items() if times}


def _wished(session: Session, order_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the orders that a person placed by themselves."""
    if not order_ids:
        return set()
    rows = session.execute(select(OrderRow.id, OrderRow.facts).where(is_among(session, OrderRow.id, order_ids)))
    return {order_id for order_id, facts in rows if _is_wish(facts)}


def _is_wish(facts: Any) -> bool:
    """What cannot be read is none: other people's mails are judged beside it."""
    try:
        return is_own_wish(Facts.model_validate(facts))
    except ValidationError:
        return False
