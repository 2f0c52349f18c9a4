"""Whether links in mails lead here: each host by https, also clicks, and one-click POSTs without cookie or redirect."""

import http.client
import ssl
from urllib.parse import urlsplit

from worker.doctor.asking import asked
from worker.doctor.checks import Check, fail, ok, warn
from worker.unreachable import why

ANYTHING = "not-a-token"


def check_link_host(name: str, base: str) -> list[Check]:
    """Asks a link host as a customer's mailbox would. `base`: like https://links.northkettle.example."""
    host = urlsplit(base).hostname or base
    try:
        if _ask(base, "GET", "/health/live").status != 200:
            return [_elsewhere(name, host)]
        clicked = _ask(base, "POST", f"/u/{ANYTHING}").status
        is_ours = _ask(base, "GET", f"/c/{ANYTHING}").headers.get("X-Robots-Tag") == "noindex"  # as our pages say
    except ssl.SSLError as error:
        remedy = "Renew or repair its certificate: mailboxes and phones refuse the links."
        return [
            fail(
                name, f"{host} has no valid certificate ({getattr(error, 'verify_message', '') or why(error)}).", remedy
            )
        ]
    except (OSError, http.client.HTTPException) as error:
        remedy = "Look at its DNS record and at the proxy in front of `postpurchase web`."
        return [fail(name, f"{host} cannot be reached ({why(error)}).", remedy)]
    if 300 <= clicked < 400 or clicked in (401, 403, 405):
        remedy = "Let POST /u/… through the proxy as it is: without redirect, login or bot check (RFC 8058)."
        return [fail(name, f"{host} answers {clicked} to a one-click unsubscribe.", remedy)]
    if not is_ours:
        remedy = "Let GET /c/… through the proxy as it is: links of products and guides lead over it into the shop."
        return [fail(name, f"{host} keeps clicks in mails from us: customers do not reach the shop.", remedy)]
    if not base.startswith("https://"):
        return [
            warn(name, f"Links to {host} are not https.", "Give the link host a certificate and an https:// address.")
        ]
    return [ok(name, f"{host} answers, also to clicks and to a one-click unsubscribe.")]


def _elsewhere(name: str, host: str) -> Check:
    remedy = "Point its DNS record and proxy at `postpurchase web`, or correct the link host of the stream."
    return fail(name, f"{host} answers, but it is not Postpurchase.", remedy)


def _ask(base: str, method: str, path: str) -> http.client.HTTPResponse:
    body = "List-Unsubscribe=One-Click" if method == "POST" else None
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    with asked(base, method, path, headers=headers, body=body) as answer:
        return answer
