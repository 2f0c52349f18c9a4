"""Hints on a real broker: bounded, and lost without harm."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
import structlog.testing
from pydantic import SecretStr

from tests.support.servers import Broker, free_port
from worker import hints, queues
from worker.bootstrap import build
from worker.celery import LONGEST_SWEEP_QUEUE, SWEEPS_S, HintScheduler, Postpurchase
from worker.hints import LONGEST_QUEUE, queue_length
from worker.settings import Settings


def app_on(broker: str, tmp_path: Path) -> Postpurchase:
    return Postpurchase(
        build(Settings(data_dir=tmp_path, broker_url=SecretStr(broker), secret_key=SecretStr("a long test key")))
    )


@pytest.fixture
def app(redis_url: str, tmp_path: Path) -> Iterator[Postpurchase]:
    redis.Redis.from_url(redis_url).flushdb()
    made = app_on(redis_url, tmp_path)
    yield made
    made.close()
    redis.Redis.from_url(redis_url).flushdb()


def waiting(app: Postpurchase, name: str) -> int:
    with app.connection_for_write() as connection:
        return queue_length(connection, name)


def test_a_hint_waits_in_the_queue_of_its_task(app: Postpurchase) -> None:
    app.hints.send(queues.PLAN_EVENT, "an id")
    app.hints.flush()
    assert [waiting(app, name) for name in queues.QUEUES] == [1, 0, 0]


def test_a_queue_that_nobody_empties_stays_bounded(app: Postpurchase) -> None:
    for _ in range(3):
        for number in range(LONGEST_QUEUE - 100):
            app.hints.send(queues.PLAN_EVENT, str(number))
        app.hints.flush()
    assert waiting(app, queues.PLANNING) == LONGEST_QUEUE


def test_sweeps_do_not_pile_up_when_no_worker_runs(app: Postpurchase) -> None:
    scheduler = HintScheduler(app)
    for _ in range(LONGEST_SWEEP_QUEUE * 3):
        for name in SWEEPS_S:
            scheduler.send_hint(name)
    app.hints.flush()
    assert all(waiting(app, name) <= LONGEST_SWEEP_QUEUE for name in queues.QUEUES)


def test_every_sweep_is_on_the_schedule() -> None:
    ticking = set(queues.QUEUE_OF) - {queues.PLAN_EVENT, queues.DELIVER}  # these two carry work of their own
    assert set(SWEEPS_S) == ticking


def test_beat_ticks_on_when_its_hosts_clock_is_set_back(app: Postpurchase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SWEEPS_S, queues.SWEEP_DUE, 0.01)
    scheduler = HintScheduler(app)
    scheduler.tick()
    app.hints.flush()
    before = waiting(app, queues.DISPATCH)
    real, an_hour = time.time, 3600
    monkeypatch.setattr(time, "time", lambda: real() - an_hour)
    monkeypatch.setattr(app, "now", lambda: datetime.now(UTC) - timedelta(seconds=an_hour))
    time.sleep(0.02)
    assert scheduler.tick() < 1
    app.hints.flush()
    assert (before, waiting(app, queues.DISPATCH)) == (1, 2)


def test_a_hint_carries_no_deadline_that_another_hosts_clock_could_miss(app: Postpurchase, redis_url: str) -> None:
    app.hints.send(queues.PLAN_EVENT, "an id")
    app.hints.flush()
    [kept] = redis.Redis.from_url(redis_url).lrange(queues.PLANNING, 0, -1)
    assert json.loads(kept)["headers"]["expires"] is None


def test_every_task_is_registered_under_its_name(app: Postpurchase) -> None:
    assert set(queues.QUEUE_OF) <= set(app.tasks)


def test_a_dead_broker_costs_one_log_line_and_nothing_else(tmp_path: Path) -> None:
    app = app_on(f"redis://127.0.0.1:{free_port()}/0", tmp_path)
    with structlog.testing.capture_logs() as lines:
        for number in range(50):
            app.hints.send(queues.PLAN_EVENT, str(number))
        app.hints.flush()
    app.close()
    assert [line["event"] for line in lines] == ["hints.broker.failed"]


def test_hints_go_out_again_once_a_broker_that_was_gone_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "REST_S", 0.0)
    broker = Broker(tmp_path)
    broker.start()
    app = app_on(broker.url, tmp_path)
    app.hints.send(queues.PLAN_EVENT, "before")
    app.hints.flush()
    broker.stop()
    for number in range(5):
        app.hints.send(queues.PLAN_EVENT, str(number))
        app.hints.flush()
    broker.start()
    for number in range(5):
        app.hints.send(queues.PLAN_EVENT, str(number))
        app.hints.flush()
    assert waiting(app, queues.PLANNING) >= 4, "the first may find that its connection is gone"
    app.close()
    broker.stop()
