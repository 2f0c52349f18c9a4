"""What is taken for an email address: whatever a mailbox may really have, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.addresses import is_address

USED = [
    "mia@example.com",
    "MIA.Lindqvist+coffee@mail.example.co.uk",
    "o'brien@example.com",
    '"mia lindqvist"@example.com',
    '"a\\"b@c"@example.com',
    "mia..l.@docomo.example",
    "мия@почта.example",
    "mia@kaffeerösterei.example",
    "mia@xn--kaffeersterei-pmb.example",
    "mia@localhost",
    "mia@[192.0.2.1]",
    "mia@[IPv6:2001:db8::1]",
    "!#$%&'*+/=?^_`{|}~-@example.com",
]
NONE = [
    "",
    "mia",
    "mia at example.com",
    "mia@",
    "@example.com",
    "mia@example..com",
    "mia@.example.com",
    "mia lindqvist@example.com",
    "mia@exam ple.com",
    "mia@@example.com",
    "mia@example.com, noah@example.com",
    "mia@example.com;noah@example.com",
    "Mia <mia@example.com>",
    "mia@example.com\nBcc: all@example.com",
    '"mia\n"@example.com',
    " mia@example.com",
    "mia@\u00a0example.com",
]


@pytest.mark.parametrize("text", USED)
def test_an_address_that_a_mailbox_may_have_is_one(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize("text", NONE)
def test_what_no_mailbox_can_have_is_none(text: str) -> None:
    assert not is_address(text)


@given(st.emails())
def test_every_legal_address_is_one(text: str) -> None:
    assert is_address(text)
