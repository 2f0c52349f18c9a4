"""Every column of every table comes back as it was, from either database into either."""

import gzip
import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, insert, select

from schedules.shop import ShopProfile
from tests.integration.backup.conftest import Place
from worker.store.backup import backup_tables
from worker.store.migrate import newest_revision
from worker.store.models import Pause
from worker.store.session import Database
from worker.store.shops import add_shop
from worker.store.types import Moment, new_id
from worker.version import own_version

MOMENT = datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=UTC)
MADE: dict[type, Any] = {
    str: "Zoë\n“quoted” \\ é",
    int: 2**53 + 1,
    bool: True,
    float: 0.1 + 2**-50,
    bytes: b"\x00\xff raw",
    object: {"ä": [1, None, {"deep": "ß"}], "amount": "4.90"},
    datetime: MOMENT,
    Decimal: Decimal("4.50"),
}
Opens = Callable[[Place], Database]


def _value(column: Column[Any], ids: dict[str, Any]) -> Any:
    kind = datetime if isinstance(column.type, Moment) else column.type.python_type
    if column.foreign_keys:
        return ids[next(iter(column.foreign_keys)).column.table.name]
    if kind is UUID:
        return new_id()
    return MADE[kind]


def _fill(database: Database) -> None:
    """One full row in each table."""
    ids: dict[str, Any] = {}
    with database.write() as session:
        for name, table in backup_tables().items():
            full = {column.name: _value(column, ids) for column in table.columns}
            if name == "shop":
                full |= {"slug": "northkettle", "profile": {"slug": "northkettle", "name": "Northkettle"}}
            if name == "pause":
                full["step"] = "shipping"
            session.execute(insert(table).values(full))
            ids[name] = full.get("id")


def _rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.read() as session:
        return {name: [tuple(row) for row in session.execute(select(table))] for name, table in backup_tables().items()}


def test_every_value_of_every_table_comes_back(
    lost: Place, fresh: Place, database: Database, reopen: Opens, tmp_path: Path
) -> None:
    _fill(database)
    lost.run("db", "backup", str(tmp_path / "all.backup"))
    told = fresh.told("db", "restore", str(tmp_path / "all.backup"))
    before, after = _rows(database), _rows(reopen(fresh))
    assert told["rows"] == dict.fromkeys(before, 1)
    assert len(after.pop("pause")) == 2  # the restored shop's own
    assert after == {name: rows for name, rows in before.items() if name != "pause"}


def test_more_rows_than_fit_in_a_chunk_come_back(
    lost: Place, fresh: Place, database: Database, reopen: Opens, tmp_path: Path
) -> None:
    _fill(database)
    shop = _rows(database)["shop"][0]
    with database.write() as session:
        made = {"shop_id": shop[0], "reason": "", "created_at": MOMENT}
        session.execute(insert(Pause), [made | {"id": new_id(), "step": f"step-{number}"} for number in range(1201)])
    lost.run("db", "backup", str(tmp_path / "all.backup"))
    assert fresh.told("db", "restore", str(tmp_path / "all.backup"))["rows"]["pause"] == 1202
    assert len(_rows(reopen(fresh))["pause"]) == 1203


def test_a_backup_shows_one_moment_however_long_it_takes(database: Database) -> None:
    _fill(database)
    pauses = backup_tables()["pause"]
    with database.snapshot() as session:
        seen = session.execute(select(pauses)).all()
        with database.write() as other:
            other.execute(pauses.delete())
        assert session.execute(select(pauses)).all() == seen


def test_a_backup_is_private_and_takes_no_other_files_place(lost: Place, database: Database, tmp_path: Path) -> None:
    _fill(database)
    file = tmp_path / "backups" / "all.backup"
    assert "cannot be written" in lost.run("db", "backup", str(file), code=2)
    file.parent.mkdir()
    assert lost.told("db", "backup", str(file))["rows"]["shop"] == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "is there already" in lost.run("db", "backup", str(file), code=2)
    assert [path.name for path in file.parent.iterdir()] == ["all.backup"]


def _lines(file: Path) -> list[bytes]:
    return gzip.decompress(file.read_bytes()).splitlines(keepends=True)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def _without_its_end(file: Path) -> None:
    file.write_bytes(gzip.compress(b"".join(_lines(file)[:-1])))


def _changed(file: Path) -> None:
    file.write_bytes(gzip.compress(b"".join(_lines(file)).replace(b"northkettle", b"southkettle")))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("damage", [_cut, _without_its_end, _changed])
def test_a_damaged_backup_restores_nothing(
    lost: Place, fresh: Place, database: Database, reopen: Opens, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    _fill(database)
    file = tmp_path / "all.backup"
    lost.run("db", "backup", str(file))
    damage(file)
    assert "no whole backup" in fresh.run("db", "restore", str(file), code=2)
    assert not any(_rows(reopen(fresh)).values())


@pytest.mark.parametrize("text", [b"", b"{}\n", b'{"format": 1}\n', b"nothing of ours"])
def test_what_is_no_backup_is_refused_before_anything_is_made(lost: Place, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "x").write_bytes(gzip.compress(text))
    assert "backup" in lost.run("db", "restore", str(tmp_path / "x"), code=2)
    assert "There is no file" in lost.run("db", "restore", str(tmp_path / "y"), code=2)


def test_a_backup_of_another_schema_names_both_and_the_way(lost: Place, database: Database, tmp_path: Path) -> None:
    lost.run("db", "backup", str(tmp_path / "all.backup"))
    first, *rest = _lines(tmp_path / "all.backup")
    other = json.dumps(json.loads(first) | {"schema_revision": "9999", "made_with": "9.8.7"}).encode() + b"\n"
    (tmp_path / "other.backup").write_bytes(gzip.compress(b"".join([other, *rest])))
    said = lost.run("db", "restore", str(tmp_path / "other.backup"), code=2)
    said = " ".join(said.split())
    assert f"schema 9999, this version ({own_version()}) has {newest_revision()}" in said
    assert "Restore it with version 9.8.7" in said


def test_a_database_that_is_being_filled_is_left_alone(
    lost: Place, fresh: Place, database: Database, reopen: Opens, tmp_path: Path
) -> None:
    """Two restores at once: the second waits for the first, and finds what it did."""
    _fill(database)
    lost.run("db", "backup", str(tmp_path / "all.backup"))
    fresh.run("db", "upgrade")
    said: list[str] = []
    beside = Thread(target=lambda: said.append(fresh.run("db", "restore", str(tmp_path / "all.backup"), code=2)))
    with reopen(fresh).write() as session:
        add_shop(session, ShopProfile(slug="northkettle", name="Northkettle"), now=MOMENT)
        beside.start()
        beside.join(2)
    beside.join()
    assert "not empty" in said[0]


def test_a_database_with_anything_in_it_is_left_alone(lost: Place, database: Database, tmp_path: Path) -> None:
    _fill(database)
    lost.run("db", "backup", str(tmp_path / "all.backup"))
    before = _rows(database)
    assert "not empty" in lost.run("db", "restore", str(tmp_path / "all.backup"), code=2)
    assert _rows(database) == before
