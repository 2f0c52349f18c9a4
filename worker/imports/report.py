"""What an import did."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """Rows by what became of them. `left_out`: sentences on products that are kept, but never offered."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: tuple[str, ...] = ()
