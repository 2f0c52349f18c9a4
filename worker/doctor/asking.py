"""Questions to outsiders, several at once: each may take seconds, and with many shops there are hundreds."""

import http.client
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

from worker.doctor.checks import Check

AT_ONCE = 16
TIMEOUT_S = 5.0
Question = Callable[[], list[Check]]


def answers(questions: Iterable[Question | Check]) -> list[Check]:
    """What was found, in the order of the questions; what is known already stays as it is.

    Questions may not touch the database.
    """
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="doctor") as pool:
        return [check for found in pool.map(_answer, questions) for check in found]


@contextmanager
def asked(
    base: str, method: str, path: str, *, headers: Mapping[str, str], body: str | None = None
) -> Iterator[http.client.HTTPResponse]:
    """What a host answers below a base like https://links.northkettle.example; no redirect is followed.

    Raises:
        OSError, http.client.HTTPException: it does not answer.
    """
    parts = urlsplit(base)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT_S)
    try:
        connection.request(method, parts.path.rstrip("/") + path, body, headers)
        yield connection.getresponse()
    finally:
        connection.close()


def _answer(question: Question | Check) -> list[Check]:
    return [question] if isinstance(question, Check) else question()
