"""What an import did, and how far it is."""

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[int, int], None]
"""Told how much is done of how much: every row counts once for being checked and once for being stored."""


def no_progress(done: int, total: int) -> None:
    """For files whose import nobody watches."""


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """Rows by what became of them; `removed`: those that the file did not name. `left_out`: sentences on what is kept,
    but shows nowhere, and on what was not removed.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    left_out: tuple[str, ...] = ()

    def __add__(self, other: "ImportReport") -> "ImportReport":
        return ImportReport(
            added=self.added + other.added,
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
            removed=self.removed + other.removed,
            left_out=self.left_out + other.left_out,
        )
