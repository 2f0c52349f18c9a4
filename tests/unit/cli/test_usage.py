"""Each command says how it is used, and what is wrong with a call is said in the form that was asked for."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from worker.cli.commands import COMMANDS, load
from worker.cli.examples import EXAMPLES
from worker.cli.main import app
from worker.version import own_version


def leaves() -> dict[str, Any]:
    """Every command by its full name."""
    found: dict[str, Any] = {}
    for name in COMMANDS:
        loaded = load(name)
        parts = getattr(loaded, "commands", None)
        found |= {f"{name} {part}": each for part, each in parts.items()} if parts else {name: loaded}
    return found


def test_no_example_is_of_a_command_that_is_not_there() -> None:
    assert set(EXAMPLES) == set(leaves())


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of_a_command_is_one_that_it_takes(name: str, tmp_path: Path) -> None:
    words = shlex.split(EXAMPLES[name].partition(">")[0])
    for word in words:
        if word.endswith(".csv"):
            (tmp_path / word).touch()
    command = leaves()[name]
    command.make_context(name, words)
    assert f"Example: postpurchase {name} {EXAMPLES[name]}".rstrip() in command.epilog


@pytest.mark.parametrize("noun", ["products", "pairings", "guides", "orders", "codes"])
def test_the_help_of_an_import_names_the_columns(noun: str) -> None:
    shown = CliRunner().invoke(app, [noun, "import", "--help"])
    assert "Columns: " in shown.stdout
    assert "Example: postpurchase" in shown.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["clock", "advance", "--json"], "Missing argument 'LENGTH|TIME'. See `postpurchase clock advance --help`."),
        (["status", "--json", "--verbose"], "No such option: --verbose. See `postpurchase status --help`."),
        (["--json"], "No such option: --json (Possible options: --version). See `postpurchase --help`."),
        (["stauts", "--json"], "No such command 'stauts'"),
        (["replay", "--json", "now"], "extra argument"),
    ],
)
def test_a_wrong_call_that_wants_json_is_answered_in_json(words: list[str], said: str) -> None:
    answered = CliRunner().invoke(app, words, prog_name="postpurchase")
    document = json.loads(answered.stdout)
    assert said in document["error"]
    assert (document["exit_code"], answered.exit_code) == (2, 2)


def test_a_wrong_call_of_a_person_is_answered_in_words() -> None:
    answered = CliRunner().invoke(app, ["clock", "advance"])
    assert (answered.exit_code, answered.stdout) == (2, "")
    assert "Missing argument" in answered.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["blackout", "add", "northkettle", "24.12.2026", "2026-12-26"], "'24.12.2026' is no day like 2026-12-24"),
        (["blackout", "remove", "northkettle", "Christmas"], "'Christmas' is no day like 2026-12-24"),
        (["suppress", "northkettle", "mia@example.com", "--scope", "nix"], "'nix' is not one of"),
    ],
)
def test_a_wrong_value_is_told_without_a_programmers_words(words: list[str], said: str) -> None:
    answered = CliRunner().invoke(app, words, prog_name="postpurchase", env={"COLUMNS": "200"})
    assert answered.exit_code == 2
    assert said in answered.stderr
    assert "Value error" not in answered.stderr
    assert "%Y" not in answered.stderr


def test_a_folder_that_nothing_would_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong setting keeps `up` from starting here, should it get that far."""
    monkeypatch.setenv("POSTPURCHASE_CLOCK", "wrong")
    ran = CliRunner().invoke(app, ["up", "--from", "my-mails"])
    assert ran.exit_code == 2
    assert "--from is the folder that --watch SHOP publishes from" in " ".join(ran.stderr.split())


def test_the_program_says_which_version_it_is() -> None:
    shown = CliRunner().invoke(app, ["--version"])
    assert shown.exit_code == 0
    assert shown.stdout.startswith(f"Postpurchase {own_version()}, Python 3.")
