"""Whether the mail provider lets us in: asked, and no mail is sent."""

import http.client
import json
import smtplib
import ssl
from collections.abc import Mapping
from typing import Any

from worker.delivery.smtp import not_connected
from worker.delivery.smtp_connection import Connection
from worker.delivery.smtp_server import parse_server
from worker.doctor.asking import asked
from worker.doctor.checks import Check, fail, ok, warn
from worker.errors import SettingsError
from worker.settings import Settings, is_sendgrid
from worker.unreachable import why

RIGHT = "mail.send"
NEW_KEY = "Make a key with the right Mail Send (SendGrid: Settings, API Keys), set it and restart every process."


def check_access(settings: Settings, keys: Mapping[str, str], *, context: ssl.SSLContext | None = None) -> list[Check]:
    """Asks the provider of these settings. `keys`: what a key is for -> a SendGrid key beside the installation's."""
    if settings.smtp_url:
        return _smtp(settings.smtp_url.get_secret_value(), context or ssl.create_default_context())
    if not settings.sendgrid_api_key:
        return []
    own = {"provider": settings.sendgrid_api_key.get_secret_value()}
    return [check for name, key in (own | dict(keys)).items() for check in _sendgrid(name, key, settings)]


def _smtp(url: str, context: ssl.SSLContext) -> list[Check]:
    try:
        server = parse_server(url)
    except SettingsError:
        return []  # the settings' own check says so
    try:
        Connection(server, context).close()
    except (OSError, smtplib.SMTPException) as error:
        remedy = "Correct POSTPURCHASE_SMTP_URL, or look at that server; mails wait for it."
        return [fail("provider", f"{server} does not let us in: {not_connected(error).text}.", remedy)]
    return [ok("provider", f"{server} lets us in.")]


def _sendgrid(name: str, key: str, settings: Settings) -> list[Check]:
    """Source: SendGrid's reference, GET /v3/scopes: the rights of the key it is asked with."""
    try:
        status, rights = _rights(settings.sendgrid_base_url, key)
    except (OSError, http.client.HTTPException, ValueError) as error:
        remedy = "Look at this machine's network, then ask again; mails wait for it."
        return [warn(name, f"SendGrid cannot be asked ({why(error)}).", remedy)]
    if status == 401:
        return [fail(name, "SendGrid does not know this key.", NEW_KEY)]
    if status != 200:
        return _untold(name, status, settings)
    if RIGHT not in rights:
        return [fail(name, "The SendGrid key may not send mails.", NEW_KEY)]
    return [ok(name, "SendGrid knows the key, and lets it send.")]


def _untold(name: str, status: int, settings: Settings) -> list[Check]:
    """A simulator need not know the question."""
    if not is_sendgrid(settings.sendgrid_base_url):
        return []
    return [warn(name, f"SendGrid answers {status} to what the key may do.", "Send yourself a mail with `send-test`.")]


def _rights(base: str, key: str) -> tuple[int, list[Any]]:
    with asked(base, "GET", "/v3/scopes", headers={"Authorization": f"Bearer {key}"}) as answer:
        told = json.loads(answer.read()) if answer.status == 200 else {}
    rights = told.get("scopes") if isinstance(told, dict) else None
    return answer.status, rights if isinstance(rights, list) else []
