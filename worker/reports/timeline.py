"""The story of one order: what came in, what went out or will, and why the rest does not."""

from collections.abc import Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from schedules.facts import Facts
from schedules.sequence import STEPS
from worker.errors import UserError
from worker.feedback.people import answers_of
from worker.reports.codes import plain_value
from worker.reports.lines import line_of
from worker.reports.refusals import choices_of, tellings_of
from worker.reports.story import (
    ClickLine,
    CodeLine,
    DeliveryLine,
    EventLine,
    MessageLine,
    ProductLine,
    Timeline,
    TransitionLine,
)
from worker.store.delivery_events import events_of
from worker.store.models import (
    Click,
    DiscountCode,
    InboundEvent,
    Message,
    OfferedProduct,
    OrderRow,
    Product,
    Shop,
)
from worker.store.orders import facts_of
from worker.store.shops import profile_of
from worker.store.transitions import transitions_of

BY_ID = "id:"


def find_order(session: Session, shop: Shop, reference: str) -> OrderRow:
    """The order a person means by `reference`: its number or the platform's id.

    `#1042` is a number alone and `id:1042` an id: what is the one of this order may be the other of that.

    Raises:
        UserError: none, or several, match.
    """
    told = reference.strip()
    plain = told.removeprefix("#").removeprefix(BY_ID)
    by_number, by_id = OrderRow.number.in_((plain, f"#{plain}")), OrderRow.external_id == plain
    either = by_number if told.startswith("#") else by_id if told.startswith(BY_ID) else or_(by_number, by_id)
    mine = select(OrderRow).where(OrderRow.shop_id == shop.id, either)
    found = session.scalars(mine.order_by(OrderRow.external_id)).all()
    if not found:
        raise UserError(f"The shop {shop.slug!r} has no order {reference!r}. {_newest(session, shop)}")
    if len(found) > 1:
        ids = ", ".join(BY_ID + order.external_id for order in found)
        raise UserError(f"{len(found)} orders match {reference!r}. Name one by its id: {ids}.")
    return found[0]


def order_timeline(session: Session, shop: Shop, order: OrderRow) -> Timeline:
    """Everything known of one order, oldest first."""
    profile, facts = profile_of(shop), facts_of(order)
    query = select(Message).where(Message.order_id == order.id).order_by(Message.send_at, Message.id)
    code = session.scalars(select(DiscountCode).where(DiscountCode.order_id == order.id)).one_or_none()
    zone = ZoneInfo(profile.timezone)
    return Timeline(
        shop=shop.slug,
        timezone=profile.timezone,
        order=order.name,
        external_id=order.external_id,
        placed_at=order.placed_at,
        payment=facts.order.payment.value if facts.order else "",
        hold=order.hold,
        imported=order.imported,
        events=_events(session, order),
        messages=[_message(session, message, facts, code, zone) for message in session.scalars(query)],
        unsent={step: str(order.unsent[step]) for step in sorted(order.unsent, key=_place)},
        refused=choices_of(session, shop.id, order.address),
        told=tellings_of(session, shop.id, order.address),
    )


def _place(step: str) -> tuple[int, str]:
    """Where a step stands in the sequence; it may be told with the day of its parcel."""
    name = step.partition(" ")[0]
    return STEPS.index(name) if name in STEPS else -1, step


def _newest(session: Session, shop: Shop) -> str:
    newest = session.scalars(
        select(OrderRow).where(OrderRow.shop_id == shop.id).order_by(OrderRow.created_at.desc()).limit(3)
    ).all()
    if not newest:
        return "No order has come in yet: see `postpurchase source list`."
    return "The newest are " + ", ".join(order.name for order in newest) + "."


def _events(session: Session, order: OrderRow) -> list[EventLine]:
    """Without their bodies, which may be large."""
    columns = (InboundEvent.id, InboundEvent.topic, InboundEvent.state, InboundEvent.note, InboundEvent.received_at)
    query = (
        select(*columns)
        .where(InboundEvent.shop_id == order.shop_id, InboundEvent.order_ref == order.external_id)
        .order_by(InboundEvent.received_at, InboundEvent.id)
    )
    return [line_of(EventLine, row) for row in session.execute(query)]


def _message(session: Session, row: Message, facts: Facts, code: DiscountCode | None, zone: ZoneInfo) -> MessageLine:
    products = _products(session, row)
    return line_of(
        MessageLine,
        row,
        send_at_local=row.send_at.astimezone(zone),
        products=products,
        code=_code(row, code),
        clicks=_clicks(session, row.id, {product.product_id: product.title for product in products}),
        answers=answers_of(row, facts),
        delivery_events=_delivery(session, row.id),
        transitions=[line_of(TransitionLine, each) for each in transitions_of(session, row.id)],
    )


def _products(session: Session, message: Message) -> list[ProductLine]:
    rows = session.scalars(
        select(OfferedProduct).where(OfferedProduct.message_id == message.id).order_by(OfferedProduct.position)
    ).all()
    return [line_of(ProductLine, row, title=_title(session, row)) for row in rows]


def _title(session: Session, offered: OfferedProduct) -> str:
    query = select(Product.short_title, Product.title).where(
        Product.shop_id == offered.shop_id,
        Product.product_id == offered.product_id,
        Product.variant_id == offered.variant_id,
    )
    row = session.execute(query).one_or_none()
    return (row.short_title or row.title) if row else offered.product_id


def _code(message: Message, code: DiscountCode | None) -> CodeLine | None:
    """The order's code, for the messages that carry it."""
    if code is None or message.details.get("code") != code.code:
        return None
    return line_of(CodeLine, code, value=plain_value(code), by_other=code.redeemed_by_other)


def _clicks(session: Session, message_id: UUID, titles: Mapping[str, str]) -> list[ClickLine]:
    query = select(Click).where(Click.message_id == message_id).order_by(Click.first_at, Click.id)
    return [line_of(ClickLine, row, title=titles.get(row.ref, row.ref)) for row in session.scalars(query)]


def _delivery(session: Session, message_id: UUID) -> list[DeliveryLine]:
    return [
        line_of(DeliveryLine, row, words=str(row.details.get("reason") or row.details.get("response") or ""))
        for row in events_of(session, message_id)
    ]
