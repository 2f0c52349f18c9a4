"""What a command works with: the installation of the environment, opened and closed again."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from worker import telemetry
from worker.bootstrap import Installation, build, has_database
from worker.errors import UserError
from worker.settings import Settings, load_settings
from worker.store.migrate import upgrade, why_not_migrated


@contextmanager
def opened(*, create: bool = False) -> Iterator[Installation]:
    """The installation, with a database that is there and up to date.

    `create`: a first command of a new installation makes the embedded database; other commands don't scatter data
    folders where there is nothing to read.

    Raises:
        UserError: there is no database yet, or its schema is one that this version cannot work with.
    """
    settings = load_settings()
    is_new = not has_database(settings)
    if is_new and not create:
        raise UserError(
            f"There is no database in {settings.data_dir}/ yet. Begin with `postpurchase shop add SLUG`, watch "
            "`postpurchase demo`, or name the right folder in POSTPURCHASE_DATA_DIR."
        )
    with built(settings, level=logging.WARNING) as installation:
        if is_new:
            upgrade(installation.database)
        elif why := why_not_migrated(installation.database):
            raise UserError(why)
        yield installation


@contextmanager
def built(settings: Settings, *, level: int) -> Iterator[Installation]:
    """The installation of these settings, whatever schema its database has. `level`: of what is logged at least.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    telemetry.configure(as_json=settings.log_json, level=level)
    installation = build(settings)
    try:
        installation.database.now()  # says plainly when the database does not answer
        yield installation
    finally:
        installation.close()
