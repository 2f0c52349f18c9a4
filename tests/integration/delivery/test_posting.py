"""Posts by libcurl against servers that answer as no decent server would."""

import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import SimpleQueue
from uuid import UUID, uuid4

import pytest

from tests.support.answering import ACCEPTED, HANG_UP, Answering, answering
from tests.support.processes import wait_until
from tests.support.smtp import certificate
from worker.delivery.posting import Post, Poster, Reply

TOTAL_S, HASTE_S, PATIENCE_S = 20.0, 2.0, 60.0
BODY = b"x" * 35_000


@pytest.fixture
def poster() -> Iterator[Poster]:
    made = _poster()
    yield made
    made.close()


@pytest.fixture
def hasty() -> Iterator[Poster]:
    """It waits no longer than two seconds for an answer."""
    made = _poster(total_s=HASTE_S)
    yield made
    made.close()


def _poster(connections: int = 4, total_s: float = TOTAL_S) -> Poster:
    return Poster(connections=connections, connect_s=total_s, total_s=total_s, longest_answer=100)


def _replies(poster: Poster, url: str, *bodies: bytes, headers: tuple[str, ...] = ("Expect:",)) -> list[Reply]:
    """What came of each, in the order of the bodies."""
    posts = {uuid4(): Post(url=url, headers=headers, body=body) for body in bodies}
    told = _begun(poster, posts)
    found = dict(told.get(timeout=PATIENCE_S) for _ in posts)
    return [found[key] for key in posts]


def _begun(poster: Poster, posts: Mapping[UUID, Post]) -> "SimpleQueue[tuple[UUID, Reply]]":
    """Where what comes of each will be told."""
    told: SimpleQueue[tuple[UUID, Reply]] = SimpleQueue()

    def tell(replies: Mapping[UUID, Reply]) -> None:
        for each in replies.items():
            told.put(each)

    poster.post(posts, tell)
    return told


def _url(server: Answering, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{server.port}/v3/mail/send"


def test_a_kept_connection_that_dies_under_a_post_is_never_a_reason_to_post_again(poster: Poster) -> None:
    with answering(ACCEPTED, HANG_UP, ACCEPTED) as server:
        replies = [_replies(poster, _url(server), BODY)[0] for _ in range(3)]
        assert [reply.status for reply in replies] == [202, 0, 202]
        assert replies[1].is_sent
        assert replies[1].error
        assert server.bodies == [BODY] * 3, "the second was posted once"
        assert server.connections == 2


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 3_000_000])
def test_a_body_of_any_length_arrives_whole(poster: Poster, size: int) -> None:
    with answering(ACCEPTED) as server:
        body = bytes(index % 251 for index in range(size))
        [reply] = _replies(poster, _url(server), body)
        assert reply.status == 202
        assert server.bodies == [body]


def test_the_last_head_counts_and_its_names_are_lower_case(poster: Poster) -> None:
    with answering(b"HTTP/1.1 103 Early Hints\r\nX-Message-Id: early\r\n\r\n" + ACCEPTED) as server:
        [reply] = _replies(poster, _url(server), BODY)
    assert (reply.status, reply.headers) == (202, {"x-message-id": "m1", "content-length": "0"})


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 50\r\n\r\n{", 202),
        (b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 503),
        (b"HTTP/1.1 202 Accepted\r\nX-Mess", 0),
        (b"nonsense\r\n\r\n", 0),
    ],
)
def test_an_answer_that_breaks_off_counts_from_its_whole_head_on(hasty: Poster, answer: bytes, status: int) -> None:
    with answering(answer) as server:
        [reply] = _replies(hasty, _url(server), BODY)
    assert (reply.status, reply.is_sent) == (status, True)


def test_of_a_long_answer_no_more_is_kept_than_was_asked_for(poster: Poster) -> None:
    long = b"HTTP/1.1 400 Bad\r\nContent-Length: 500000\r\n\r\n" + b"y" * 500_000
    with answering(long, ACCEPTED) as server:
        assert _replies(poster, _url(server), BODY)[0] == Reply(
            status=400, headers={"content-length": "500000"}, body=b"y" * 100, is_sent=True
        )
        assert _replies(poster, _url(server), BODY)[0].status == 202


def test_a_redirect_is_an_answer_and_is_not_followed(poster: Poster) -> None:
    with answering(ACCEPTED) as elsewhere:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {_url(elsewhere)}\r\nContent-Length: 0\r\n\r\n".encode()
        with answering(moved) as server:
            assert _replies(poster, _url(server), BODY)[0].status == 307
        assert elsewhere.connections == 0


def test_a_post_without_an_answer_ends_in_time_and_the_others_meanwhile(hasty: Poster) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, answering(ACCEPTED) as server:
        post = Post(url=f"http://127.0.0.1:{silent.getsockname()[1]}/", headers=("Expect:",), body=BODY)
        slow = _begun(hasty, {uuid4(): post})
        assert _replies(hasty, _url(server), BODY)[0].status == 202
        assert slow.get(timeout=PATIENCE_S)[1].status == 0


def test_more_posts_than_connections_wait_their_turn() -> None:
    poster = _poster(connections=2)
    with answering(ACCEPTED) as server:
        replies = _replies(poster, _url(server), *(bytes([number]) * 2000 for number in range(20)))
        assert {reply.status for reply in replies} == {202}
        assert server.connections <= 2
        assert len(server.bodies) == len(set(server.bodies)) == 20
    poster.close()


def test_a_header_that_cannot_be_sent_harms_no_other_post(poster: Poster) -> None:
    with answering(ACCEPTED) as server:
        [reply] = _replies(poster, _url(server), BODY, headers=("Authorization: Bearer é",))
        assert (reply.status, reply.is_sent) == (0, False)
        assert "é" not in reply.error
        assert _replies(poster, _url(server), BODY)[0].status == 202


def test_one_who_is_told_and_fails_harms_no_other(poster: Poster) -> None:
    def fail(_replies: object) -> None:
        raise RuntimeError

    with answering(ACCEPTED) as server:
        poster.post({uuid4(): Post(url=_url(server), headers=(), body=BODY)}, fail)
        assert _replies(poster, _url(server), BODY)[0].status == 202


def test_a_certificate_is_checked_and_those_that_pythons_own_calls_trust_are_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls, _ = certificate(tmp_path)
    with answering(ACCEPTED, tls=tls) as server:
        stranger = _poster()
        [reply] = _replies(stranger, _url(server, "https"), BODY)
        stranger.close()
        assert (reply.status, reply.is_sent) == (0, False)
        assert "certificate" in reply.error
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        friend = _poster()
        assert _replies(friend, _url(server, "https"), BODY)[0].status == 202
        friend.close()


def test_a_proxy_that_the_environment_names_is_not_used(poster: Poster, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(ACCEPTED) as proxy, answering(ACCEPTED) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        assert _replies(poster, _url(server), BODY)[0].status == 202
        assert (proxy.connections, server.connections) == (0, 1)


def test_closing_ends_the_thread_and_a_later_post_begins_another(poster: Poster) -> None:
    before = set(threading.enumerate())

    def posting() -> bool:
        return any(thread.name == "posts" for thread in set(threading.enumerate()) - before)

    with answering(ACCEPTED) as server:
        assert not posting(), "the thread begins with the first post"
        assert _replies(poster, _url(server), BODY)[0].status == 202
        assert posting()
        poster.close()
        wait_until(lambda: not posting(), "the thread has ended")
        assert _replies(poster, _url(server), BODY)[0].status == 202
