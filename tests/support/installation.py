"""An installation around a test's database: real parts, a data folder of its own."""

from pathlib import Path
from typing import Any

from worker.bootstrap import Installation
from worker.clock import Clock
from worker.settings import Settings
from worker.store.session import Database


def installed(database: Database, data_dir: Path, **settings: Any) -> Installation:
    """`settings` are fields of `Settings`, for example `clock="simulated"`."""
    chosen = Settings(data_dir=data_dir, **settings)
    return Installation(settings=chosen, database=database, clock=Clock(database, chosen.clock))
