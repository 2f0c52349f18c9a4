"""POSTPURCHASE_SMTP_URL taken apart: `smtp://user:password@host:587?starttls=required` or `smtps://user:password@host`."""

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

from worker.errors import SettingsError

FORM = "POSTPURCHASE_SMTP_URL must look like smtp://user:password@host:587?starttls=required, or smtps://…@host:465."
PORTS = {"smtp": 587, "smtps": 465}


class Tls(StrEnum):
    IMPLICIT = "implicit"  # from the first byte
    REQUIRED = "required"  # STARTTLS, or nothing is sent
    OPTIONAL = "optional"  # STARTTLS where the server offers it
    NEVER = "never"  # plain text, for a server on this machine or a private network


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """Where mails are handed over, and how."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_server(url: str) -> SmtpServer:
    """The server a URL names. Without `starttls` it is required, except on this machine, where it is optional.

    Raises:
        SettingsError: the URL is none of the two forms; the sentence never repeats it, for it holds a password.
    """
    try:
        parts = urlsplit(url)
        host, port, options = parts.hostname, parts.port, dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise SettingsError(FORM) from None
    if (
        parts.scheme not in PORTS
        or not host
        or not _is_host(host)
        or parts.path.strip("/")
        or parts.fragment
        or set(options) - {"starttls"}
    ):
        raise SettingsError(FORM)
    server = SmtpServer(
        host=host,
        port=port or PORTS[parts.scheme],
        tls=_tls(parts.scheme, host, options),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
    if bool(server.user) != bool(server.password):
        raise SettingsError("POSTPURCHASE_SMTP_URL has a user without a password, or the other way round: give both.")
    if not (server.user + server.password).isascii():
        raise SettingsError(
            "POSTPURCHASE_SMTP_URL: user and password must be plain ASCII. Choose another password there."
        )
    return server


def _is_host(name: str) -> bool:
    """Whether it can be looked up at all."""
    try:
        return bool(name.encode("idna"))
    except UnicodeError:
        return False


def _tls(scheme: str, host: str, options: dict[str, str]) -> Tls:
    if scheme == "smtps":
        if options:
            raise SettingsError("POSTPURCHASE_SMTP_URL: smtps:// is encrypted from the start; leave starttls out.")
        return Tls.IMPLICIT
    told = options.get("starttls", "optional" if _is_here(host) else "required")
    if told not in ("required", "optional", "never"):
        raise SettingsError("POSTPURCHASE_SMTP_URL: starttls is required, optional or never.")
    return Tls(told)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
