"""Reading a CSV file so that every fault in it is named by line before anything is changed."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from worker.errors import Fault, ImportFileError
from worker.imports.cells import Row
from worker.imports.report import Progress, no_progress

MOST_FAULTS = 1000
STEP = 500
"""Progress is told after this many rows."""


def read_rows(path: Path, *, needed: Sequence[str], known: Sequence[str] | None) -> list[Row]:
    """The rows of a CSV file with a header: UTF-8 (with or without a mark), comma or semicolon, any line ends.

    A row that cannot be taken apart carries its fault. `known` None: other columns are left alone.

    Raises:
        ImportFileError: the file cannot be read, a needed column is missing, or a column is unknown.
    """
    rows = _records(path, _text(path))
    header = _names(next(rows, None))
    _check_header(path, header, needed, known)
    return [_row(path, header, line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]


def header_of(path: Path) -> list[str]:
    """The columns of a CSV file, in lower case.

    Raises:
        ImportFileError: the file cannot be read.
    """
    return _names(next(_records(path, _text(path)), None))


def take(
    rows: Sequence[Row],
    read: Callable[[Row], dict[str, Any]],
    key: Sequence[str],
    progress: Progress = no_progress,
) -> list[dict[str, Any]]:
    """All rows as values, if none has a fault and none repeats another's key.

    Raises:
        ImportFileError: with every fault found.
    """
    values: list[dict[str, Any]] = []
    faults: list[Fault] = []
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in enumerate(rows, 1):
        if not row.faults:
            value = read(row)
            mine = tuple(value[name] for name in key)
            if not row.faults and mine in seen:
                row.fault(f"it repeats line {seen[mine]}.", "Remove one of them.")
            seen.setdefault(mine, row.line)
            values.append(value)
        faults += row.faults
        if number % STEP == 0 or number == len(rows):
            progress(number, 2 * len(rows))
    if faults:
        raise ImportFileError(bounded(faults))
    return values


def bounded(faults: list[Fault]) -> list[Fault]:
    """The first of them, and how many more there are."""
    more = len(faults) - MOST_FAULTS
    if more <= 0:
        return faults
    return [*faults[:MOST_FAULTS], Fault(faults[0].file, None, f"{more} more faults.", "Mend these first.")]


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


def _names(first: tuple[int, list[str]] | None) -> list[str]:
    return [name.strip().lower() for name in first[1]] if first else []


def _records(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins."""
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            remedy = "Close every quote, and double those inside a text."
            raise ImportFileError([Fault(path.name, line, f"it is no CSV ({error}).", remedy)]) from None
        if cells is None:
            return
        yield line, cells


def _row(path: Path, header: list[str], line: int, cells: list[str]) -> Row:
    row = Row(path.name, line, dict(zip(header, cells, strict=False)))
    if len(cells) != len(header):
        row.fault(f"{len(cells)} cells, but the header has {len(header)}.", "Put texts with commas in quotes.")
    return row


def _check_header(path: Path, header: list[str], needed: Sequence[str], known: Sequence[str] | None) -> None:
    columns = f"The columns are: {', '.join(needed if known is None else known)}."
    missing = [name for name in needed if name not in header]
    unknown = [repr(name) for name in header if known is not None and name not in known]
    faults = [Fault(path.name, 1, f"missing columns: {', '.join(missing)}.", columns)] if missing else []
    faults += [Fault(path.name, 1, f"unknown columns: {', '.join(unknown)}.", columns)] if unknown else []
    faults += [
        Fault(path.name, 1, f"the column {name} stands there twice.", "Keep one.")
        for name in sorted(set(header))
        if header.count(name) > 1
    ]
    if faults:
        raise ImportFileError(faults)
