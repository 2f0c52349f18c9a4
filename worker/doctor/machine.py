"""Checks of the machine and the settings: folder, disk, keys, clock, provider, public URL, broker."""

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from kombu import Connection
from pydantic_settings import DotEnvSettingsSource

from worker.delivery.smtp_server import Tls, parse_server
from worker.doctor.checks import Check, fail, ok, warn
from worker.errors import SettingsError
from worker.settings import DATABASE_FILE, PREFIX, SECRETS, ClockMode, Settings, is_loopback, is_sendgrid
from worker.unreachable import why

LOW_DISK = 1_000_000_000
NO_DISK = 100_000_000
SHORTEST_KEY = 32
SENDGRID_KEY = re.compile(r"SG\.[\w-]{16,}\.[\w-]{16,}")
"""The shape of SendGrid's keys: `SG.` + id + secret."""
BROKER_TIMEOUT_S = 3


def check_names(unread: Mapping[str, str]) -> Check:
    """`unread`: variables that look like settings of ours and are none -> the setting meant."""
    if not unread:
        return ok("settings", "Readable and in agreement.")
    text = "; ".join(f"{name} is no setting, nothing reads it" for name in unread)
    meant = [name for name in unread.values() if name]
    remedy = f"Did you mean {' or '.join(meant)}?" if meant else "Remove it; docs/operate.md lists the settings."
    return warn("settings", f"{text}.", remedy)


def check_folder(settings: Settings) -> Check:
    folder = settings.data_dir
    if settings.database_url is not None and settings.secret_key is not None:
        return ok("data folder", "Not needed: the database and the secret key are elsewhere.")
    if not folder.exists():
        return warn("data folder", f"{folder}/ does not exist yet.", "It is made with the first shop or by `up`.")
    if _is_open(folder / DATABASE_FILE):
        text = f"Every user of this machine can read the database in {folder}/: it holds customers' data."
        return warn("data folder", text, f"`chmod -R go-rwx {folder}`")
    try:
        with tempfile.NamedTemporaryFile(dir=folder):
            return ok("data folder", f"{folder}/ can be written.")
    except OSError as error:
        return fail(
            "data folder",
            f"{folder}/ cannot be written ({error.strerror}).",
            "Give it to the user that runs Postpurchase, or name another in POSTPURCHASE_DATA_DIR.",
        )


def check_dotenv() -> list[Check]:
    """A warning where `.env` holds secrets that others may read."""
    written = {name.upper() for name, value in DotEnvSettingsSource(Settings).env_vars.items() if value}
    if not _is_open(Path(".env")) or written.isdisjoint(f"{PREFIX}{name.upper()}" for name in SECRETS):
        return []
    return [warn(".env", "Every user of this machine can read it, and it holds secrets.", "`chmod o-rwx .env`")]


def _is_open(file: Path) -> bool:
    """Whether a file lies where others may read it."""
    if os.name != "posix" or not file.exists():
        return False
    return bool(file.absolute().parent.stat().st_mode & stat.S_IXOTH and file.stat().st_mode & stat.S_IROTH)


def check_disk(settings: Settings) -> Check:
    folder = next(path for path in (settings.data_dir.resolve(), *settings.data_dir.resolve().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free."
    if free < NO_DISK:
        return fail("disk", text, "Free some space now: a full disk refuses webhooks.")
    if free < LOW_DISK:
        return warn("disk", text, "Free some space soon.")
    return ok("disk", text)


def check_key(settings: Settings) -> Check:
    name, make = "secret key", "Set POSTPURCHASE_SECRET_KEY to the same long random text on every machine."
    if settings.secret_key is None:
        if settings.is_embedded:
            kept = settings.data_dir / "secret.key"
            if not kept.exists():
                return ok(name, f"It is made with the first shop or by `up`, in {kept}.")
            return ok(name, f"Made once and kept in {kept}: keep a copy elsewhere, no backup holds it.")
        return fail(name, "Unset, although a broker is set.", make)
    keys = [key.strip() for key in settings.secret_key.get_secret_value().split(",")]
    if not all(keys):
        return fail(name, "Empty, or a comma too many.", make)
    if min(len(key) for key in keys) < SHORTEST_KEY:
        return warn(
            name, f"A key has fewer than {SHORTEST_KEY} characters.", "Put a longer one in front, keep the old."
        )
    return ok(name, f"{len(keys)} key(s), the newest signs.")


def check_clock(settings: Settings) -> Check:
    if settings.clock is ClockMode.SIMULATED:
        return warn("clock", "Simulated: time is moved by hand.", "Unset POSTPURCHASE_CLOCK for a real shop.")
    return ok("clock", "Real.")


def check_provider(settings: Settings) -> list[Check]:
    name = "provider"
    if settings.smtp_url:
        return [_smtp(settings.smtp_url.get_secret_value()), *_test_mode(settings)]
    if not settings.sendgrid_api_key:
        remedy = "Set POSTPURCHASE_SENDGRID_API_KEY once mails should really go out."
        return [warn(name, "None: mails are kept in the outbox, nobody gets them.", remedy), *_test_mode(settings)]
    checks = [_sendgrid_key(settings)]
    if not settings.sendgrid_event_public_key:
        checks.append(
            warn(
                "delivery events",
                "SendGrid's events cannot be verified, so bounces stay unseen.",
                "Switch its signed Event Webhook on and set POSTPURCHASE_SENDGRID_EVENT_PUBLIC_KEY: docs/operate.md.",
            )
        )
    return [*checks, *_test_mode(settings)]


def _smtp(url: str) -> Check:
    try:
        server = parse_server(url)
    except SettingsError as error:
        return fail("provider", "The SMTP URL names no server.", str(error))
    if server.tls is Tls.NEVER and server.user:
        return warn("provider", f"SMTP at {server}: the password goes in clear text.", "Use starttls=required.")
    return ok("provider", f"SMTP at {server}, TLS {server.tls}. Bounces come back by mail alone.")


def _sendgrid_key(settings: Settings) -> Check:
    assert settings.sendgrid_api_key is not None
    looks_like_one = SENDGRID_KEY.fullmatch(settings.sendgrid_api_key.get_secret_value())
    if is_sendgrid(settings.sendgrid_base_url) and not looks_like_one:
        remedy = "Copy it whole, from SG. to the end: Settings → API Keys, with the right Mail Send."
        return fail("provider", "The SendGrid key does not look like one.", remedy)
    return ok("provider", f"SendGrid at {settings.sendgrid_base_url}.")


def _test_mode(settings: Settings) -> list[Check]:
    if not settings.redirect_all_to:
        return []
    remedy = "Unset POSTPURCHASE_REDIRECT_ALL_TO to write to customers."
    return [warn("test mode", "Every mail goes to one address, marked as a test.", remedy)]


def check_public_url(settings: Settings) -> Check:
    url = settings.public_url
    if url.startswith("https://") and urlsplit(url).hostname:
        return ok("public URL", url)
    remedy = "Set POSTPURCHASE_PUBLIC_URL to the https:// address that customers and shops can reach."
    if is_loopback(url):
        return warn("public URL", f"{url} is reachable from this machine alone.", remedy)
    return fail("public URL", f"{url} is not https.", remedy)


def check_broker(settings: Settings) -> Check:
    if settings.broker_url is None:
        return ok("broker", "In memory, inside the one process of `up`.")
    url = urlsplit(settings.broker_url.get_secret_value())
    place = f"{url.hostname or url.scheme}" + (f":{url.port}" if url.port else "")
    try:
        with Connection(settings.broker_url.get_secret_value(), connect_timeout=BROKER_TIMEOUT_S) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_TIMEOUT_S)
    except Exception as error:  # noqa: BLE001 - every broker's client has errors of its own
        remedy = "Start it, or correct POSTPURCHASE_BROKER_URL. Nothing is lost meanwhile; mails go out late."
        return fail("broker", f"{place} does not answer ({why(error)}).", remedy)
    return ok("broker", f"{place} answers.")
