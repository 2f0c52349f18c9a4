"""`up` with nothing to do: memory and processor."""

import os
import tempfile
import time
from pathlib import Path

from tests.bench.figures import Figure, judged
from tests.support.processes import Processes

SETTLE_S, WATCH_S = 12, 40


def run(*, quick: bool = False) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(Path(folder), {})
        warmed = processes.start("up", "--port", str(processes.port))
        processes.wait_ready()  # what Python compiles at the very first start stays in memory
        processes.stop(warmed)
        process = processes.start("up", "--port", str(processes.port))
        try:
            processes.wait_ready()
            time.sleep(SETTLE_S)
            watched = WATCH_S / (4 if quick else 1)
            before = _seconds(process.pid)
            time.sleep(watched)
            share = (_seconds(process.pid) - before) / watched * 100
            memory = megabytes(process.pid)
        finally:
            processes.stop_all()
    return [
        judged(
            name="`up` at rest: memory",
            value=memory,
            unit="MB",
            must=lambda value, _: value <= 200,
            aim=lambda value, _: value <= 120,
            must_says="200 MB",
            aim_says="120 MB",
        ),
        judged(
            name="`up` at rest: processor",
            value=share,
            unit="% of a core",
            must=lambda value, _: value <= 3,
            aim=lambda value, _: value <= 1,
            must_says="3 %",
            aim_says="1 %",
        ),
    ]


def _seconds(pid: int) -> float:
    """Processor time so far, of the process and of what it asks the kernel for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
