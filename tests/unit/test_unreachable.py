"""What kept us from another machine is told to people in words."""

import errno
import socket
import ssl

import pytest

from worker.unreachable import why


class LibraryError(Exception):
    """As clients of brokers and shops have them."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its name is not known"),
        (TimeoutError(), "no answer in time"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "the connection is refused"),
        (ConnectionResetError(), "the connection was cut"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "no way leads there"),
        (ssl.SSLCertVerificationError(), "its certificate is not valid"),
        (ssl.SSLError(), "no encrypted connection comes about"),
        (LibraryError("what nobody knows"), "the connection failed"),
    ],
)
def test_an_error_is_told_in_words(error: Exception, words: str) -> None:
    assert why(error) == words


def test_the_cause_of_an_error_tells_more_than_what_a_library_made_of_it() -> None:
    made = LibraryError("it failed")
    made.__cause__ = ConnectionRefusedError()
    assert why(made) == "the connection is refused"
