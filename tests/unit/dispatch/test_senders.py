"""From whom and to whom a mail goes."""

from schedules.shop import ShopProfile, Stream
from worker.dispatch.senders import Envelope, envelope_of
from worker.settings import Settings

SHOP = ShopProfile(
    slug="northkettle",
    name="Northkettle",
    transactional=Stream(from_address="orders@northkettle.example", reply_to="help@northkettle.example"),
    marketing=Stream(from_address="hello@news.northkettle.example"),
)


def _envelope(stream: str, profile: ShopProfile = SHOP, redirect: str | None = None) -> Envelope:
    settings = Settings(redirect_all_to=redirect)
    return envelope_of(profile=profile, stream=stream, address="mia@example.com", settings=settings)


def test_each_stream_has_its_own_sender() -> None:
    assert _envelope("transactional").sender == "orders@northkettle.example"
    assert _envelope("marketing").sender == "hello@news.northkettle.example"


def test_replies_always_reach_a_mailbox_that_is_read() -> None:
    assert _envelope("marketing").reply_to == "help@northkettle.example"


def test_a_stream_without_a_sender_uses_the_other_streams() -> None:
    bare = SHOP.model_copy(update={"marketing": Stream()})
    assert _envelope("marketing", bare).sender == "orders@northkettle.example"


def test_a_shop_without_any_sender_gets_one_at_our_host() -> None:
    assert _envelope("transactional", ShopProfile(slug="new", name="New")).sender == "new@127.0.0.1"


def test_test_mode_sends_everything_to_one_address() -> None:
    envelope = _envelope("transactional", redirect="test@northkettle.example")
    assert (envelope.to, envelope.is_test) == ("test@northkettle.example", True)
    assert "mia" not in repr(envelope)
