"""One row of a CSV file, read cell by cell. A reader notes a fault and goes on, so that all faults are found."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel.numbers import list_currencies

from worker.errors import Fault

YES, NO = frozenset({"1", "yes", "true", "y", "ja"}), frozenset({"", "0", "no", "false", "n", "nein"})
LARGEST = Decimal(10) ** 10
PLACES = 4
"""Digits after the point that are kept."""
SHORTENED = re.compile(r"\d([.,]\d+)?E\+\d+")
"""A long number as spreadsheets show and save it: its last digits are lost."""


@dataclass
class Row:
    """One row; `line` is where it begins. A column that the file does not have reads as empty."""

    file: str
    line: int
    cells: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)

    def fault(self, problem: str, remedy: str) -> None:
        self.faults.append(Fault(self.file, self.line, problem, remedy))

    def has(self, name: str) -> bool:
        """Whether the file has the column."""
        return name in self.cells

    def text(self, name: str, *, needed: bool = False) -> str:
        """Text in one line: breaks and doubled blanks become one blank."""
        value = " ".join(self.cells.get(name, "").split())
        if needed and not value:
            self.fault(f"{name} is empty.", "Fill it in.")
        if not value.isprintable() and any(ord(letter) < 32 for letter in value):
            self.fault(f"{name} holds a character that is no text.", "Type it anew.")
        return value

    def ident(self, name: str, *, needed: bool = False) -> str:
        """An id, as `text`; several are separated by commas."""
        value = self.text(name, needed=needed)
        if SHORTENED.fullmatch(value):
            remedy = "Format the column as text before you fill it."
            self.fault(f"{name} is '{value}': a spreadsheet has shortened it, and digits are lost.", remedy)
        return value

    def decimal(self, name: str) -> Decimal | None:
        """A number with a point as its decimal mark, not negative; None when empty."""
        value = self.text(name)
        if not value:
            return None
        try:
            number = Decimal(value) if value.isascii() and "_" not in value else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or number.is_signed() or number >= LARGEST:
            self.fault(f"{name} is '{value}', which is no amount.", "Write it like 24.00, with a point and no sign.")
            return None
        if number != round(number, PLACES):
            self.fault(f"{name} is '{value}', which is too exact.", f"Write at most {PLACES} digits after the point.")
            return None
        return number

    def whole(self, name: str, *, may_be_less: bool = False) -> int | None:
        """A whole number, None when empty; below 0 where `may_be_less` says so."""
        value = self.text(name)
        if not value:
            return None
        digits = value.removeprefix("-") if may_be_less else value
        if not digits.isascii() or not digits.isdigit() or len(digits) > 12:
            self.fault(f"{name} is '{value}', which is no whole number.", "Write digits only, like 30.")
            return None
        return int(value)

    def currency(self, name: str, *, needed: bool = False) -> str:
        """An ISO 4217 code in capitals."""
        code = self.text(name, needed=needed).upper()
        if code and code not in _currencies():
            self.fault(f"{name} is '{code}', which is none.", "Write an ISO 4217 code like EUR.")
        return code

    def flag(self, name: str) -> bool:
        value = self.text(name).lower()
        if value not in YES | NO:
            self.fault(f"{name} is '{value}'.", "Write yes or no.")
        return value in YES

    def one_of(self, *names: str) -> None:
        """Exactly one of these columns must be filled."""
        filled = [name for name in names if self.text(name)]
        if len(filled) != 1:
            told = f"{' and '.join(filled)} are filled." if filled else "It says not what it is for."
            self.fault(told, f"Fill in exactly one of {', '.join(names)}.")


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())
