"""Reading a CSV file so that every fault in it is named by line before anything is changed."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.errors import Fault, ImportFileError
from worker.imports.report import ImportReport

T = TypeVar("T")
MOST_FAULTS = 50
YES, NO = frozenset({"1", "yes", "true", "y", "ja"}), frozenset({"", "0", "no", "false", "n", "nein"})


@dataclass
class Row:
    """One row. Its readers note a fault and return a blank instead of stopping, so that all faults are found."""

    file: str
    line: int
    cells: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)

    def fault(self, problem: str, remedy: str = "") -> None:
        self.faults.append(Fault(self.file, self.line, problem, remedy))

    def text(self, name: str, *, needed: bool = False) -> str:
        value = self.cells.get(name, "").strip()
        if needed and not value:
            self.fault(f"{name} is empty.", "Fill it in.")
        return value

    def decimal(self, name: str) -> Decimal | None:
        """A number with a point as its decimal mark, not negative; None when empty."""
        value = self.text(name)
        if not value:
            return None
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or number < 0 or number >= Decimal(10) ** 13:
            self.fault(f"{name} is '{value}', which is no amount.", "Write it like 24.00, with a point and no sign.")
            return None
        return number

    def whole(self, name: str) -> int | None:
        value = self.text(name)
        if not value:
            return None
        if not value.isascii() or not value.isdigit() or len(value) > 12:
            self.fault(f"{name} is '{value}', which is no whole number.", "Write digits only, like 30.")
            return None
        return int(value)

    def flag(self, name: str) -> bool:
        value = self.text(name).lower()
        if value not in YES | NO:
            self.fault(f"{name} is '{value}'.", "Write yes or no.")
        return value in YES

    def one_of(self, *names: str) -> None:
        """Exactly one of these columns must be filled."""
        if sum(bool(self.text(name)) for name in names) != 1:
            self.fault(f"Exactly one of {', '.join(names)} must be filled.")


def read_rows(path: Path, *, needed: Sequence[str], known: Sequence[str]) -> Iterator[Row]:
    """The rows of a CSV file with a header: UTF-8, comma or semicolon.

    Raises:
        ImportFileError: it cannot be read, a needed column is missing, or a column is unknown.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), delimiter=_delimiter(path))
    header = [name.strip().lower() for name in next(reader, [])]
    _check_header(path, header, needed, known)
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        row = Row(path.name, reader.line_num, dict(zip(header, cells, strict=False)))
        if len(cells) != len(header):
            row.fault(f"{len(cells)} cells, but the header has {len(header)}.", "Put texts with commas in quotes.")
        yield row


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ImportFileError(
            [Fault(str(path), None, f"it cannot be read ({error.strerror}).", "Check its name.")]
        ) from None
    except UnicodeDecodeError:
        remedy = "Save it as CSV UTF-8."
        raise ImportFileError([Fault(path.name, None, "it is not written in UTF-8.", remedy)]) from None


def _delimiter(path: Path) -> str:
    first = _text(path).partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else ","


def _check_header(path: Path, header: list[str], needed: Sequence[str], known: Sequence[str]) -> None:
    faults = [
        Fault(path.name, 1, f"the column {name} is missing.", f"The columns are: {', '.join(known)}.")
        for name in needed
        if name not in header
    ]
    faults += [
        Fault(path.name, 1, f"the column '{name}' is unknown.", f"The columns are: {', '.join(known)}.")
        for name in header
        if name not in known
    ]
    faults += [
        Fault(path.name, 1, f"the column {name} stands there twice.", "Keep one.")
        for name in sorted(set(header))
        if header.count(name) > 1
    ]
    if faults:
        raise ImportFileError(faults)


def take(rows: Iterator[Row], read: Callable[[Row], dict[str, Any]], key: Sequence[str]) -> list[dict[str, Any]]:
    """All rows as values, if none has a fault and none repeats another's key.

    Raises:
        ImportFileError: with every fault found, up to 50.
    """
    values: list[dict[str, Any]] = []
    faults: list[Fault] = []
    seen: dict[tuple[Any, ...], int] = {}
    for row in rows:
        value = read(row)
        mine = tuple(value[name] for name in key)
        if not row.faults and mine in seen:
            row.fault(f"it repeats line {seen[mine]}.", "Remove one of them.")
        seen.setdefault(mine, row.line)
        faults += row.faults
        values.append(value)
    if faults:
        raise ImportFileError(faults[:MOST_FAULTS])
    return values


def store(
    session: Session,
    table: Any,
    shop_id: UUID,
    values: list[dict[str, Any]],
    key: Sequence[str],
    *,
    stamp: Mapping[str, Any] | None = None,
) -> ImportReport:
    """Brings the shop's rows up to these values by key; rows not named stay. `stamp` is set on what changes."""
    known = {
        tuple(getattr(row, name) for name in key): row
        for row in session.scalars(select(table).where(table.shop_id == shop_id))
    }
    added = changed = 0
    for value in values:
        row = known.get(tuple(value[name] for name in key))
        if row is None:
            session.add(table(shop_id=shop_id, **value, **(stamp or {})))
            added += 1
            continue
        different = {name: new for name, new in value.items() if getattr(row, name) != new}
        if different:
            for name, new in {**different, **(stamp or {})}.items():
                setattr(row, name, new)
            changed += 1
    session.flush()
    return ImportReport(added=added, changed=changed, unchanged=len(values) - added - changed)
