"""Why another machine could not be asked, in words. Names of Python's classes tell people nothing."""

import errno
import socket
import ssl
from collections.abc import Iterator

WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "its name is not known"),
    (ssl.SSLCertVerificationError, "its certificate is not valid"),
    (ssl.SSLError, "no encrypted connection comes about"),
    (TimeoutError, "no answer in time"),
    (ConnectionRefusedError, "the connection is refused"),
    (ConnectionError, "the connection was cut"),
)
NUMBERS = {
    errno.ECONNREFUSED: "the connection is refused",
    errno.EHOSTUNREACH: "no way leads there",
    errno.ENETUNREACH: "no way leads there",
    errno.ETIMEDOUT: "no answer in time",
}
NAMES = {
    "dns": "its name is not known",
    "certificate": "its certificate is not valid",
    "disconnected": "the connection was cut",
    "invalidurl": "its address is none",
}
"""Libraries have errors of their own, some of them without a cause."""


def why(error: BaseException) -> str:
    """The reason of an error, or of what caused it, as the end of a sentence."""
    chain = list(_causes(error))
    for each in reversed(chain):  # the cause tells more than what was made of it
        known = next((words for kind, words in WORDS if isinstance(each, kind)), None)
        known = known or NUMBERS.get(getattr(each, "errno", None) or 0)
        if known:
            return known
    names = " ".join(type(each).__name__.lower() for each in chain)
    return next((words for part, words in NAMES.items() if part in names), "the connection failed")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = getattr(error, "os_error", None) or error.__cause__ or error.__context__
