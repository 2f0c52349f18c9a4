"""/outbox: mails that were kept instead of sent, as phones and desktops show them. Loopback only.

A mail is shown in a sandboxed frame, from a page of its own whose policy allows no script.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from worker.rendering.pictures import DESKTOP, PHONE
from worker.settings import LOOPBACK
from worker.store.models import Message, OrderRow, OutboxMail, Shop
from worker.store.shops import profile_of
from worker.web.contract import answers
from worker.web.here import Here

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-src 'self'; base-uri 'none'"
LINKS_ALONE = "allow-popups allow-popups-to-escape-sandbox"
"""Of what a sandbox takes from a mail, it gets back that a tapped link opens a tab, and the shop in it works."""
MAIL_POLICY = (
    f"sandbox {LINKS_ALONE}; default-src 'none'; style-src 'unsafe-inline'; img-src *; font-src *; base-uri 'none'"
)
AT_ONCE = 200


def only_loopback(request: Request) -> None:
    """Lets only this machine in. The Host header is checked too, or a web page elsewhere could point its name here."""
    host = request.url.hostname or ""
    client = request.client.host if request.client else ""
    if client not in LOOPBACK or host not in LOOPBACK or "x-forwarded-for" in request.headers:
        raise HTTPException(404)


MISSING = answers({404: "There is no such mail, or the request comes from another machine."})

router = APIRouter(prefix="/outbox", dependencies=[Depends(only_loopback)], responses=MISSING, tags=["outbox"])


front = APIRouter(dependencies=[Depends(only_loopback)], include_in_schema=False)
"""What is at the address that `up` prints."""


@front.get("/")
def start() -> RedirectResponse:
    return RedirectResponse("/outbox", status_code=302)


@router.get("", summary="Kept mails", response_class=HTMLResponse)
def listing(installation: Here, before: UUID | None = None) -> HTMLResponse:
    """The newest mails, or the newest that are older than `before`."""
    with installation.database.read() as session:
        found = _newest(session, before)
    mails, has_older = [_row(*each) for each in found[:AT_ONCE]], len(found) > AT_ONCE
    return _page("outbox.html", mails=mails, has_older=has_older, clock=installation.clock.now())


@router.get("/{mail_id}", summary="One kept mail", response_class=HTMLResponse)
def single(mail_id: UUID, installation: Here) -> HTMLResponse:
    with installation.database.read() as session:
        mail = _get(session, mail_id)
        message = session.get(Message, mail.message_id) if mail.message_id else None
        order = session.get(OrderRow, message.order_id) if message else None
        shown = {"message": message, "order": order, "text": mail.text.splitlines(), "links_alone": LINKS_ALONE}
        return _page("mail.html", mail=mail, phone=PHONE, desktop=DESKTOP, **shown)


@router.get("/{mail_id}/body", summary="Its HTML alone", response_class=HTMLResponse)
def body(mail_id: UUID, installation: Here) -> HTMLResponse:
    """The mail's HTML alone, for the frames."""
    with installation.database.read() as session:
        return HTMLResponse(_get(session, mail_id).html, headers={"Content-Security-Policy": MAIL_POLICY})


def _newest(session: Session, before: UUID | None) -> list[Any]:
    """One more than a page holds, without their bodies. Ids of later mails are larger."""
    query = (
        select(OutboxMail, Message, OrderRow, Shop)
        .options(defer(OutboxMail.html), defer(OutboxMail.text), defer(OrderRow.facts))
        .outerjoin(Message, Message.id == OutboxMail.message_id)
        .outerjoin(OrderRow, OrderRow.id == Message.order_id)
        .outerjoin(Shop, Shop.id == Message.shop_id)
        .order_by(OutboxMail.id.desc())
        .limit(AT_ONCE + 1)
    )
    return list(session.execute(query if before is None else query.where(OutboxMail.id < before)))


def _row(mail: OutboxMail, message: Message | None, order: OrderRow | None, shop: Shop | None) -> dict[str, Any]:
    about = (
        profile_of(shop).name if shop else "",
        order.number if order else "",
        message.step.replace("_", "-") if message else "test",
    )
    return {"mail": mail, "about": " · ".join(part for part in about if part)}


def _get(session: Session, mail_id: UUID) -> OutboxMail:
    mail = session.get(OutboxMail, mail_id)
    if mail is None:
        raise HTTPException(404, "There is no such mail in the outbox.")
    return mail


def _page(name: str, **values: Any) -> HTMLResponse:
    headers = {"Content-Security-Policy": PAGE_POLICY, "Referrer-Policy": "no-referrer"}
    return HTMLResponse(_pages().get_template(name).render(values), headers=headers)


@lru_cache(maxsize=1)
def _pages() -> Environment:
    pages = Environment(loader=PackageLoader("worker.web", "pages"), autoescape=True, undefined=StrictUndefined)
    pages.filters["moment"] = _moment
    return pages


def _moment(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b %Y, %H:%M}"
