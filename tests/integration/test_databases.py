"""What the databases promise."""

from pathlib import Path

from worker.store.session import Database


def test_what_is_committed_to_sqlite_survives_a_loss_of_power(tmp_path: Path) -> None:
    """The tests' own databases hurry; an installation's waits until the disk has it."""
    database = Database(f"sqlite:///{tmp_path / 'shop.db'}")
    with database.read() as session:
        pragmas = [
            session.connection().exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")
        ]
    database.close()
    assert pragmas == [2, "wal"], "2 is FULL"
