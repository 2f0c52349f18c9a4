"""The code base keeps its own rules."""

import ast
import re
import subprocess
import sys
from pathlib import Path

from worker.store.migrate import MIGRATIONS

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted(path for folder in ("schedules", "worker") for path in (ROOT / folder).rglob("*.py"))
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore)(?P<rest>.*)$")


def _tool(*arguments: str) -> None:
    run = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_ruff_finds_nothing() -> None:
    _tool("ruff", "check", ".")


def test_the_code_is_formatted() -> None:
    _tool("ruff", "format", "--check", ".")


def test_types_are_strict_and_sound() -> None:
    _tool("mypy")


def test_the_layers_and_stages_stay_apart() -> None:
    script = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_file_has_one_job() -> None:
    """Past 400 lines a file, past 50 a function, the thing has two jobs; a revision of the schema is a record."""
    too_long = []
    for path in (path for path in SOURCES if path.parent != MIGRATIONS / "versions"):
        text, name = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
        if len(text.splitlines()) > LONGEST_FILE:
            too_long.append(name)
        too_long += [
            f"{name}: {node.name}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
        ]
    assert too_long == []


def test_every_suppression_carries_its_reason() -> None:
    """`# noqa: X - why` or `# type: ignore[x]  # why`."""
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*SOURCES, *(ROOT / "tests").rglob("*.py")]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := SUPPRESSION.search(line))
        and not re.search(r"\s(#|-|—|:)\s+\w+", found["rest"])
        and path != Path(__file__)
    ]
    assert bare == []


def test_init_files_hold_no_behaviour() -> None:
    for path in SOURCES:
        if path.name != "__init__.py":
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            assert isinstance(node, ast.Expr | ast.Import | ast.ImportFrom | ast.Assign), path


def test_the_core_reads_no_clock_and_touches_nothing() -> None:
    """`now` is an argument: nothing in schedules calls a clock, opens a file for writing or the network."""
    forbidden = re.compile(r"\b(datetime\.now|utcnow|time\.time|requests|socket|open\()")
    for path in SOURCES:
        if path.is_relative_to(ROOT / "schedules"):
            assert not forbidden.search(path.read_text(encoding="utf-8")), path
