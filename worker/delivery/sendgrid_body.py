"""The request body of one mail, by SendGrid's helpers.

Its own tracking is off, or links would be wrapped twice. `custom_args` come back in every event and are stored
unredacted: they carry our ids alone.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sendgrid.helpers.mail import (  # type: ignore[import-untyped]  # ships no types
    Category,
    ClickTracking,
    Content,
    From,
    Ganalytics,
    Mail,
    MimeType,
    OpenTracking,
    ReplyTo,
    SubscriptionTracking,
    To,
    TrackingSettings,
)

from worker.delivery.addressing import on_the_wire
from worker.delivery.port import OutgoingMail


def body_of(mail: OutgoingMail, *, bypass: Sequence[str] = ()) -> dict[str, Any]:
    """The JSON body, parts in the order SendGrid demands: text/plain, then text/html.

    `bypass`: lists of SendGrid's (spam, bounce, unsubscribe) in spite of which receipts and tracking mails go out.
    """
    common = _common(mail.sender, mail.sender_name, mail.reply_to, mail.shop, mail.stream)
    headers = {"headers": dict(mail.headers)} if mail.headers else {}
    passed = {f"bypass_{name}_management": {"enable": True} for name in bypass if mail.stream == "transactional"}
    return (
        common
        | headers
        | ({"mail_settings": passed} if passed else {})
        | {
            "subject": mail.subject,
            "personalizations": [{"to": [_to(mail.to)]}],
            "content": [Content(MimeType.text, mail.text).get(), Content(MimeType.html, mail.html).get()],
            "custom_args": {"message": str(mail.message_id), "attempt": str(mail.attempt_id)},
        }
    )


def _to(address: str) -> dict[str, str]:
    """Set and not given: a helper that is given an address looks for a name in it. SendGrid wants ASCII domains."""
    made = To()
    made.email = on_the_wire(address)
    told: dict[str, str] = made.get()
    return told


@lru_cache(maxsize=256)
def _common(sender: str, sender_name: str, reply_to: str, shop: str, stream: str) -> dict[str, Any]:
    """What all mails of a shop's stream share."""
    made = Mail(from_email=From(on_the_wire(sender), sender_name or None))
    if reply_to:
        made.reply_to = ReplyTo(on_the_wire(reply_to))
    for category in (shop, stream):
        made.add_category(Category(category))
    made.tracking_settings = TrackingSettings(
        click_tracking=ClickTracking(enable=False, enable_text=False),
        open_tracking=OpenTracking(enable=False),
        subscription_tracking=SubscriptionTracking(enable=False),
        ganalytics=Ganalytics(enable=False),
    )
    body: dict[str, Any] = made.get()
    return body
