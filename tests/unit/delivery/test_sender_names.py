"""The shop's name beside its address, in the header that mailboxes judge a mail by."""

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.mails import a_mail
from worker.delivery.smtp_mail import envelope_of

WORDS = (
    "Kettles",
    "Müller",
    "GmbH & Co. KG",
    "Söhne,",
    "(Hamburg)",
    '"best"',
    "茶" * 30,
    "a@b.example",
    "<x>",
    "\\",
    ";",
)
SENDER = "hello@news.northkettle.example"


@pytest.mark.parametrize("to", ["mia@example.com", "märta@example.com"])
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=12))
@settings(max_examples=100)
def test_whatever_a_shop_is_called_its_mails_have_one_sender(to: str, words: list[str]) -> None:
    name = " ".join(words)
    content = envelope_of(a_mail(sender_name=name, to=to)).content
    [sender] = message_from_bytes(content, policy=default)["From"].addresses
    assert sender.addr_spec == SENDER
    lines = content.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert max(map(len, lines)) <= 998
    [told] = re.findall(r"^From: (.*)$", "\n".join(lines).replace("\n ", " "), re.MULTILINE)
    [(shown, address)] = getaddresses([told])
    assert (str(make_header(decode_header(shown))), address) == (name, SENDER)


def test_an_answer_goes_to_the_mailbox_that_the_shop_named() -> None:
    content = envelope_of(a_mail(reply_to="hilfe..büro@straße.example")).content
    assert 'Reply-To: "hilfe..büro"@xn--strae-oqa.example'.encode() in content
