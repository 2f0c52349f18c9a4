"""Settings from the environment and `.env`, typed. Read once, in `bootstrap.py`."""

import os
import re
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from worker.errors import SettingsError

PREFIX = "POSTPURCHASE_"
CHROMIUM = f"{PREFIX}CHROMIUM"
"""The browser that takes pictures of previews: of one machine, so no setting of the installation."""
TESTS = f"{PREFIX}TEST_"
SECRETS = ("secret_key", "database_url", "broker_url", "sendgrid_api_key", "smtp_url", "metrics_token")
DATABASE_FILE = "postpurchase.db"
"""In the data folder, where no other database is set."""
SENDGRID_URL = "https://api.sendgrid.com"
SENDGRID = "sendgrid.com"
"""The domain of SendGrid's hosts, in every region."""
SENDGRID_LISTS = ("spam", "bounce", "unsubscribe")
"""Of addresses that SendGrid sends nothing to, receipts neither."""
DATABASES = ("postgresql", "postgres", "sqlite")
ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
BASE = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")
KEY = re.compile(r"[!-~]+")
"""A SendGrid key as it goes into a header: anything else would make mails fail one by one."""
MOST_DAYS = 36500
"""A time further back is none that every date can hold."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
BROKER = re.compile(r"(rediss?|redis\+socket|amqps?|pyamqp)://([^/]*@)?(\[[\da-f:]+\]|[^:@/?]*)(:\d+)?([/?].*)?")
"""Redis or RabbitMQ, whose clients are installed; any other would be a broker that no process reaches."""


class ClockMode(StrEnum):
    REAL = "real"
    SIMULATED = "simulated"


class Settings(BaseSettings):
    """One installation. Names are `POSTPURCHASE_` + the field in capitals; a secret also as `<NAME>_FILE`.

    A field that can be wrong has a description: it says what to give.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Path = Path("var")
    database_url: SecretStr | None = Field(
        default=None, description="a URL that begins with postgresql://, or unset it to use SQLite"
    )
    broker_url: SecretStr | None = Field(
        default=None,
        description="a URL like redis://127.0.0.1:6379 or amqp://127.0.0.1, or unset it for `postpurchase up`",
    )
    public_url: str = Field(default="http://127.0.0.1:8000", description="an address like https://mail.example.com")
    secret_key: SecretStr | None = None
    sendgrid_api_key: SecretStr | None = Field(
        default=None, description="the key alone, like SG.…, without blanks, breaks or accents"
    )
    sendgrid_base_url: str = Field(default=SENDGRID_URL, description=f"an address like {SENDGRID_URL}")
    sendgrid_event_public_key: str | None = None
    sendgrid_bypass: str = Field(default="", description=f"lists out of {', '.join(SENDGRID_LISTS)}, between commas")
    smtp_url: SecretStr | None = None
    redirect_all_to: str | None = Field(default=None, description="an email address like you@example.com")
    clock: ClockMode = Field(default=ClockMode.REAL, description=" or ".join(ClockMode))
    log_json: bool = Field(default=False, description="true or false")
    metrics_token: SecretStr | None = None
    keep_bodies_days: int = Field(
        default=30, ge=1, le=MOST_DAYS, description=f"a whole number of days, from 1 to {MOST_DAYS}"
    )

    @field_validator("public_url", "sendgrid_base_url")
    @classmethod
    def _base(cls, url: str) -> str:
        if not BASE.fullmatch(url):
            raise ValueError("no address of the web")
        return url.rstrip("/")

    @field_validator("sendgrid_bypass")
    @classmethod
    def _known_lists(cls, named: str) -> str:
        if not set(_between_commas(named)) <= set(SENDGRID_LISTS):
            raise ValueError("no such list")
        return named

    @field_validator("redirect_all_to")
    @classmethod
    def _one_address(cls, address: str | None) -> str | None:
        if address is not None and not ADDRESS.fullmatch(address):
            raise ValueError("no email address")
        return address

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and _backend(url.get_secret_value()) not in DATABASES:
            raise ValueError("another database, or no URL")
        return url

    @field_validator("sendgrid_api_key")
    @classmethod
    def _some_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not KEY.fullmatch(key.get_secret_value()):
            raise ValueError("no key")
        return key

    @field_validator("broker_url")
    @classmethod
    def _some_broker(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not all(map(BROKER.fullmatch, url.get_secret_value().split(";"))):
            raise ValueError("another broker, or no URL")
        return url

    @model_validator(mode="after")
    def _agree(self) -> "Settings":
        if self.sendgrid_api_key and self.smtp_url:
            raise ValueError("POSTPURCHASE_SENDGRID_API_KEY and POSTPURCHASE_SMTP_URL are both set: keep one.")
        if self.clock is ClockMode.SIMULATED and self.sendgrid_api_key and is_sendgrid(self.sendgrid_base_url):
            raise ValueError(
                "POSTPURCHASE_CLOCK=simulated would send real mails at invented times: unset it, or point "
                "POSTPURCHASE_SENDGRID_BASE_URL at a simulator."
            )
        if self.has_provider and not (self.public_url.startswith("https://") or is_loopback(self.public_url)):
            raise ValueError("POSTPURCHASE_PUBLIC_URL must begin with https:// once mails really go out.")
        return self

    @property
    def has_provider(self) -> bool:
        """Whether mails leave this machine (otherwise they are kept in the outbox)."""
        return bool(self.sendgrid_api_key or self.smtp_url)

    @property
    def bypassed_lists(self) -> tuple[str, ...]:
        """Lists of SendGrid's in spite of which receipts and tracking mails go out."""
        return _between_commas(self.sendgrid_bypass)

    def webhook_url(self, shop: str, kind: str) -> str:
        """Where a source of this kind sends what happens in a shop."""
        return f"{self.public_url}/webhooks/{shop}/{kind}"

    @property
    def is_embedded(self) -> bool:
        """Whether everything runs in the one process of `up`."""
        return self.broker_url is None

    @property
    def sqlalchemy_url(self) -> str:
        if self.database_url is None:
            return f"sqlite:///{self.data_dir / DATABASE_FILE}"
        url = self.database_url.get_secret_value()
        for short in ("postgresql://", "postgres://"):
            if url.startswith(short):
                return "postgresql+psycopg://" + url.removeprefix(short)
        return url


def _between_commas(text: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in text.split(",") if part.strip())


def is_loopback(url: str) -> bool:
    """Whether an address of the web leads to this machine alone."""
    return _host(url) in LOOPBACK


def is_sendgrid(url: str) -> bool:
    """Whether an address of the web is one of the real SendGrid's."""
    return f".{_host(url)}".endswith(f".{SENDGRID}")


def _host(url: str) -> str:
    """Its host in small letters; empty when it has none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:  # half of an IPv6 address
        return ""


def _backend(url: str) -> str:
    try:
        return make_url(url).get_backend_name()
    except (ArgumentError, ValueError):
        return ""


def _secrets_from_files() -> dict[str, str]:
    """Values of `<NAME>_FILE` settings, of the environment or `.env`; the file's trailing newline is dropped."""
    written = {name.upper(): path for name, path in DotEnvSettingsSource(Settings).env_vars.items()}
    found: dict[str, str] = {}
    for name in SECRETS:
        plain, variable = f"{PREFIX}{name.upper()}", f"{PREFIX}{name.upper()}_FILE"
        path = os.environ.get(variable) or (None if os.environ.get(plain) else written.get(variable))
        if not path:
            continue
        try:
            found[name] = Path(path).read_text(encoding="utf-8-sig").strip()
        except OSError as error:
            raise SettingsError(
                f"{variable} names {path}, which cannot be read ({error.strerror}). Create it."
            ) from error
        except UnicodeDecodeError:
            raise SettingsError(f"{variable} names {path}, which is no text. Put the secret alone into it.") from None
        if not found[name]:
            raise SettingsError(f"{variable} names {path}, which is empty. Put the secret alone into it.")
    return found


def unread_settings() -> dict[str, str]:
    """Names like ours in the environment or `.env` that are no setting -> the setting that comes closest, or ""."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS} | {CHROMIUM}
    written = {name.upper() for name in (*os.environ, *DotEnvSettingsSource(Settings).env_vars)}
    ours = sorted(name for name in written - known if name.startswith(PREFIX) and not name.startswith(TESTS))
    return {name: next(iter(get_close_matches(name, known, 1)), "") for name in ours}


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: with one sentence per wrong setting.
    """
    try:
        return Settings(**(_secrets_from_files() | overrides))
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(problem) for problem in error.errors())) from None
    except UnicodeDecodeError:
        raise SettingsError(".env cannot be read: it is no text in UTF-8. Save it as such.") from None
    except OSError as error:
        raise SettingsError(f".env cannot be read ({error.strerror}). Run this as the user whose file it is.") from None


def _sentence(problem: Any) -> str:
    """What is wrong: settings that contradict each other say it themselves, of one alone its description does."""
    if not problem["loc"]:
        return str(problem["msg"]).removeprefix("Value error, ")
    name = str(problem["loc"][0])
    value = "none that can be used" if name in SECRETS else repr(problem["input"])
    return f"{PREFIX}{name.upper()} is {value}: give {Settings.model_fields[name].description}."
