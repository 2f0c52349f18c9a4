"""How customers change or cancel an order: on the shop's page, or by a mail that names the order."""

from urllib.parse import quote

from schedules.shop import ShopProfile
from worker.rendering.formats import web_url

NUMBER = "{number}"


def change_url(profile: ShopProfile, number: str) -> str:
    """The shop's page for it; empty: it has none."""
    return web_url(profile.change_url.replace(NUMBER, quote(number, safe="")))


def change_mail(reply_to: str, number: str, label: str) -> str:
    """A mail to where answers go, with the order as its subject (RFC 6068). `label`: "Order"; empty: no mailbox."""
    subject = f"{label} {number}".strip()
    return f"mailto:{quote(reply_to, safe='@')}?subject={quote(subject, safe='')}" if reply_to else ""
