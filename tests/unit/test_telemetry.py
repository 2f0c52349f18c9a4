"""What a log may hold."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

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
