"""What this machine can do at all: the limits that figures are shares of."""

import hashlib
import hmac
import http.client
import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlsplit

from tests.bench.figures import Figure, median_of
from tests.bench.installations import counting_door
from tests.support.shopify import order


def per_second(work: Callable[[], object], *, for_s: float = 0.3) -> float:
    """How often a second `work` runs."""
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < for_s:
        work()
        count += 1
    return count / (time.perf_counter() - start)


@cache
def syncs_per_second() -> float:
    """How often a second 4 KB can be written to the disk for sure."""
    with tempfile.TemporaryFile(dir=os.environ.get("TMPDIR")) as file:

        def write() -> None:
            os.pwrite(file.fileno(), b"x" * 4096, 0)
            os.fsync(file.fileno())

        return median_of(lambda: per_second(write), 3)


def requests_per_second() -> float:
    """How often a second one client asks a bare server over loopback, one request after the other."""
    with counting_door() as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)

        def ask() -> None:
            connection.request("GET", "/count")
            connection.getresponse().read()

        return median_of(lambda: per_second(ask), 3)


def run(*, quick: bool = False) -> list[Figure]:
    del quick  # it takes seconds anyway
    body = json.dumps(order(1042, datetime.now(UTC))).encode()
    body += b" " * max(0, 5000 - len(body))
    return [
        Figure(name="machine: fsync of 4 KB", value=syncs_per_second(), unit="/s"),
        Figure(name="machine: requests over loopback, one by one", value=requests_per_second(), unit="/s"),
        Figure(name="machine: JSON of a 5 KB order read", value=per_second(lambda: json.loads(body)), unit="/s"),
        Figure(
            name="machine: HMAC-SHA256 of 5 KB",
            value=per_second(lambda: hmac.new(b"secret", body, hashlib.sha256).digest()),
            unit="/s",
        ),
    ]
