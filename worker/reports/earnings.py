"""What mails earned: later orders of the people who got them, by the code that a mail showed or after a click in it.

The order that a mail is about earns it nothing: it was there before. An order is earned once: by the newest mail that
showed the code it used, else by that of the last click before it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, load_only

from schedules.facts import Facts, Order
from schedules.lifecycle import RETURNED
from schedules.sequence import STEPS
from schedules.situations import is_bought, is_own_wish, is_short
from worker.personalisation.segments import value_of
from worker.store.many import is_among
from worker.store.models import Click, DiscountCode, Message, OfferedProduct, OrderRow, Shop
from worker.store.models.feedback import ANSWER
from worker.store.orders import facts_of

CLICK_COUNTS_FOR = timedelta(days=7)
"""An order that comes later after a click was hardly that mail's doing; common tools count five to seven days."""
AT_ONCE = 500
"""Orders read by one statement."""
CENTS = Decimal("0.01")


class Conversion(BaseModel):
    """An order that a mail earned. `mail_of`: the order that the mail was about; `value`: paid, refunds taken off.

    `has_offered`: something that the mail showed is in it.
    """

    order: str
    placed_at: datetime
    step: str
    mail_of: str
    by: Literal["code", "click"]
    value: str
    currency: str
    has_offered: bool


class StepEarnings(BaseModel):
    """What the mails of one step earned. `clicked`: mails with a click into the shop that a person seems to have made.

    `conversion_rate`: conversions per mail. `revenue`, per currency, is their value, `revenue_per_mail` the same by
    all mails of the step.
    """

    step: str
    mails: int
    with_offer: int
    clicked: int
    conversions: int
    by_code: int
    by_click: int
    with_offered_product: int
    conversion_rate: float | None
    revenue: dict[str, str]
    revenue_per_mail: dict[str, str]


class Earnings(BaseModel):
    """Of the mails that a provider took after `since`, until now. Times are business time."""

    shop: str
    since: datetime
    until: datetime
    steps: list[StepEarnings]
    conversions: list[Conversion]


@dataclass(frozen=True)
class _Lead:
    """What may have led to an order: a mail, how, and when its person was last led."""

    by: Literal["code", "click"]
    at: datetime
    message_id: UUID
    step: str
    mail_of: UUID


def read_earnings(session: Session, shop: Shop, *, since: datetime, now: datetime) -> Earnings:
    """What the shop's mails earned that a provider took after `since`."""
    leads: dict[UUID, list[_Lead]] = defaultdict(list)
    sent = (Message.shop_id == shop.id, Message.accepted_at > since)
    for order_id, lead in (*_by_code(session, sent), *_by_click(session, sent)):
        leads[order_id].append(lead)
    lead_to = {order_id: max(some, key=_weight) for order_id, some in leads.items()}
    conversions = list(_conversions(session, lead_to))
    conversions.sort(key=lambda each: (each.placed_at, each.order))
    return Earnings(
        shop=shop.slug, since=since, until=now, steps=_steps(session, sent, conversions), conversions=conversions
    )


def _by_code(session: Session, sent: Sequence[ColumnElement[bool]]) -> Iterator[tuple[UUID, _Lead]]:
    """Orders that used a code, with the mails that had shown it to the same person; not those that came back."""
    columns = (DiscountCode.redeemed_in, DiscountCode.code, OrderRow.placed_at)
    mails = (Message.id, Message.step, Message.order_id, Message.accepted_at, Message.details)
    query = (
        select(*columns, *mails)
        .join(Message, Message.order_id == DiscountCode.order_id)
        .join(OrderRow, OrderRow.id == DiscountCode.redeemed_in)
        .where(*sent, DiscountCode.redeemed_by_other.is_(False), OrderRow.placed_at > Message.accepted_at)
        .where(Message.state.not_in(RETURNED))
    )
    for row in session.execute(query):
        if row.details.get("code") == row.code:
            yield row.redeemed_in, _Lead("code", row.accepted_at, row.id, row.step, row.order_id)


def _by_click(session: Session, sent: Sequence[ColumnElement[bool]]) -> Iterator[tuple[UUID, _Lead]]:
    """Orders that somebody placed soon after a click in a mail of theirs about another order."""
    clicks = (Click.human_at, Click.human_before, Click.human_first_at)
    mails = (Message.id, Message.step, Message.order_id)
    mine = (OrderRow.shop_id == Message.shop_id) & (OrderRow.address == Message.address)
    query = (
        select(OrderRow.id.label("earned"), OrderRow.placed_at, *clicks, *mails)
        .join(Message, Message.id == Click.message_id)
        .join(OrderRow, mine & (OrderRow.id != Message.order_id))
        .where(*sent, Click.human > 0, Click.kind != ANSWER, OrderRow.placed_at > Message.accepted_at)
    )
    for row in session.execute(query):
        known = (row.human_at, row.human_before, row.human_first_at)
        clicked = max((at for at in known if at is not None and at <= row.placed_at), default=None)
        if clicked is not None and row.placed_at - clicked <= CLICK_COUNTS_FOR:
            yield row.earned, _Lead("click", clicked, row.id, row.step, row.order_id)


def _weight(lead: _Lead) -> tuple[bool, datetime, UUID]:
    """The last of the codes leads, else the last click."""
    return lead.by == "code", lead.at, lead.message_id


def _conversions(session: Session, lead_to: Mapping[UUID, _Lead]) -> Iterator[Conversion]:
    """What became of these orders, a few hundred at a time."""
    earned = sorted(lead_to)
    for start in range(0, len(earned), AT_ONCE):
        some = {order_id: lead_to[order_id] for order_id in earned[start : start + AT_ONCE]}
        rows = session.scalars(select(OrderRow).where(is_among(session, OrderRow.id, some))).all()
        names = _names(session, {lead.mail_of for lead in some.values()})
        offered = _offered(session, [lead.message_id for lead in some.values()])
        for row in rows:
            lead = some[row.id]
            made = _conversion(row, lead, names[lead.mail_of], offered[lead.message_id])
            if made is not None:
                yield made


def _conversion(row: OrderRow, lead: _Lead, mail_of: str, offered: Set[str | None]) -> Conversion | None:
    """None: it came to nothing, or the mail did not lead there."""
    facts = facts_of(row)
    order = facts.order
    if row.imported or row.placed_at is None or order is None or order.is_imported:
        return None
    if not _is_earned(facts, order, lead):
        return None
    return Conversion(
        order=row.name,
        placed_at=row.placed_at,
        step=lead.step,
        mail_of=mail_of,
        by=lead.by,
        value=str(value_of(facts, order.currency)),
        currency=order.currency,
        has_offered=bool(offered & {line.product_id for line in order.lines}),
    )


def _is_earned(facts: Facts, order: Order, lead: _Lead) -> bool:
    """Whoever names a code was led by it, even to the counter; after a click something else may have led there."""
    return is_own_wish(facts) if lead.by == "click" else is_bought(facts) and not is_short(order)


def _names(session: Session, order_ids: Collection[UUID]) -> dict[UUID, str]:
    mine = select(OrderRow).where(is_among(session, OrderRow.id, order_ids))
    found = session.scalars(mine.options(load_only(OrderRow.number, OrderRow.external_id)))
    return {row.id: row.name for row in found}


def _offered(session: Session, message_ids: Collection[UUID]) -> Mapping[UUID, Set[str | None]]:
    """Which products each of these mails showed."""
    columns = (OfferedProduct.message_id, OfferedProduct.product_id)
    offered: dict[UUID, set[str | None]] = defaultdict(set)
    for row in session.execute(select(*columns).where(is_among(session, OfferedProduct.message_id, message_ids))):
        offered[row.message_id].add(row.product_id)
    return offered


def _steps(
    session: Session, sent: Sequence[ColumnElement[bool]], conversions: Sequence[Conversion]
) -> list[StepEarnings]:
    """A line for each step that sent something, in the order of the sequence."""
    counted = (
        select(Message.step, Message.has_offer, func.count()).where(*sent).group_by(Message.step, Message.has_offer)
    )
    mails, offers = Counter[str](), Counter[str]()
    for step, has_offer, count in session.execute(counted):
        mails[step] += count
        offers[step] += count if has_offer else 0
    tapped = select(Click.step, func.count(Click.message_id.distinct()).label("mails")).join(
        Message, Message.id == Click.message_id
    )
    taps = tapped.where(*sent, Click.human > 0, Click.kind != ANSWER).group_by(Click.step)
    clicked = Counter({row.step: row.mails for row in session.execute(taps)})
    return [
        _step(step, mails[step], offers[step], clicked[step], [each for each in conversions if each.step == step])
        for step in sorted(mails, key=lambda name: (STEPS.index(name) if name in STEPS else len(STEPS), name))
    ]


def _step(step: str, mails: int, offers: int, clicked: int, earned: Sequence[Conversion]) -> StepEarnings:
    revenue: dict[str, Decimal] = defaultdict(Decimal)
    for each in earned:
        revenue[each.currency] += Decimal(each.value)
    by_code = sum(each.by == "code" for each in earned)
    return StepEarnings(
        step=step,
        mails=mails,
        with_offer=offers,
        clicked=clicked,
        conversions=len(earned),
        by_code=by_code,
        by_click=len(earned) - by_code,
        with_offered_product=sum(each.has_offered for each in earned),
        conversion_rate=round(len(earned) / mails, 4) if mails else None,
        revenue={currency: str(amount) for currency, amount in sorted(revenue.items())},
        revenue_per_mail={
            currency: str((amount / mails).quantize(CENTS)) for currency, amount in sorted(revenue.items())
        },
    )
