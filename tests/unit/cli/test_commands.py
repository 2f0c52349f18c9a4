"""Commands are announced without being loaded."""

import subprocess
import sys

import pytest

from worker.cli.commands import COMMANDS, load


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_announced_in_the_words_of_its_own_help(name: str) -> None:
    assert " ".join(str(load(name).help).split("\n\n")[0].split()) == COMMANDS[name].help


def test_the_help_loads_no_database_and_no_server() -> None:
    code = "import sys, worker.cli.main; print({'sqlalchemy', 'celery', 'mjml', 'fastapi'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
