"""Durable intake: signed 5 KB Shopify bodies over 64 connections, on each database.

Three servers take turns on the same machine: ours; one that commits per request; one that checks and stores nothing.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import aiohttp

from tests.bench.figures import Figure, judged, percentile
from tests.bench.machine import syncs_per_second
from tests.support.intake import SECRET
from tests.support.processes import wait_until
from tests.support.servers import free_port, fresh_postgres_database, make_durable, postgres_server
from tests.support.shopify import order

CONNECTIONS = 64
WARM_UP_S, SECONDS = 1.0, 4.0
ROUNDS = 3
MODES = ("together", "each", "nothing")


def run(*, quick: bool = False) -> list[Figure]:
    figures, rounds = [], 1 if quick else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        figures += _compared("SQLite", f"sqlite:///{folder}/bench.db", Path(folder), rounds)
    with postgres_server() as server, fresh_postgres_database(server) as url, tempfile.TemporaryDirectory() as folder:
        make_durable(url)
        figures += _compared("PostgreSQL", url, Path(folder), rounds)
    figures.append(Figure(name="  commits the disk allows, one each", value=syncs_per_second(), unit="/s"))
    return figures


def _compared(label: str, url: str, folder: Path, rounds: int) -> list[Figure]:
    rates: dict[str, list[float]] = {mode: [] for mode in MODES}
    slowest: list[float] = []
    for _ in range(rounds):
        for mode in MODES:
            with _server(mode, url, folder) as base:
                rate, waits = asyncio.run(_load(base))
            rates[mode].append(rate)
            if mode == "together":
                slowest.append(percentile(waits, 0.99))
    rate, each, nothing = (statistics.median(rates[mode]) for mode in MODES)
    worst = statistics.median(slowest) * 1000
    return [
        judged(
            name=f"durable intake of 5 KB, 64 connections, {label}",
            value=rate,
            unit="/s",
            baseline=each,
            limit=nothing,
            must=lambda _, ratio: ratio >= 2 and worst < 150,
            aim=lambda value, ratio: ratio >= 3 and value >= nothing / 2,
            must_says="2 × commit per request; p99 < 150 ms",
            aim_says="3 ×; half of storing nothing",
        ),
        Figure(name=f"  p99 of the answers, {label}", value=worst, unit="ms"),
        Figure(name=f"  the same endpoint storing nothing, {label}", value=nothing, unit="/s"),
    ]


@contextmanager
def _server(mode: str, url: str, folder: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.intake_server", mode, url, str(folder), str(port)]
    process = subprocess.Popen(command, env=os.environ | {"POSTPURCHASE_LOG_JSON": "1"}, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _is_up(base), f"{mode} answers")
        yield base
    finally:
        process.terminate()
        process.wait(30)


def _is_up(base: str) -> bool:
    async def ask() -> bool:
        async with aiohttp.ClientSession() as session:
            try:
                async with session.get(f"{base}/health/live") as reply:
                    return reply.status == 200
            except aiohttp.ClientError:
                return False

    return asyncio.run(ask())


async def _load(base: str) -> tuple[float, list[float]]:
    """Answers per second, and how long each took in seconds."""
    raw = json.dumps(order(1042, datetime.now(UTC))).encode()
    raw += b" " * max(0, 5000 - len(raw))
    mac = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
    fixed = {"X-Shopify-Topic": "orders/create", "X-Shopify-Hmac-Sha256": mac, "Content-Type": "application/json"}
    waits: list[float] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
        warm = time.perf_counter() + WARM_UP_S
        until = warm + SECONDS

        async def knock() -> None:
            while (start := time.perf_counter()) < until:
                headers = fixed | {"X-Shopify-Event-Id": uuid4().hex, "X-Shopify-Webhook-Id": uuid4().hex}
                async with session.post(f"{base}/webhooks/northkettle/shopify", data=raw, headers=headers) as reply:
                    assert reply.status == 202, reply.status
                if start >= warm:
                    waits.append(time.perf_counter() - start)

        await asyncio.gather(*(knock() for _ in range(CONNECTIONS)))
        return len(waits) / (time.perf_counter() - warm), waits
