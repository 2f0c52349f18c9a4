"""One JSON call to a shop's API. Redirects are not followed: they would carry the key to another host."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from worker.platforms.writing import Result, Written
from worker.unreachable import why

TIMEOUT_S = 15
"""For the whole call, so that a shop that drips its answer holds nobody up."""
LARGEST_ANSWER = 1024 * 1024
BUSY = frozenset({402, 408, 423, 425, 429})
"""Shops that are frozen, locked or asked too often: all of it passes."""
LONGEST_WAIT_S = 3600
HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "Postpurchase"}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: Any


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: Mapping[str, Any] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Reply | Written:
    """The shop's answer with its body as JSON (None when it is none), or why there is no answer."""
    import aiohttp  # most shops are never called

    try:
        raw = None if body is None else json.dumps(body).encode()
        return asyncio.run(_asked(method, url, HEADERS | dict(headers), raw, timeout_s))
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
        return Written(result=Result.LATER, note=f"the shop does not answer ({why(error)})")


async def _asked(method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout_s: float) -> Reply:
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.request(method, url, data=body, headers=headers, allow_redirects=False) as answer,
    ):
        raw = b""
        while len(raw) <= LARGEST_ANSWER and (chunk := await answer.content.readany()):
            raw += chunk
        told = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(answer.status, told, _read(raw))


def trouble(reply: Reply) -> Written | None:
    """What a status says that is no success; None: it is one."""
    status = reply.status
    if 200 <= status < 300:
        return None
    note = f"the shop answers {status}"
    if status in BUSY or status >= 500:
        return Written(result=Result.LATER, note=note, retry_after=_retry_after(reply.headers))
    if status in (401, 403):
        return Written(result=Result.LATER, note=f"{note}: the API key is refused", needs_person=True)
    if 300 <= status < 400:
        return Written(result=Result.LATER, note=f"{note}: it redirects, give its own address", needs_person=True)
    return Written(result=Result.NEVER, note=note)


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    try:
        wait = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return timedelta(seconds=min(wait, LONGEST_WAIT_S)) if wait > 0 else None


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
