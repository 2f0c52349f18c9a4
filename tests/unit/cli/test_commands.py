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
    assert _printed(code) == ["set()"]


def test_a_process_loads_no_more_than_it_runs() -> None:
    """A worker or a beat no web server, `up` on SQLite nothing that waits until somebody asks for it."""
    rare = {"alembic", "numpy", "PIL", "prometheus_client", "worker.preview"}
    code = f"""
import sys
import worker.cli.processes, worker.processes, worker.threads
print({{'fastapi', 'uvicorn'}} & set(sys.modules))
import worker.embedded
print({rare | {"worker.platforms.standard.form"}} & set(sys.modules))
"""
    assert _printed(code) == ["set()", "set()"]


def _printed(code: str) -> list[str]:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.split()
