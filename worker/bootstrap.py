"""The one place that knows every implementation: settings become an installation."""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.event import listen

from worker.clock import Clock
from worker.delivery.port import Provider
from worker.errors import SettingsError
from worker.kept import Waiting
from worker.links import LinkSigner
from worker.sealing import Sealer
from worker.settings import DATABASE_FILE, Settings, load_settings
from worker.store.keeping import Keeper
from worker.store.session import Database

if TYPE_CHECKING:
    from worker.rendering.renderer import Renderer

KEY_FILE = "secret.key"


@dataclass(frozen=True)
class Installation:
    """Everything one process works with. What costs something is made on first use."""

    settings: Settings
    database: Database
    clock: Clock

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The secret keys, newest first."""
        return secret_keys(self.settings)

    @cached_property
    def sealer(self) -> Sealer:
        return Sealer(self.keys)

    @cached_property
    def links(self) -> LinkSigner:
        return LinkSigner(self.keys, self.settings.public_url, is_test=bool(self.settings.redirect_all_to))

    @cached_property
    def renderer(self) -> "Renderer":
        from worker.rendering.renderer import Renderer  # most commands never render: they start faster without

        return Renderer()

    @cached_property
    def provider(self) -> Provider:
        from worker.delivery.registry import choose_provider  # nor send

        return choose_provider(self.settings, self.database, self.clock)

    @cached_property
    def keeper(self) -> Keeper:
        return Keeper(self.database)

    @cached_property
    def unwritten(self) -> Waiting[Any]:
        """Answers of the provider that the database did not take, until it does: never more than the calls that were
        under way when it failed."""
        return Waiting()

    def warm(self) -> None:
        """Makes everything now, before threads share it."""
        _ = self.sealer, self.links, self.renderer, self.provider, self.keeper, self.unwritten

    def close(self) -> None:
        """Closes what was opened; the installation is of no use afterwards."""
        if "provider" in self.__dict__:
            self.provider.close()
        self.database.close()


def build(settings: Settings | None = None) -> Installation:
    """The installation of these settings, or of the environment's.

    Raises:
        SettingsError: a setting is wrong.
    """
    settings = settings or load_settings()
    database = Database(settings.sqlalchemy_url)
    if settings.database_url is None:
        # Only now that something is kept: looking at nothing leaves no folders behind.
        listen(database.engine, "do_connect", lambda *_: _make_private(settings.data_dir))
    return Installation(settings=settings, database=database, clock=Clock(database, settings.clock))


def has_database(settings: Settings) -> bool:
    """Whether there is one to look into: the embedded database is made with the first shop or by `up`.

    Raises:
        SettingsError: this user may not look into the data folder.
    """
    if settings.database_url is not None:
        return True
    try:
        (settings.data_dir / DATABASE_FILE).stat()
    except PermissionError:
        raise SettingsError(
            f"The data folder {settings.data_dir} cannot be read by this user. Run this as the user that runs "
            "Postpurchase, or name another in POSTPURCHASE_DATA_DIR."
        ) from None
    except OSError:
        return False
    return True


def _make_private(folder: Path) -> None:
    """The data folder, and in it the database for this user alone, whatever the folder lets others do."""
    make_data_folder(folder)
    database = folder / DATABASE_FILE
    if not database.exists():
        os.close(os.open(database, os.O_WRONLY | os.O_CREAT, 0o600))


def make_data_folder(folder: Path) -> None:
    """Makes the data folder for this user alone: it holds customers' data and the secret key.

    Raises:
        SettingsError: it cannot be made there, or not be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"The data folder {folder} cannot be made ({error.strerror}). Name another in POSTPURCHASE_DATA_DIR."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(
            f"The data folder {folder} cannot be written by this user. Give it to the user that runs Postpurchase, or "
            "name another in POSTPURCHASE_DATA_DIR."
        )


def secret_keys(settings: Settings) -> tuple[str, ...]:
    """POSTPURCHASE_SECRET_KEY as a list, newest first; in embedded mode made once and kept in the data folder.

    Raises:
        SettingsError: it is empty, or unset although a broker is set.
    """
    if settings.secret_key is not None:
        keys = tuple(part.strip() for part in settings.secret_key.get_secret_value().split(",") if part.strip())
        if not keys:
            raise SettingsError("POSTPURCHASE_SECRET_KEY is empty. Set it to a long random text.")
        return keys
    if not settings.is_embedded:
        raise SettingsError(
            "POSTPURCHASE_SECRET_KEY is unset. Set the same long random text on every machine, for example the output "
            "of `python -c 'import secrets; print(secrets.token_urlsafe(48))'`."
        )
    return (_kept_key(settings.data_dir / KEY_FILE),)


def _kept_key(path: Path) -> str:
    make_data_folder(path.parent)
    if not path.exists():
        # Linking a finished file is atomic: processes that start at once agree on one key, and none reads half of it.
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="ascii").strip()
