"""An order whose source names a time zone that is none: its mails go out all the same, by the shop's clocks."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schedules.lifecycle import State
from tests.support import standard
from tests.support.intake import Connected, connected
from tests.support.signing import connect_everywhere, signed
from worker.dispatch.service import deliver_batch
from worker.intake.service import Incoming, accept
from worker.planning.by_hand import send_now
from worker.planning.service import plan_event
from worker.store.session import Database

NO_ZONES = ("Mars/Phobos", "America", "CEST", "../etc/passwd", "Europe/Stockholm\n")


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Connected:
    """With a source of every kind."""
    found = connected(database, tmp_path)
    connect_everywhere(found.installation)
    return found


def _plan(shop: Connected, type_: str, at: datetime, data: dict[str, Any]) -> None:
    raw = json.dumps(standard.event(type_, data, at=at)).encode()
    sent = Incoming(shop="northkettle", source="standard", headers=signed("standard", "", raw), body=raw)
    [answer] = accept(shop.installation, [sent])
    assert answer.to_plan is not None, answer
    plan_event(shop.installation, answer.to_plan)


def _sent(shop: Connected, step: str) -> State:
    """What becomes of the order's mail of a step, sent now."""
    send_now(shop.installation, shop.order(1042).id, step)
    deliver_batch(shop.installation)
    [state] = [message.state for message in shop.messages() if message.step == step]
    return State(state)


@pytest.mark.parametrize("zone", NO_ZONES)
def test_the_receipt_goes_out(shop: Connected, zone: str) -> None:
    order = standard.order(placed_at=shop.now.isoformat(), timezone=zone)
    _plan(shop, "order.placed", shop.now, order)
    assert _sent(shop, "confirmation") is State.ACCEPTED


@pytest.mark.parametrize("zone", NO_ZONES)
def test_the_follow_up_goes_out(shop: Connected, zone: str) -> None:
    placed, left, arrived = (shop.now - timedelta(days=days) for days in (12, 11, 9))
    _plan(shop, "order.placed", placed, standard.order(placed_at=placed.isoformat(), timezone=zone))
    _plan(shop, "order.shipped", left, {"order_id": "1042", "shipped_at": left.isoformat()})
    _plan(shop, "order.delivered", arrived, {"order_id": "1042", "at": arrived.isoformat()})
    assert _sent(shop, "follow_up") is State.ACCEPTED
