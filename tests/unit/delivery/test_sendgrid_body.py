"""The request body of one mail."""

import json

from tests.support.mails import a_mail
from tests.support.sendgrid_schema import faults_of
from worker.delivery.sendgrid_body import body_of


def test_a_body_has_everything_that_sendgrid_asks_for() -> None:
    assert faults_of(body_of(a_mail())) == []


def test_the_plain_text_comes_before_the_html() -> None:
    body = body_of(a_mail(text="Thank you, Mia.", html="<p>Thank you, Mia.</p>"))
    assert body["content"] == [
        {"type": "text/plain", "value": "Thank you, Mia."},
        {"type": "text/html", "value": "<p>Thank you, Mia.</p>"},
    ]


def test_custom_args_carry_our_ids_alone() -> None:
    mail = a_mail(to="mia@example.com", sender_name="Northkettle")
    body = body_of(mail)
    assert body["custom_args"] == {"message": str(mail.message_id), "attempt": str(mail.attempt_id)}
    assert body["categories"] == ["marketing", "northkettle"] or body["categories"] == ["northkettle", "marketing"]


def test_sendgrids_own_tracking_is_off() -> None:
    settings = body_of(a_mail())["tracking_settings"]
    assert all(setting["enable"] is False for setting in settings.values())


def test_receipts_alone_bypass_the_lists_that_the_owner_names() -> None:
    """SendGrid drops receipts too for addresses on its lists; marketing never gets past them."""
    receipt, offer = a_mail(stream="transactional"), a_mail(stream="marketing")
    told = body_of(receipt, bypass=("unsubscribe", "spam"))
    assert told["mail_settings"] == {
        "bypass_unsubscribe_management": {"enable": True},
        "bypass_spam_management": {"enable": True},
    }
    assert faults_of(told | {"headers": {}}) == []
    assert "mail_settings" not in body_of(offer, bypass=("unsubscribe", "spam"))
    assert "mail_settings" not in body_of(receipt)


def test_headers_and_the_reply_address_go_along() -> None:
    body = body_of(a_mail(headers={"List-Id": "<northkettle.example>"}, reply_to="help@northkettle.example"))
    assert body["headers"] == {"List-Id": "<northkettle.example>"}
    assert body["reply_to"] == {"email": "help@northkettle.example"}


def test_a_mail_without_a_reply_address_has_none() -> None:
    assert "reply_to" not in body_of(a_mail(reply_to=""))


def test_any_script_survives_the_way_into_json() -> None:
    body = json.loads(json.dumps(body_of(a_mail(subject="Bestellung 1042: „Kännchen“ ☕ ขอบคุณ"))))
    assert body["subject"] == "Bestellung 1042: „Kännchen“ ☕ ขอบคุณ"


def test_domains_are_written_in_ascii() -> None:
    body = body_of(a_mail(to="märta@straße.example", sender="post@käse.example", reply_to="hilfe@käse.example"))
    assert body["personalizations"] == [{"to": [{"email": "märta@xn--strae-oqa.example"}]}]
    assert (body["from"]["email"], body["reply_to"]["email"]) == (
        "post@xn--kse-qla.example",
        "hilfe@xn--kse-qla.example",
    )
