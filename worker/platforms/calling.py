"""One JSON call to a shop's API. Redirects are not followed: they would carry the key to another host."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from worker.platforms.writing import Result, Written

TIMEOUT_S = 10
LARGEST_ANSWER = 1024 * 1024
BUSY = frozenset({402, 408, 423, 425, 429})
"""Shops that are frozen, locked or asked too often: all of it passes."""
LONGEST_WAIT_S = 3600


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: Any


def call(method: str, url: str, *, headers: Mapping[str, str], body: Mapping[str, Any]) -> Reply | Written:
    """The shop's answer with its body as JSON (None when it is none), or why there is no answer."""
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.netloc, timeout=TIMEOUT_S)
    told = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "Postpurchase"}
    try:
        connection.request(method, parts.path, json.dumps(body).encode(), told | dict(headers))
        answer = connection.getresponse()
        raw = answer.read(LARGEST_ANSWER)
    except (OSError, HTTPException) as error:
        return Written(result=Result.LATER, note=f"the shop does not answer ({type(error).__name__})")
    finally:
        connection.close()
    return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, _read(raw))


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
