"""Reading a CSV file so that every fault in it is named by line before anything is changed."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from worker.errors import Fault, ImportFileError
from worker.imports.cells import Row
from worker.imports.report import Progress, no_progress

MOST_FAULTS = 1000
STEP = 500
"""Progress is told after this many rows."""


class Faults:
    """What is wrong with a file: the first are kept, the rest counted, however many there are."""

    def __init__(self) -> None:
        self._kept: list[Fault] = []
        self._more = 0

    def add(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            if len(self._kept) < MOST_FAULTS:
                self._kept.append(fault)
            else:
                self._more += 1

    def refuse(self) -> None:
        """
        Raises:
            ImportFileError: there are any.
        """
        if self._more:
            more = Fault(self._kept[0].file, None, f"{self._more} more faults.", "Mend these first.")
            raise ImportFileError([*self._kept, more])
        if self._kept:
            raise ImportFileError(self._kept)


@dataclass(frozen=True)
class Rows:
    """The rows of a file, taken apart anew each time they are gone through: there may be millions of them."""

    count: int
    each: Callable[[], Iterator[Row]]

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Row]:
        return self.each()


class Sheet:
    """A CSV file with a header: UTF-8 (with or without a mark), comma or semicolon, any line ends. It is read once.

    Raises:
        ImportFileError: the file cannot be read, or is no CSV.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._text = _text(path)
        self.header = [name.strip().lower() for name in next(self._records(), (1, []))[1]]
        self._count = sum(_is_filled(cells) for _, cells in islice(self._records(), 1, None))

    def rows(self, *, needed: Sequence[str], known: Sequence[str] | None) -> Rows:
        """All rows. One that cannot be taken apart carries its fault. `known` None: other columns are left alone.

        Raises:
            ImportFileError: a needed column is missing, or a column is unknown.
        """
        self._check_header(needed, known)
        return Rows(self._count, self._rows)

    def _rows(self) -> Iterator[Row]:
        records = islice(self._records(), 1, None)
        return (self._row(line, cells) for line, cells in records if _is_filled(cells))

    def _row(self, line: int, cells: list[str]) -> Row:
        row = Row(self.name, line, dict(zip(self.header, cells, strict=False)))
        if len(cells) != len(self.header):
            row.fault(f"{len(cells)} cells, but the header has {len(self.header)}.", "Put texts with commas in quotes.")
        return row

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Each record with the line on which it begins."""
        first = re.match(r"[^\r\n]*", self._text)
        assert first is not None
        delimiter = ";" if first[0].count(";") > first[0].count(",") else ","
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=delimiter, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                remedy = "Close every quote, and double those inside a text."
                raise ImportFileError([Fault(self.name, line, f"it is no CSV ({error}).", remedy)]) from None
            if cells is None:
                return
            yield line, cells

    def _check_header(self, needed: Sequence[str], known: Sequence[str] | None) -> None:
        header, name = self.header, self.name
        columns = f"The columns are: {', '.join(needed if known is None else known)}."
        missing = [column for column in needed if column not in header]
        unknown = [repr(column) for column in header if known is not None and column not in known]
        faults = [Fault(name, 1, f"missing columns: {', '.join(missing)}.", columns)] if missing else []
        faults += [Fault(name, 1, f"unknown columns: {', '.join(unknown)}.", columns)] if unknown else []
        faults += [
            Fault(name, 1, f"the column {column} stands there twice.", "Keep one.")
            for column in sorted(set(header))
            if header.count(column) > 1
        ]
        if faults:
            raise ImportFileError(faults)


def read_rows(path: Path, *, needed: Sequence[str], known: Sequence[str] | None) -> Rows:
    """The rows of a CSV file, as `Sheet.rows`.

    Raises:
        ImportFileError: the file cannot be read, a needed column is missing, or a column is unknown.
    """
    return Sheet(path).rows(needed=needed, known=known)


def check(
    rows: Rows, read: Callable[[Row], dict[str, Any]], key: Sequence[str], progress: Progress = no_progress
) -> None:
    """Lets rows pass of which none has a fault and none repeats another's key; nothing of them is kept.

    Raises:
        ImportFileError: with every fault found.
    """
    faults = Faults()
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in enumerate(rows, 1):
        if not row.faults:
            value = read(row)
            mine = tuple(value[name] for name in key)
            if not row.faults and mine in seen:
                row.fault(f"it repeats line {seen[mine]}.", "Remove one of them.")
            seen.setdefault(mine, row.line)
        faults.add(row.faults)
        if number % STEP == 0 or number == len(rows):
            progress(number, 2 * len(rows))
    faults.refuse()


def _is_filled(cells: Sequence[str]) -> bool:
    return any(cell.strip() for cell in cells)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        problem = f"it cannot be read ({error.strerror})."
        raise ImportFileError([Fault(str(path), None, problem, "Check its name.")]) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        fault = Fault(path.name, line, "it is not written in UTF-8.", "Save it as CSV UTF-8.")
        raise ImportFileError([fault]) from None
