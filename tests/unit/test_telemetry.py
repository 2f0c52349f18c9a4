"""What a log may hold."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

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


def test_a_database_error_says_nothing_of_the_values_in_its_query(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'shop.sqlite3'}")
    with pytest.raises(StorageUnavailableError) as caught, database.read() as session:
        session.execute(text("SELECT * FROM nowhere WHERE address = :address"), {"address": "mia@example.com"})
    assert "mia" not in str(caught.value) + str(caught.value.__cause__)
