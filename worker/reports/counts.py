"""What `status` and /metrics count, each read from an index alone: bodies and facts are never touched."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from schedules.lifecycle import SENT
from worker.store.models import Click, InboundEvent, Message, OrderRow, Shop, Source, Suppression
from worker.store.models.messages import AGAIN

CONFIRMATION = "confirmation"
ALL = ""
"""In place of a step: all steps of the shop together."""
EVENT_STATES = ("stored", "planned", "ignored", "failed")


class MessageCount(NamedTuple):
    shop: str
    step: str
    stream: str
    state: str
    number: int


class EventCount(NamedTuple):
    """`newest`: when the last webhook came, business time. `states`: how many are in each, none left out."""

    shop: str
    source: str
    newest: datetime | None
    states: dict[str, int]


class ClickCount(NamedTuple):
    """`raw`: all fetches of links of a kind; `human`: those that people seem to have made."""

    shop: str
    step: str
    kind: str
    raw: int
    human: int


class ShopCount(NamedTuple):
    """How many rows of a kind a shop has. `kind`: a step, a scope; empty where there are no kinds."""

    shop: str
    kind: str
    number: int


def message_counts(session: Session) -> list[MessageCount]:
    """Messages by shop, step, stream and state."""
    groups = (Message.shop_id, Message.step, Message.stream, Message.state)
    counted = select(*groups, func.count().label("count")).group_by(*groups).subquery()
    columns = (counted.c.step, counted.c.stream, counted.c.state, counted.c.count)
    query = select(Shop.slug, *columns).join(counted, counted.c.shop_id == Shop.id)
    return sorted(MessageCount(*row) for row in session.execute(query))


def event_counts(session: Session) -> list[EventCount]:
    """Webhooks by shop and source; every source has a line."""
    states = [func.sum(case((InboundEvent.state == state, 1), else_=0)).label(state) for state in EVENT_STATES]
    figures = (func.max(InboundEvent.received_at).label("newest"), *states)
    counted = select(InboundEvent.source_id, *figures).group_by(InboundEvent.source_id).subquery()
    query = (
        select(Shop.slug, Source.kind, counted)
        .join(Source, Source.shop_id == Shop.id)
        .join(counted, counted.c.source_id == Source.id, isouter=True)
        .order_by(Shop.slug, Source.kind)
    )
    return [
        EventCount(row.slug, row.kind, row.newest, {state: getattr(row, state) or 0 for state in EVENT_STATES})
        for row in session.execute(query)
    ]


def order_counts(session: Session, *, since: datetime | None = None) -> list[ShopCount]:
    """Orders by shop; every shop has a line. `since`: only those that were placed after it, whenever they became known.

    Those of which nothing was told but that they must be erased, or that a parcel left, are none yet.
    """
    told = select(OrderRow.shop_id, func.count().label("number")).where(OrderRow.placed_at.is_not(None))
    grouped = told.group_by(OrderRow.shop_id)
    counted = (grouped if since is None else grouped.where(OrderRow.placed_at > since)).subquery()
    query = select(Shop.slug, func.coalesce(counted.c.number, 0)).join(
        counted, counted.c.shop_id == Shop.id, isouter=True
    )
    return [ShopCount(slug, "", number) for slug, number in session.execute(query.order_by(Shop.slug))]


def mails_since(session: Session, since: datetime) -> Counter[tuple[str, str]]:
    """How many mails a provider took after `since`, by shop and step; see `ALL`."""
    return _added(_taken_since(session, since, Message.step.expression))


def stream_mails_since(session: Session, since: datetime) -> dict[tuple[str, str], int]:
    """How many mails a provider took after `since`, by shop and stream."""
    return {(shop, stream): number for shop, stream, number in _taken_since(session, since, Message.stream.expression)}


def _taken_since(session: Session, since: datetime, kind: ColumnElement[str]) -> Iterator[tuple[str, str, int]]:
    """Shops, kinds of their mails, and how many of each a provider took."""
    groups = (Message.shop_id, kind.label("kind"))
    recent = select(*groups, func.count().label("number")).where(Message.accepted_at > since).group_by(*groups)
    counted = recent.subquery()
    query = select(Shop.slug, counted.c.kind, counted.c.number).join(counted, counted.c.shop_id == Shop.id)
    yield from ((slug, each, number) for slug, each, number in session.execute(query))


def confirmed_orders(session: Session, counts: Iterable[MessageCount]) -> Counter[str]:
    """Of how many orders a provider has taken the confirmation, by shop. `counts`: those of all messages."""
    confirmed = Counter({each.shop: 0 for each in counts})
    for (shop, step), number in sent(counts).items():
        confirmed[shop] += number if step == CONFIRMATION else 0
    confirmed.subtract(_told_again(session))
    return confirmed


def confirmed_since(session: Session, mails: Mapping[tuple[str, str], int], since: datetime) -> Counter[str]:
    """The same of what was taken after `since`. `mails`: all that were, see `mails_since`."""
    confirmed = Counter({shop: number for (shop, step), number in mails.items() if step == CONFIRMATION})
    confirmed.subtract(_told_again(session, Message.accepted_at > since))
    return confirmed


def _told_again(session: Session, *conditions: ColumnElement[bool]) -> Counter[str]:
    """Mails to orders that were confirmed before, by shop: about edits, and after the first one came back."""
    earlier = aliased(Message)
    same = (getattr(earlier, name) == getattr(Message, name) for name in ("order_id", "sequence", "step"))
    before = (earlier.parcel_group == Message.parcel_group, earlier.occurrence < Message.occurrence)
    went = select(earlier.id).where(*same, *before, earlier.state.in_(SENT)).exists()
    query = (
        select(Shop.slug, func.count())
        .join(Message, Message.shop_id == Shop.id)
        .where(text(AGAIN), Message.state.in_(SENT), *conditions)  # with the very words of its index
        .where(or_(Message.parcel_group != "", went))
    )
    return Counter(dict(session.execute(query.group_by(Shop.slug)).all()))


def click_counts(session: Session) -> list[ClickCount]:
    """Clicks by shop, step and kind of link."""
    groups = (Click.shop_id, Click.step, Click.kind)
    sums = (func.sum(Click.raw).label("raw"), func.sum(Click.human).label("human"))
    counted = select(*groups, *sums).group_by(*groups).subquery()
    columns = (counted.c.step, counted.c.kind, counted.c.raw, counted.c.human)
    query = select(Shop.slug, *columns).join(counted, counted.c.shop_id == Shop.id)
    return sorted(
        ClickCount(slug, step, kind, int(raw), int(human)) for slug, step, kind, raw, human in session.execute(query)
    )


def suppression_counts(session: Session) -> list[ShopCount]:
    """Suppressed addresses by shop and scope."""
    addresses = func.count(Suppression.address.distinct())
    query = select(Shop.slug, Suppression.scope, addresses).join(Suppression, Suppression.shop_id == Shop.id)
    return [ShopCount(*row) for row in session.execute(query.group_by(Shop.slug, Suppression.scope))]


def sent(counts: Iterable[MessageCount]) -> Counter[tuple[str, str]]:
    """How many mails a provider certainly had, by shop and step; see `ALL`."""
    return _added((each.shop, each.step, each.number) for each in counts if each.state in SENT)


def _added(rows: Iterable[tuple[str, str, int]]) -> Counter[tuple[str, str]]:
    """Once for all shops: whoever asks for each of them would go through the rows again and again."""
    found: Counter[tuple[str, str]] = Counter()
    for shop, kind, number in rows:
        found[shop, kind] += number
        found[shop, ALL] += number
    return found
