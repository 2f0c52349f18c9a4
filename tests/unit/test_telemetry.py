"""What a log may hold."""

import io
import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
import structlog
from pydantic import ValidationError
from sqlalchemy import text

from schedules.facts import Customer
from worker.errors import StorageUnavailableError
from worker.store.session import Database
from worker.telemetry import bound, configure, masked


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    before = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers = before
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("address", "shown"),
    [("mia@example.com", "m…@example.com"), ("", "…"), (None, "…"), ("no address", "…")],
)
def test_an_address_is_masked(address: str | None, shown: str) -> None:
    assert masked(address) == shown


def test_a_json_line_carries_the_bound_ids(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True)
    with bound(shop="northkettle", order_id=1042):
        structlog.get_logger().info("planning.event.planned", state="planned")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["shop"], line["order_id"]) == ("planning.event.planned", "northkettle", "1042")


def test_loggers_made_before_follow_a_change(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True, level=logging.WARNING)
    log = structlog.get_logger()
    log.info("too.small.to.tell")
    log.warning("told.once")
    configure(as_json=True)
    log.info("told.now")
    told = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert told == ["told.once", "told.now"]


def test_any_value_can_be_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True)
    structlog.get_logger().info("odd", half="\ud83d", large=2**70, where=Path("here"))
    line = json.loads(capsys.readouterr().err)
    assert (line["half"], line["large"], line["where"]) == ("\ud83d", 2**70, "here")


def test_a_log_that_cannot_be_written_stops_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configure(as_json=True)
    closed = (tmp_path / "log").open("w")
    closed.close()
    monkeypatch.setattr("sys.stderr", closed)
    structlog.get_logger().info("nobody hears this")


def test_a_line_that_is_no_json_is_written_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True)
    loop: list[object] = []
    loop.append(loop)
    structlog.get_logger().info("odd", by_id={UUID(int=1): 1}, loop=loop)
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "odd"
    assert str(UUID(int=1)) in line["by_id"]


@dataclass(frozen=True)
class Door:
    host: str
    password: str = field(repr=False)


def test_a_record_hides_in_a_log_what_it_hides_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True)
    structlog.get_logger().info("delivery.server.chosen", server=Door("mail.example", "open-sesame"))
    told = capsys.readouterr().err
    assert "mail.example" in told
    assert "open-sesame" not in told


class Interrupted(io.StringIO):
    """A stream in the middle of whose writing a signal comes."""

    def write(self, text: str) -> int:
        if not self.getvalue():
            super().write("-")
            signal.raise_signal(signal.SIGUSR1)
        return super().write(text)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
@pytest.mark.timeout(20)
def test_a_signal_may_log_while_a_line_is_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(as_json=True)
    log, stream = structlog.get_logger(), Interrupted()
    monkeypatch.setattr("sys.stderr", stream)
    before = signal.signal(signal.SIGUSR1, lambda *_: log.info("process.signal.received"))
    try:
        log.info("before")
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert "process.signal.received" in stream.getvalue()
    assert '"before"' in stream.getvalue()


QUIETLY = """
import structlog
from worker.telemetry import configure
configure(as_json={as_json})
structlog.get_logger().info("nobody hears this")
print("went on")
"""


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.skipif(sys.platform == "win32", reason="its shell closes no stderr")
def test_a_process_without_stderr_goes_on(as_json: bool) -> None:
    command = ["/bin/sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, QUIETLY.format(as_json=as_json)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert done.stdout == "went on\n"


@pytest.mark.parametrize("as_json", [False, True])
def test_a_logged_error_says_nothing_of_the_values_at_hand(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    address = "mia@example.com"
    configure(as_json=as_json)
    try:
        raise RuntimeError(f"something broke after {len(address)} letters")
    except RuntimeError as error:
        structlog.get_logger().error("planning.event.failed", exc_info=error)
    told = capsys.readouterr().err
    assert "something broke" in told
    assert "mia" not in told


@pytest.mark.parametrize("as_json", [False, True])
def test_a_logged_error_keeps_what_it_choked_on_to_itself(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """Pydantic quotes the value, PostgreSQL the key that is there twice: both behind the first line."""
    address = "mia@example.com"
    configure(as_json=as_json)
    try:
        try:
            Customer.model_validate({"email": [address]})
        except ValidationError as error:
            raise RuntimeError(f"no second one\nDETAIL: Key (address)=({address}) exists") from error
    except RuntimeError as error:
        structlog.get_logger().error("planning.event.failed", exc_info=error)
    told = capsys.readouterr().err
    assert "ValidationError: 1 validation error for Customer" in told
    assert "RuntimeError: no second one" in told
    assert "test_telemetry.py" in told
    assert "mia" not in told


def test_a_library_that_logs_an_error_is_kept_as_short(capsys: pytest.CaptureFixture[str]) -> None:
    address = "mia@example.com"
    configure(as_json=True)
    try:
        raise RuntimeError(f"broken\n{address}")
    except RuntimeError:
        logging.getLogger("celery").exception("the task failed")
    told = capsys.readouterr().err
    assert "RuntimeError: broken" in told
    assert "mia" not in told


def test_a_database_error_says_nothing_of_the_values_in_its_query(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'shop.sqlite3'}")
    with pytest.raises(StorageUnavailableError) as caught, database.read() as session:
        session.execute(text("SELECT * FROM nowhere WHERE address = :address"), {"address": "mia@example.com"})
    assert "mia" not in str(caught.value) + str(caught.value.__cause__)
