"""Commands that are told to end, as by a closed connection or a stopped container."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Cli


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_command_that_is_told_to_end_takes_back_what_it_began(
    cli: Cli, shop: str, tmp_path: Path, number: signal.Signals
) -> None:
    """Its exit code shows that it ended by itself: then half a backup, with customers' data, is taken away too."""
    pipe = tmp_path / "orders.csv"
    os.mkfifo(pipe)
    words = [sys.executable, "-c", "from worker.cli.main import run; run()", "orders", "import", shop, str(pipe)]
    command = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with pipe.open("wb"):  # opens once the command reads
        command.send_signal(number)
        _, err = command.communicate(timeout=60)
    assert (command.returncode, b"Traceback" in err) == (128 + number, False)
