"""Migrations keep the rule that lets one version back keep running: expand first, contract a release later."""

import ast

import pytest

from worker.store.migrate import MIGRATIONS, parsed

ADDING = {"create_table", "create_index", "add_column", "execute", "f"}
"""What a revision may call; `execute` is for filling what was added."""


def _faults(source: str) -> list[str]:
    """Why a revision's `upgrade` would harm a process of the version before."""
    [upgrade] = [
        node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
    ]
    calls = [node for node in ast.walk(upgrade) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    operations = [call for call in calls if _root(call.func) == "op"]
    names = [call.func.attr for call in operations if isinstance(call.func, ast.Attribute)]
    taken = [name for name in names if name not in ADDING]
    added = [call for call, name in zip(operations, names, strict=True) if name == "add_column"]
    return taken + [f"add_column: {ast.unparse(call.args[1])}" for call in added if not _may_be_left_out(call.args[1])]


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _may_be_left_out(column: ast.expr) -> bool:
    """An older process inserts rows without the column: it is nullable, or the database has a default."""
    given = {keyword.arg: keyword.value for keyword in column.keywords} if isinstance(column, ast.Call) else {}
    nullable = given.get("nullable")
    return "server_default" in given or not (isinstance(nullable, ast.Constant) and nullable.value is False)


def test_every_revision_only_adds_or_names_the_oldest_program_that_still_works() -> None:
    for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"):
        contracts = parsed(path.name.partition("_")[0]).oldest > 0
        assert contracts or _faults(path.read_text(encoding="utf-8")) == [], path.name


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("op.create_table('a', sa.Column('id', sa.Uuid(), nullable=False))", 0),
        ("op.add_column('message', sa.Column('mood', sa.Text()))", 0),
        ("op.add_column('message', sa.Column('mood', sa.Text(), nullable=False, server_default=''))", 0),
        ("op.add_column('message', sa.Column('mood', sa.Text(), nullable=False))", 1),
        ("op.drop_column('message', 'variant')", 1),
        ("op.alter_column('message', 'variant', new_column_name='kind')", 1),
        ("op.rename_table('message', 'mail')", 1),
    ],
)
def test_what_would_harm_the_version_before_is_found(line: str, faults: int) -> None:
    assert len(_faults(f"def upgrade() -> None:\n    {line}\n")) == faults
