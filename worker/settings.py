"""Settings from the environment and `.env`, typed. Read once, in `bootstrap.py`."""

import os
import re
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

from worker.errors import SettingsError

PREFIX = "POSTPURCHASE_"
CHROMIUM = f"{PREFIX}CHROMIUM"
"""The browser that takes pictures of previews: of one machine, so no setting of the installation."""
TESTS = f"{PREFIX}TEST_"
SECRETS = ("secret_key", "database_url", "broker_url", "sendgrid_api_key", "smtp_url", "metrics_token")
SENDGRID_HOSTS = ("https://api.sendgrid.com", "https://api.eu.sendgrid.com")
DATABASES = ("postgresql", "postgres", "sqlite")
ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")


class ClockMode(StrEnum):
    REAL = "real"
    SIMULATED = "simulated"


class Settings(BaseSettings):
    """One installation. Names are `POSTPURCHASE_` + the field in capitals; a secret also as `<NAME>_FILE`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Path = Path("var")
    database_url: SecretStr | None = None
    broker_url: SecretStr | None = None
    public_url: str = "http://127.0.0.1:8000"
    secret_key: SecretStr | None = None
    sendgrid_api_key: SecretStr | None = None
    sendgrid_base_url: str = "https://api.sendgrid.com"
    sendgrid_event_public_key: str | None = None
    smtp_url: SecretStr | None = None
    redirect_all_to: str | None = None
    clock: ClockMode = ClockMode.REAL
    log_json: bool = False
    metrics_token: SecretStr | None = None
    keep_bodies_days: int = Field(default=30, ge=1)

    @field_validator("public_url", "sendgrid_base_url")
    @classmethod
    def _no_trailing_slash(cls, url: str) -> str:
        return url.rstrip("/")

    @field_validator("redirect_all_to")
    @classmethod
    def _one_address(cls, address: str | None) -> str | None:
        if address is not None and not ADDRESS.fullmatch(address):
            raise ValueError("It is no email address. Give one like you@example.com.")
        return address

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and re.split(r"[+:]", url.get_secret_value())[0] not in DATABASES:
            raise ValueError("Give one that begins with postgresql://, or unset it to use SQLite.")
        return url

    @model_validator(mode="after")
    def _agree(self) -> "Settings":
        if self.sendgrid_api_key and self.smtp_url:
            raise ValueError("POSTPURCHASE_SENDGRID_API_KEY and POSTPURCHASE_SMTP_URL are both set: keep one.")
        if self.clock is ClockMode.SIMULATED and self.sendgrid_api_key and self.sendgrid_base_url in SENDGRID_HOSTS:
            raise ValueError(
                "POSTPURCHASE_CLOCK=simulated would send real mails at invented times: unset it, or point "
                "POSTPURCHASE_SENDGRID_BASE_URL at a simulator."
            )
        if self.has_provider and not self.public_url.startswith(("https://", *LOOPBACK)):
            raise ValueError("POSTPURCHASE_PUBLIC_URL must begin with https:// once mails really go out.")
        return self

    @property
    def has_provider(self) -> bool:
        """Whether mails leave this machine (otherwise they are kept in the outbox)."""
        return bool(self.sendgrid_api_key or self.smtp_url)

    @property
    def is_embedded(self) -> bool:
        """Whether everything runs in the one process of `up`."""
        return self.broker_url is None

    @property
    def sqlalchemy_url(self) -> str:
        if self.database_url is None:
            return f"sqlite:///{self.data_dir / 'postpurchase.db'}"
        url = self.database_url.get_secret_value()
        for short in ("postgresql://", "postgres://"):
            if url.startswith(short):
                return "postgresql+psycopg://" + url.removeprefix(short)
        return url


def _secrets_from_files() -> dict[str, str]:
    """Values of `<NAME>_FILE` settings; the file's trailing newline is dropped."""
    found: dict[str, str] = {}
    for name in SECRETS:
        variable = f"{PREFIX}{name.upper()}_FILE"
        path = os.environ.get(variable)
        if not path:
            continue
        try:
            found[name] = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(
                f"{variable} names {path}, which cannot be read ({error.strerror}). Create it."
            ) from error
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
        raise SettingsError("\n".join(_sentence(problem) for problem in error.errors(include_input=False))) from None


def _sentence(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    text = str(problem["msg"]).removeprefix("Value error, ")
    return f"{PREFIX}{place.upper()}: {text}" if place else text
