"""Which addresses a shop may send from."""

import pytest

from worker.delivery.addressing import may_send

GOOD = [
    "orders@mail.northkettle.example",
    "o'brien+shop_1@news.northkettle.co.uk",
    "hallo@kaffeerösterei.example",
    "hi@xn--kaffeersterei-pmb.example",
]
BAD = [
    "",
    "orders",
    "orders@northkettle",
    "orders@mail..northkettle.example",
    "orders@-mail.northkettle.example",
    "orders@mail_news.northkettle.example",
    "orders@192.0.2.1",
    f"orders@{'m' * 64}.example",
    f"{'o' * 65}@northkettle.example",
    "bestellung.@northkettle.example",
    '"orders"@northkettle.example',
    "grüße@northkettle.example",
    "orders@north kettle.example",
    "Northkettle <orders@northkettle.example>",
    "orders@northkettle.example\nBcc: all@example.com",
]


@pytest.mark.parametrize("address", GOOD)
def test_an_address_that_every_mailbox_knows_may_send(address: str) -> None:
    assert may_send(address)


@pytest.mark.parametrize("address", BAD)
def test_what_would_fail_mail_by_mail_may_not(address: str) -> None:
    assert not may_send(address)
