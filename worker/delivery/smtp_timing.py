"""smtplib's client with an end to everything: its own time-outs begin anew with each byte."""

import smtplib
import socket
import time
from typing import Any, Protocol

COMMAND_TIMEOUT_S = 10.0
PIECE = 16_384


class _Talk(Protocol):
    sock: socket.socket
    until: float | None


class _Lines:
    """The other side's lines, read by a moment of the monotonic clock."""

    def __init__(self, talk: _Talk) -> None:
        self._talk = talk
        self._heard = b""

    def readline(self, limit: int) -> bytes:
        """The next line or its first `limit` bytes; less where the other side ends.

        Raises:
            TimeoutError: it did not come in time.
        """
        until = self._talk.until
        assert until is not None, "whoever reads an answer has said until when"
        while b"\n" not in self._heard and len(self._heard) < limit:
            piece = _in_time(self._talk.sock, until).recv(PIECE)
            if not piece:
                break
            self._heard += piece
        end = min(limit, self._heard.find(b"\n") + 1 or limit)
        line, self._heard = self._heard[:end], self._heard[end:]
        return line

    def close(self) -> None:
        """Nothing is held beside the socket."""


class Timed:
    """Answers come as a whole within `COMMAND_TIMEOUT_S`, or by `until` where that is set."""

    sock: Any
    file: Any
    until: float | None = None

    def getreply(self) -> tuple[int, bytes]:
        """The next answer.

        Raises:
            smtplib.SMTPServerDisconnected: there is none, or it did not end in time.
        """
        is_usual = self.until is None
        if is_usual:
            self.until = time.monotonic() + COMMAND_TIMEOUT_S
        try:
            if self.file is None and self.sock is not None:
                self.file = _Lines(self)
            answer: tuple[int, bytes] = super().getreply()  # type: ignore[misc]  # smtplib's, beside which this stands
        finally:
            if is_usual:
                self.until = None
        if self.sock is not None:
            self.sock.settimeout(COMMAND_TIMEOUT_S)
        return answer

    def send_by(self, content: bytes, until: float) -> None:
        """Sends it all.

        Raises:
            OSError: it could not, or not in time; then the end of it has not left.
        """
        left = memoryview(content)
        while left:
            left = left[_in_time(self.sock, until).send(left[:PIECE]) :]


class TimedSMTP(Timed, smtplib.SMTP):
    """In clear, or encrypted by STARTTLS."""


class TimedSMTPS(Timed, smtplib.SMTP_SSL):
    """Encrypted from the first byte."""


def _in_time(sock: socket.socket, until: float) -> socket.socket:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is over")
    sock.settimeout(left)
    return sock
