"""What shops and customers write never becomes a header: from the webhook's body to what the mail provider gets."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.support import shopify
from tests.support.intake import Connected, connected
from tests.support.sendgrid import StandIn, stand_in
from tests.support.smtp import MailServer, mail_server
from worker.delivery.port import MESSAGE_HEADER
from worker.delivery.sendgrid import SendGrid
from worker.delivery.smtp import Smtp
from worker.delivery.smtp_server import parse_server
from worker.dispatch.service import deliver_batch
from worker.planning.by_hand import send_now
from worker.store.session import Database
from worker.store.shops import get_shop, profile_of, update_shop

THIEF = "thief@example.com"
HOSTILE = {
    "line ends": f"x\r\nBcc: {THIEF}\r\nX-Own: 1",
    "a bare CR": f"x\rBcc: {THIEF}",
    "a bare LF": f"x\nBcc: {THIEF}\n\n<p>",
    "NUL": f"x\x00Bcc: {THIEF}",
    "right to left": f"x\u202eBcc: {THIEF}\u2066",
    "line separators": f"x\u2028Bcc: {THIEF}\u2029\x85\x0b\x0c",
}
STEPS = ("confirmation", "shipping", "follow_up")
MARKETING = {"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"}
OURS = {"Auto-Submitted"} | MARKETING
SMTP_OWN = {"From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", MESSAGE_HEADER}


@dataclass(frozen=True)
class Sent:
    """One mail as a provider got it."""

    subject: str
    sender_name: str
    to: tuple[str, ...]
    headers: set[str]


def _told(body: dict[str, Any], hostile: str) -> dict[str, Any]:
    """The body with the text in every field that somebody fills in; ids, times, amounts and the address stay."""
    typed = {"name", "title", "variant_title", "first_name", "last_name", "company", "address1", "address2", "city"}
    typed |= {"note", "sku", "vendor", "zip", "province", "tracking_company", "tracking_number", "body_html", "handle"}

    def at(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: at(name, each) for name, each in value.items()}
        if isinstance(value, list):
            return [at(key, each) for each in value]
        return hostile if key in typed and isinstance(value, str) else value

    return dict(at("", body))


def _send_all(shop: Connected, hostile: str) -> None:
    """An order with its parcel, delivered at last, of a shop with such a name: its three mails go out."""
    database, now = shop.installation.database, shop.now
    name = hostile.replace("\x00", "")  # no command line can hold it
    with database.write() as session:
        profile = profile_of(get_shop(session, "northkettle"))
        update_shop(session, profile.model_copy(update={"name": f"North {name}", "contact_name": name}))
    shop.plan("orders/create", _told(shopify.order(1042, now - timedelta(days=1)), hostile))
    shop.plan("fulfillments/create", _told(shopify.fulfillment(1042, now), hostile))
    _send_what_waits(shop, "confirmation", "shipping")
    shop.plan("fulfillment_events/create", shopify.tracking(1042, "delivered", now))
    _send_what_waits(shop, "follow_up")


def _send_what_waits(shop: Connected, *steps: str) -> None:
    for step in steps:
        send_now(shop.installation, shop.order(1042).id, step)
    deliver_batch(shop.installation)


def _sent_by_sendgrid(server: StandIn) -> list[Sent]:
    return [
        Sent(
            subject=mail["subject"],
            sender_name=mail["from"]["name"],
            to=tuple(to["email"] for each in mail["personalizations"] for to in each["to"]),
            headers=set(mail.get("headers", {})),
        )
        for mail in server.mails
        if all(set(each) == {"to"} for each in mail["personalizations"])
    ]


def _sent_by_smtp(server: MailServer) -> list[Sent]:
    return [_parsed(mail, envelope.rcpt_tos) for mail, envelope in zip(server.mails, server.envelopes, strict=True)]


def _parsed(mail: EmailMessage, recipients: list[str]) -> Sent:
    [sender] = mail["From"].addresses
    return Sent(
        subject=str(mail["Subject"]),
        sender_name=sender.display_name,
        to=(*recipients, *(each.addr_spec for each in mail["To"].addresses)),
        headers=set(mail.keys()) - SMTP_OWN,
    )


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("way", ["sendgrid", "smtp"])
def test_no_field_of_a_webhook_becomes_a_header_or_breaks_a_subject(
    database: Database, tmp_path: Path, way: str, hostile: str
) -> None:
    shop = connected(database, tmp_path)
    with ExitStack() as stack:
        if way == "sendgrid":
            sendgrid = stack.enter_context(stand_in())
            sending: Any = SendGrid(api_key=sendgrid.key, base_url=sendgrid.url, can_reconcile=True)
        else:
            server = stack.enter_context(mail_server())
            sending = Smtp(parse_server(f"smtp://127.0.0.1:{server.port}"))
        stack.callback(sending.close)
        shop.installation.__dict__["provider"] = sending
        _send_all(shop, hostile)
        sent = _sent_by_sendgrid(sendgrid) if way == "sendgrid" else _sent_by_smtp(server)
        assert way == "smtp" or sendgrid.refused == []
    assert {message.step: message.reason for message in shop.messages()} == dict.fromkeys(STEPS, f"{way} took it")
    assert len(sent) == len(STEPS)
    for mail in sent:
        assert set(mail.to) == {"mia@example.com"}
        assert mail.headers <= OURS
        assert mail.subject.isprintable()
        assert mail.sender_name.isprintable()
    assert any(f"Bcc: {THIEF}" in mail.subject for mail in sent), "the number is in the subject, as one line"
