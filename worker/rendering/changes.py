"""How customers change or cancel an order: on the shop's page, or by a mail that names the order."""

from functools import lru_cache
from urllib.parse import quote

from schedules.shop import ShopProfile
from worker.rendering.formats import web_url

NUMBER = "{number}"


def change_url(profile: ShopProfile, number: str) -> str:
    """The shop's page for it; empty: it has none."""
    told = profile.change_url
    return web_url(told.replace(NUMBER, quote(number, safe=""))) if told else ""


def change_mail(reply_to: str, number: str, label: str) -> str:
    """A mail to where answers go, with the order as its subject (RFC 6068). `label`: "Order"; empty: no mailbox."""
    if not reply_to:
        return ""
    subject = f"{label} {number}".strip()
    return f"mailto:{_quoted_mailbox(reply_to)}?subject={quote(subject, safe='')}"


@lru_cache(maxsize=256)
def _quoted_mailbox(address: str) -> str:
    return quote(address, safe="@")
