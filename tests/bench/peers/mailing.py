"""One mail as somebody would write it by hand, on the same tables: look, mark, render, send, write down."""

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

import sendgrid
from sendgrid.helpers.mail import CustomArg, Mail
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from schedules.facts import Facts
from schedules.shop import Role, ShopProfile
from tests.bench.compiling import forget
from worker.rendering.port import MailInputs, RenderedMail
from worker.rendering.renderer import Renderer
from worker.store.content import packaged_content
from worker.store.models import Message, OrderRow, Product, Shop, Suppression

RENDERER = Renderer()
COMPILES = "BENCH_COMPILES" in os.environ
"""Whether the MJML is compiled for each mail, as it is where nobody keeps what was compiled."""
WEEK = timedelta(days=7)


@cache
def engine() -> Engine:
    """Made on first use, so that each forked process has its own."""
    return create_engine(os.environ["BENCH_DATABASE"], pool_size=8)


@cache
def client() -> sendgrid.SendGridAPIClient:
    return sendgrid.SendGridAPIClient("SG.bench", host=os.environ["BENCH_DOOR"])


def send_one(message_id: UUID) -> None:
    """Sends the mail unless its order was cancelled, its address suppressed, or it went out already."""
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        made = _looked_at(session, message_id)
    if made is None:
        return
    message, profile, rendered = made
    answer = client().send(_mail(message, profile, rendered))
    with Session(engine()) as session, session.begin():
        done = session.get_one(Message, message_id)
        done.state, done.accepted_at, done.reason = "accepted", datetime.now(UTC), "sendgrid took it"
        done.provider_id = answer.headers.get("X-Message-Id", "")


def _looked_at(session: Session, message_id: UUID) -> tuple[Message, ShopProfile, RenderedMail] | None:
    message = session.get_one(Message, message_id, with_for_update=True)
    order, shop = session.get_one(OrderRow, message.order_id), session.get_one(Shop, message.shop_id)
    facts, profile = Facts.model_validate(order.facts), ShopProfile.model_validate(shop.profile)
    if message.state != "scheduled" or facts.order is None or facts.cancelled_at is not None:
        return None
    person = (Suppression.shop_id == shop.id, Suppression.address == order.address, Suppression.scope == "all")
    if session.scalar(select(Suppression.id).where(*person).limit(1)) is not None:
        return None
    recent = (Message.address == order.address, Message.shop_id == shop.id, Message.stream == "marketing")
    since = datetime.now(UTC) - WEEK
    sent = session.scalar(select(func.count()).where(*recent, Message.accepted_at > since)) or 0
    if message.stream == "marketing" and sent:
        return None
    names = [line.product_id for line in facts.order.lines]
    session.scalars(select(Product).where(Product.shop_id == shop.id, Product.product_id.in_(names))).all()
    message.state = "attempting"
    return message, profile, _renderer().render(packaged_content(), _inputs(message, facts, profile))


def _renderer() -> Renderer:
    if not COMPILES:
        return RENDERER
    forget()
    return Renderer()


def _inputs(message: Message, facts: Facts, profile: ShopProfile) -> MailInputs:
    return MailInputs(
        shop=profile,
        facts=facts,
        step=message.step,
        role=Role(message.role),
        parcel_group=message.parcel_group,
        locale="en",
        timezone=profile.timezone,
        now=datetime.now(UTC),
    )


def _mail(message: Message, profile: ShopProfile, rendered: RenderedMail) -> Mail:
    mail = Mail(
        from_email=profile.transactional.from_address,
        to_emails=message.address,
        subject=rendered.subject,
        html_content=rendered.html,
        plain_text_content=rendered.text,
    )
    mail.add_custom_arg(CustomArg("message", str(message.id)))
    return mail
