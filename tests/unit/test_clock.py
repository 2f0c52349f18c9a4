"""Business time as a process carries it on between two looks at the database's clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from worker import clock as module
from worker.clock import REFRESH_S, Clock
from worker.store.session import Database


@dataclass
class Hands:
    """Stands for `time`."""

    at: float = 1000.0

    def monotonic(self) -> float:
        return self.at


class Moving(Database):
    """A database whose clock goes with the hands."""

    def __init__(self, path: Path, hands: Hands) -> None:
        super().__init__(f"sqlite:///{path}")
        self.hands, self.began = hands, super().now()

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self.hands.at - 1000)


class Overtaken(float):
    """A number of seconds; whoever first compares with it is overtaken by another thread, which does `meanwhile`."""

    meanwhile: Callable[[], object] | None = None

    def __lt__(self, other: float) -> bool:
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()
        return float(self) < other


def test_whoever_is_overtaken_while_looking_never_sees_the_future(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hands, threshold = Hands(), Overtaken(REFRESH_S)
    monkeypatch.setattr(module, "time", hands)
    monkeypatch.setattr(module, "REFRESH_S", threshold)
    database = Moving(tmp_path / "shop.db", hands)
    clock = Clock(database)
    clock.real_now()
    hands.at += REFRESH_S - 1

    def refresh() -> None:
        hands.at += 2
        clock.real_now()

    threshold.meanwhile = refresh
    assert clock.real_now() <= database.now()
    database.close()
