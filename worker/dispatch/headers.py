"""Headers of a mail, and what test mode changes.

Auto-Submitted: RFC 3834. List-Unsubscribe with -Post: RFC 8058, one click, no cookies. List-Id: RFC 2919.
"""

from urllib.parse import urlsplit

from schedules.shop import ShopProfile
from worker.delivery.addressing import on_the_wire
from worker.delivery.port import TEST_HEADER

TEST_MARK = "[TEST] "


def headers_of(
    *, profile: ShopProfile, stream: str, unsubscribe: str, public_url: str, is_test: bool
) -> dict[str, str]:
    """All headers of one mail. `unsubscribe` is the signed link; only marketing mails carry list headers."""
    headers = {"Auto-Submitted": "auto-generated"}
    if stream == "marketing":
        headers["List-Unsubscribe"] = f"<{unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        headers["List-Id"] = f"<{profile.slug}.{_list_host(profile, public_url)}>"
    if is_test:
        headers[TEST_HEADER] = "redirected"
    return headers


def _list_host(profile: ShopProfile, public_url: str) -> str:
    """The domain that names the list: the marketing sender's, else that of our links."""
    _, _, domain = on_the_wire(profile.marketing.from_address).rpartition("@")
    return domain or urlsplit(public_url).hostname or "localhost"
