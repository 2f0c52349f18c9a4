"""The file of a backup: gzipped lines of JSON that either database can be filled from.

The first line is the header; for each table follow its name with its columns, and one list per row; the last line holds
the SHA-256 of every line before it, so that half a file is never taken for a whole one. Sealed secrets stay sealed.
"""

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy import LargeBinary, Numeric, Table, Uuid
from sqlalchemy.types import TypeEngine

from worker.errors import UserError
from worker.store.types import Moment

FORMAT = 1
LEVEL = 3
"""15 % more rows a second than gzip's default of 6."""


class Header(BaseModel):
    """What a backup says of itself. `made_at`: database time of the snapshot; `rows`: how many each table has.

    `made_with`: the version of the program; early ones did not say.
    """

    format: int
    schema_revision: str
    made_with: str = ""
    made_at: datetime
    rows: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


class BackupWriter:
    """Writes header, tables, rows, and at the end the checksum."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=LEVEL)
        self._digest = hashlib.sha256()

    def header(self, header: Header) -> None:
        self._line(header.model_dump(mode="json"))

    def table(self, table: Table) -> None:
        self._line({"table": table.name, "columns": [column.name for column in table.columns]})

    def row(self, values: Sequence[Any]) -> None:
        self._line(list(values))

    def close(self) -> None:
        self._line({"sha256": self._digest.hexdigest()})
        self._file.close()

    def _line(self, value: Any) -> None:
        line = _ENCODER.encode(value).encode() + b"\n"
        self._digest.update(line)
        self._file.write(line)


class BackupReader:
    """Reads a backup from its beginning; `rows` raises at the end when anything was missing or changed.

    Raises:
        UserError: it cannot be read, or is no backup.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = hashlib.sha256()
        self._lines = self._read()
        try:
            self.header = Header.model_validate(next(self._lines))
        except (StopIteration, ValidationError):
            raise UserError(f"{path} is no backup of Postpurchase.") from None

    def rows(self, tables: dict[str, Table]) -> Iterator[tuple[Table, dict[str, Any]]]:
        """Every row, by table, with the values that the table's columns take.

        Raises:
            UserError: a table or column is unknown here, the file is cut off, or a byte of it was changed.
        """
        table: Table | None = None
        columns: list[tuple[str, Callable[[Any], Any]]] = []
        for line in self._lines:
            if isinstance(line, list) and table is not None:
                yield table, {name: read(value) for (name, read), value in zip(columns, line, strict=True)}
            elif isinstance(line, dict) and "table" in line:
                table = tables.get(line["table"])
                if table is None or {column.name for column in table.columns} != set(line["columns"]):
                    raise UserError(f"{self._path} holds a table {line['table']} that this version does not have so.")
                columns = [(name, _reader(table.columns[name].type)) for name in line["columns"]]
            else:
                raise self._broken()

    def _read(self) -> Iterator[Any]:
        try:
            with gzip.open(self._path, "rb") as file:
                for line in file:
                    value, before = json.loads(line), self._digest.hexdigest()
                    if isinstance(value, dict) and "sha256" in value:
                        if value["sha256"] != before:
                            raise self._broken()
                        return
                    self._digest.update(line)
                    yield value
        except FileNotFoundError:
            raise UserError(f"There is no file {self._path}.") from None
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise self._broken() from error
        raise self._broken()

    def _broken(self) -> UserError:
        return UserError(f"{self._path} is no whole backup: it was cut off or changed. Nothing was restored.")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise TypeError(f"a backup cannot hold a {type(value).__name__}")


_ENCODER = json.JSONEncoder(default=_plain, ensure_ascii=False, separators=(",", ":"))


def _reader(kind: TypeEngine[Any]) -> Callable[[Any], Any]:
    """What turns a value of the file into one that a column of this type takes."""
    readers: tuple[tuple[type[TypeEngine[Any]], Callable[[Any], Any]], ...] = (
        (Moment, datetime.fromisoformat),
        (Uuid, UUID),
        (Numeric, Decimal),
        (LargeBinary, base64.b64decode),
    )
    read = next((read for known, read in readers if isinstance(kind, known)), None)
    if read is None:
        return lambda value: value
    return lambda value: None if value is None else read(value)
