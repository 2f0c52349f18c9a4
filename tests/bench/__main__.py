"""`python -m tests.bench [--quick] [--json] [--only NAME …]`: measures, compares, judges."""

import argparse
import importlib
import json
import os
import sys

from rich.console import Console
from rich.table import Table

from tests.bench.figures import Figure

BENCHES = ("machine", "rendering", "intake", "clients", "sending", "faults", "scale", "resting", "recommendations")
"""Modules with `run(quick) -> list[Figure]`, in this order."""
COLOURS = {"aim": "green", "must": "cyan", "missed": "red", "": "dim"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON list on stdout")
    parser.add_argument("--only", nargs="+", choices=BENCHES, default=BENCHES, help="some of them")
    parser.add_argument("--quick", action="store_true", help="fewer mails, rows and rounds: minutes instead of an hour")
    chosen = parser.parse_args()
    # A process that compiles all it imports starts slowly and stays large.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    progress = Console(stderr=True)
    figures: list[Figure] = []
    for name in BENCHES:
        if name in chosen.only:
            with progress.status(f"measuring: {name}"):
                figures += importlib.import_module(f"tests.bench.{name}").run(quick=chosen.quick)
    if chosen.json:
        json.dump([figure.row() for figure in figures], sys.stdout, indent=2)
        print()
    else:
        Console(width=None if sys.stdout.isatty() else 150).print(table(figures))
    return 1 if any(figure.met == "missed" for figure in figures) else 0


def table(figures: list[Figure]) -> Table:
    made = Table(title="Postpurchase, measured", title_justify="left", header_style="bold")
    made.add_column("figure")
    for heading in ("value", "baseline", "ratio", "of limit"):
        made.add_column(heading, justify="right")
    made.add_column("must")
    made.add_column("aim")
    made.add_column("met")
    for figure in figures:
        made.add_row(
            figure.name,
            f"{_number(figure.value)} {figure.unit}",
            _number(figure.baseline),
            f"{figure.ratio:.2f} ×" if figure.ratio is not None else "",
            f"{figure.limit_share:.0%}" if figure.limit_share is not None else "",
            figure.must,
            figure.aim,
            f"[{COLOURS[figure.met]}]{figure.met}[/]",
        )
    return made


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
