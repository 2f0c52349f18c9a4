"""Headers of a mail."""

from schedules.shop import ShopProfile, Stream
from worker.delivery.port import TEST_HEADER
from worker.dispatch.headers import headers_of

SHOP = ShopProfile(
    slug="northkettle", name="Northkettle", marketing=Stream(from_address="hello@news.northkettle.example")
)
LINK = "https://mail.northkettle.example/u/abc"


def _headers(stream: str, *, is_test: bool = False, shop: ShopProfile = SHOP) -> dict[str, str]:
    public_url = "https://mail.northkettle.example"
    return headers_of(profile=shop, stream=stream, unsubscribe=LINK, public_url=public_url, is_test=is_test)


def test_marketing_mails_can_be_unsubscribed_with_one_click() -> None:
    headers = _headers("marketing")
    assert headers["List-Unsubscribe"] == f"<{LINK}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Id"] == "<northkettle.news.northkettle.example>"


def test_transactional_mails_carry_no_list_headers() -> None:
    assert _headers("transactional") == {"Auto-Submitted": "auto-generated"}


def test_a_list_without_a_sender_is_named_after_our_links() -> None:
    bare = ShopProfile(slug="northkettle", name="Northkettle")
    assert _headers("marketing", shop=bare)["List-Id"] == "<northkettle.mail.northkettle.example>"


def test_headers_are_ascii_whatever_script_the_sender_is_written_in() -> None:
    """Providers refuse a mail with others, and an encoded word names no list."""
    shop = SHOP.model_copy(update={"marketing": Stream(from_address="post@straße.example")})
    assert _headers("marketing", shop=shop)["List-Id"] == "<northkettle.xn--strae-oqa.example>"


def test_a_redirected_mail_says_so() -> None:
    assert TEST_HEADER in _headers("transactional", is_test=True)
    assert TEST_HEADER not in _headers("transactional")
