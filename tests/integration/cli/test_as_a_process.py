"""Commands as processes: told to end, as by a closed connection or a stopped container; in terminals of long ago."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Cli

AS_IN_A_TERMINAL = "from signal import *; signal(SIGINT, default_int_handler); signal(SIGHUP, SIG_DFL)"
"""Whoever runs the tests in the background has these signals ignored, and so would the command."""
PROGRAM = [sys.executable, "-c", f"{AS_IN_A_TERMINAL}; from worker.cli.main import run; run()"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_command_that_is_told_to_end_takes_back_what_it_began(
    cli: Cli, shop: str, tmp_path: Path, number: signal.Signals
) -> None:
    """Its exit code shows that it ended by itself: then half a backup, with customers' data, is taken away too."""
    pipe = tmp_path / "orders.csv"
    os.mkfifo(pipe)
    command = subprocess.Popen(
        [*PROGRAM, "orders", "import", shop, str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with pipe.open("wb"):  # opens once the command reads
        command.send_signal(number)
        try:
            _, err = command.communicate(timeout=60)
        finally:
            command.kill()
    assert (command.returncode, b"Traceback" in err) == (128 + number, False)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_what_a_terminal_has_no_letter_for_is_written_out(
    cli: Cli, shop: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    ran = subprocess.run([*PROGRAM, "doctor", "--offline"], capture_output=True, timeout=60)
    assert (ran.returncode, b"Traceback" in ran.stderr) == (0, False)
    assert b"\\u2713" in ran.stdout
