"""Posts over kept connections, made by libcurl in a thread of their own.

libcurl repeats a post by itself when a kept connection turns out to be dead under it, although the other side may have
taken the first copy. Here it cannot: a body is read once and never wound back, so such a post ends without an answer.
"""

import ssl
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any
from uuid import UUID

import pycurl
import structlog

GLANCE_S = 0.005
"""How long the calls under way are waited for before new ones are looked for; they cannot wake each other."""
KEPT_S = 10
"""Idle connections older than this are not used again: the other side may be about to close them."""
ONE_PIECE = 64 * 1024
"""libcurl's buffer for what it sends, in bytes: a body within it is read in one piece."""
CLOSED = "it was closed meanwhile"

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Post:
    """One request. `headers`: whole lines, `Name: value`."""

    url: str
    headers: Sequence[str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of one post. Names of `headers` are lower case; of the body at most `longest_answer` bytes are kept.

    `status` 0: there is no answer, and `error` says why. `is_sent`: bytes of the body may have left; if not, the other
    side cannot have it. `is_closed`: our own end ended it.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_sent: bool = False
    error: str = ""
    is_closed: bool = False


Tell = Callable[[Mapping[UUID, Reply]], None]
"""Is told of posts that ended at one moment, by their ids. It is called in the calls' thread and must not wait."""


class Poster:
    """Posts many at once, over `connections` at most. The thread starts with the first post, after any fork.

    `total_s` bounds each post from its beginning to the last byte of its answer, `connect_s` the connection alone.
    """

    def __init__(self, *, connections: int, connect_s: float, total_s: float, longest_answer: int) -> None:
        self._connections, self._longest = connections, longest_answer
        self._constant = _constant(connect_s, total_s)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._asked: SimpleQueue[_Asked | None] = SimpleQueue()

    def post(self, posts: Mapping[UUID, Post], tell: Tell) -> None:
        """Begins them all and returns; `tell` is told of each once."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._asked = SimpleQueue()
                rounds = _Rounds(self._asked, self._connections, self._constant, self._longest)
                self._thread = threading.Thread(target=rounds.run, name="posts", daemon=True)
                self._thread.start()
            self._asked.put(_Asked(posts, tell))

    def close(self) -> None:
        """Ends the connections and the thread; posts under way end with what is known of them."""
        with self._starting:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._asked.put(None)
                thread.join()


@dataclass(frozen=True)
class _Asked:
    posts: Mapping[UUID, Post]
    tell: Tell


class _Call:
    """One post under way; libcurl calls back for what it sends and with what it receives."""

    def __init__(self, key: UUID, post: Post, tell: Tell, longest: int) -> None:
        self.key, self.tell = key, tell
        self.body, self._at, self._longest = post.body, 0, longest
        self._head: list[bytes] = []
        self._kept = bytearray()
        self.is_sent = False
        self.is_answered = False

    def read(self, size: int) -> bytes:
        """The next piece of the body."""
        self.is_sent = True
        piece = self.body[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def hear(self, line: bytes) -> None:
        """One line of the answer's head; a new head (after `100 Continue`) takes the place of the one before."""
        if line.startswith(b"HTTP/"):
            self._head.clear()
        self._head.append(line)
        self.is_answered = line in (b"\r\n", b"\n")

    def keep(self, piece: bytes) -> None:
        """A piece of the answer's body."""
        if len(self._kept) < self._longest:
            self._kept += piece[: self._longest - len(self._kept)]

    def headers(self) -> dict[str, str]:
        """The answer's, by their names in lower case."""
        pairs = (line.decode("latin-1").partition(":") for line in self._head[1:-1])
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    def answer(self) -> bytes:
        return bytes(self._kept)


class _Rounds:
    """The thread's work: round after round it begins what is asked for, lets libcurl go on, and tells what ended."""

    def __init__(
        self, asked: "SimpleQueue[_Asked | None]", connections: int, constant: Mapping[int, Any], longest: int
    ) -> None:
        self._asked, self._longest = asked, longest
        self._constant = constant
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, connections)
        self._multi.setopt(pycurl.M_MAXCONNECTS, connections)
        self._calls: dict[pycurl.Curl, _Call] = {}
        self._free: list[pycurl.Curl] = []

    def run(self) -> None:
        """Until it is asked for nothing: for `None`."""
        while self._begin():
            self._multi.perform()
            self._tell_ended()
            if self._calls and self._multi.select(GLANCE_S) < 0:  # libcurl has nothing to watch yet
                time.sleep(GLANCE_S)
        self._end()

    def _begin(self) -> bool:
        """Begins all that is asked for; with nothing under way it waits. False: the end is asked for."""
        while not self._calls or not self._asked.empty():
            asked = self._asked.get()
            if asked is None:
                return False
            for key, post in asked.posts.items():
                self._begin_one(_Call(key, post, asked.tell, self._longest), post)
        return True

    def _begin_one(self, call: _Call, post: Post) -> None:
        handle = self._free.pop() if self._free else self._new()
        try:
            handle.setopt(pycurl.URL, post.url)
            handle.setopt(pycurl.HTTPHEADER, list(post.headers))
            handle.setopt(pycurl.POSTFIELDSIZE, len(post.body))
            handle.setopt(pycurl.READFUNCTION, call.read)
            handle.setopt(pycurl.HEADERFUNCTION, call.hear)
            handle.setopt(pycurl.WRITEFUNCTION, call.keep)
            self._multi.add_handle(handle)
        except (pycurl.error, ValueError, TypeError) as error:  # its address or a header is not to be sent
            _tell([(call, Reply(error=f"it cannot be sent: {type(error).__name__}"))])
        else:
            self._calls[handle] = call

    def _new(self) -> pycurl.Curl:
        handle = pycurl.Curl()
        for option, value in self._constant.items():
            handle.setopt(option, value)
        return handle

    def _tell_ended(self) -> None:
        ended: list[tuple[_Call, Reply]] = []
        left = 1
        while left:
            left, done, failed = self._multi.info_read()
            ended += [self._taken(handle, "") for handle in done]
            ended += [self._taken(handle, str(said)) for handle, _, said in failed]
        _tell(ended)

    def _taken(self, handle: pycurl.Curl, error: str) -> tuple[_Call, Reply]:
        """A call that has ended, and what came of it. Its answer counts although what follows the head broke off."""
        call = self._calls.pop(handle)
        self._multi.remove_handle(handle)
        status = handle.getinfo(pycurl.RESPONSE_CODE) if call.is_answered else 0
        self._free.append(handle)
        if not status:
            return call, Reply(is_sent=call.is_sent, error=error or "there was no answer")
        return call, Reply(status=status, headers=call.headers(), body=call.answer(), is_sent=True)

    def _end(self) -> None:
        closed = [(call, Reply(is_sent=call.is_sent, error=CLOSED, is_closed=True)) for call in self._calls.values()]
        for handle in self._calls:
            self._multi.remove_handle(handle)
        self._multi.close()
        _tell(closed)


def _tell(ended: Sequence[tuple[_Call, Reply]]) -> None:
    """Tells of calls that were begun together at once."""
    told: dict[Tell, dict[UUID, Reply]] = {}
    for call, reply in ended:
        told.setdefault(call.tell, {})[call.key] = reply
    for tell, replies in told.items():
        try:
            tell(replies)
        except Exception:  # the others' answers must still be told, and these count as unknown
            log.exception("delivery.answer.failed", alarm=True)


def _constant(connect_s: float, total_s: float) -> dict[int, Any]:
    """Options that all posts share."""
    return {
        pycurl.POST: 1,
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,  # one call on a connection at a time
        pycurl.CONNECTTIMEOUT_MS: round(connect_s * 1000),
        pycurl.TIMEOUT_MS: round(total_s * 1000),
        pycurl.MAXAGE_CONN: KEPT_S,
        pycurl.UPLOAD_BUFFERSIZE: ONE_PIECE,
        pycurl.NOSIGNAL: 1,
        pycurl.PROXY: "",  # nor one that the environment names
        **_trust(),
    }


def _trust() -> dict[int, Any]:
    """Whose certificates count: those that Python's own calls trust, `SSL_CERT_FILE` included."""
    if sys.platform == "win32":
        return {pycurl.SSL_OPTIONS: pycurl.SSLOPT_NATIVE_CA}
    paths = ssl.get_default_verify_paths()
    told = {pycurl.CAINFO: paths.cafile, pycurl.CAPATH: paths.capath}
    return {option: path for option, path in told.items() if path}
