"""What a log may hold."""

import json
import logging

import pytest
import structlog

from worker.telemetry import bound, configure, masked


@pytest.mark.parametrize(
    ("address", "shown"),
    [("mia@example.com", "m…@example.com"), ("", "…"), (None, "…"), ("no address", "…")],
)
def test_an_address_is_masked(address: str | None, shown: str) -> None:
    assert masked(address) == shown


def test_a_json_line_carries_the_bound_ids(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    try:
        configure(as_json=True)
        with bound(shop="northkettle", order_id=1042):
            structlog.get_logger().info("planning.event.planned", state="planned")
        line = json.loads(capsys.readouterr().err)
    finally:
        logging.getLogger().handlers = before
        structlog.reset_defaults()
    assert (line["event"], line["shop"], line["order_id"]) == ("planning.event.planned", "northkettle", "1042")
