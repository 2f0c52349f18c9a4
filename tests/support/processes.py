"""Real processes of an installation, started as a user would start them, and killed as no user would.

Where many are needed they are forked from one that has loaded the program: see `forking.py`.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.support.forking import forked, live
from tests.support.servers import free_port
from worker.settings import PREFIX

PROGRAM = [sys.executable, "-c", "from worker.cli.main import run; run()"]


@dataclass(frozen=True)
class Forked:
    """A forked process, with what is asked of one that was started."""

    process: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def send_signal(self, number: int) -> None:
        if self.process.is_alive():
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.process.kill()

    def wait(self, timeout: float) -> int:
        """Its exit code.

        Raises:
            TimeoutError: it still runs after this time.
        """
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise TimeoutError(f"{self.pid} still runs after {timeout} s")
        return self.process.exitcode


Started = subprocess.Popen[bytes] | Forked


@dataclass
class Processes:
    """One installation in `folder`: its environment, and what runs of it."""

    folder: Path
    environment: dict[str, str]
    is_forked: bool = False
    """Each process has the program loaded when it starts, which takes most of a start."""
    port: int = field(default_factory=free_port)
    running: list[Started] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self) -> dict[str, str]:
        """The installation's settings by field, to open it beside its processes."""
        own = {"POSTPURCHASE_DATA_DIR": str(self.folder / "var"), "POSTPURCHASE_PUBLIC_URL": self.base_url}
        return {name.removeprefix(PREFIX).lower(): value for name, value in (own | self.environment).items()}

    def _environment(self) -> dict[str, str]:
        # Compiled once: a process that compiles all it imports takes three times as long to start.
        dropped = (PREFIX, "PYTHONDONTWRITEBYTECODE")
        plain = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        return plain | {f"{PREFIX}{name.upper()}": value for name, value in self.settings().items()}

    def run(self, *arguments: str, check: bool = True, timeout_s: float = 120) -> str:
        """What one command prints on stdout."""
        output, errors = self.folder / f"{arguments[0]}.out", self.folder / f"{arguments[0]}.err"
        output.write_bytes(b"")
        errors.write_bytes(b"")
        process = self._begun(arguments, output, errors)
        self.running.append(process)  # one that does not end is killed with the others
        code = process.wait(timeout_s)
        self.running.remove(process)
        if check:
            assert code == 0, f"{arguments}: {code}\n{output.read_text()}\n{errors.read_text()}"
        return output.read_text()

    def start(self, *arguments: str) -> Started:
        """Starts a process that stays; its output goes to a file in the folder."""
        log = self.folder / f"{arguments[0]}-{len(self.running)}.log"
        self.running.append(self._begun(arguments, log, log))
        return self.running[-1]

    def _begun(self, arguments: tuple[str, ...], output: Path, errors: Path) -> Started:
        if self.is_forked:
            return Forked(forked(live, arguments, self._environment(), self.folder, output, errors))
        with output.open("ab") as out, errors.open("ab") as err:
            return subprocess.Popen(
                [*PROGRAM, *arguments],
                cwd=self.folder,
                env=self._environment(),
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def wait_ready(self, *, timeout_s: float = 60) -> None:
        """Returns once `/health/ready` says so."""
        wait_until(lambda: answers(f"{self.base_url}/health/ready"), f"{self.base_url} is ready", timeout_s=timeout_s)

    def kill(self, process: Started) -> None:
        """SIGKILL: no goodbye. One that has ended stays as it is."""
        with suppress(ProcessLookupError):  # or leads no group yet
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait(10)
        self.running.remove(process)

    def stop(self, process: Started, *, timeout_s: float = 30) -> int:
        """Ctrl-C; the exit code."""
        process.send_signal(signal.SIGINT)
        self.running.remove(process)
        return process.wait(timeout_s)

    def end_all(self, number: int, *, timeout_s: float = 30) -> list[int]:
        """Sends every process this signal at once, and waits for them; their exit codes."""
        ended, self.running = self.running, []
        for process in ended:
            process.send_signal(number)
        return [process.wait(timeout_s) for process in ended]

    def stop_all(self) -> None:
        for process in list(self.running):
            self.kill(process)

    def logs(self) -> str:
        """The end of every log, for a failure's message."""
        return "\n".join(f"== {log.name}\n{log.read_text()[-3000:]}" for log in sorted(self.folder.glob("*.log")))


def answers(url: str) -> bool:
    """Whether a GET of the URL is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_until(is_true: Callable[[], bool], what: str, *, timeout_s: float = 60, logs: Callable[[], str] = str) -> None:
    """Returns once the condition holds.

    Raises:
        TimeoutError: it did not in time; names what was waited for, and shows `logs`.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if is_true():
            return
        time.sleep(0.1)
    raise TimeoutError(f"waited {timeout_s} s, but not yet: {what}\n{logs()}")
