"""The request body of one mail, by SendGrid's helpers.

Its own tracking is off, or links would be wrapped twice. `custom_args` come back in every event and are stored
unredacted: they carry our ids alone.
"""

from typing import Any

from sendgrid.helpers.mail import (  # type: ignore[import-untyped]  # ships no types
    Category,
    ClickTracking,
    CustomArg,
    From,
    Ganalytics,
    Header,
    Mail,
    OpenTracking,
    ReplyTo,
    SubscriptionTracking,
    To,
    TrackingSettings,
)

from worker.delivery.port import OutgoingMail


def body_of(mail: OutgoingMail) -> dict[str, Any]:
    """The JSON body, parts in the order SendGrid demands: text/plain, then text/html."""
    made = Mail(
        from_email=From(mail.sender, mail.sender_name or None),
        to_emails=To(mail.to),
        subject=mail.subject,
        plain_text_content=mail.text,
        html_content=mail.html,
    )
    if mail.reply_to:
        made.reply_to = ReplyTo(mail.reply_to)
    for name, value in mail.headers.items():
        made.add_header(Header(name, value))
    made.add_custom_arg(CustomArg("message", str(mail.message_id)))
    made.add_custom_arg(CustomArg("attempt", str(mail.attempt_id)))
    for category in (mail.shop, mail.stream):
        made.add_category(Category(category))
    made.tracking_settings = TrackingSettings(
        click_tracking=ClickTracking(enable=False, enable_text=False),
        open_tracking=OpenTracking(enable=False),
        subscription_tracking=SubscriptionTracking(enable=False),
        ganalytics=Ganalytics(enable=False),
    )
    body: dict[str, Any] = made.get()
    return body
