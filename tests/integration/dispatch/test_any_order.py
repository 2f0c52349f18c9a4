"""Whatever happens in whatever order, the promises hold: found by search.

`pytest tests/integration/dispatch/test_any_order.py --hypothesis-profile=long` searches forty times as long, and
shrinks what it finds to the shortest story.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.dispatch_machine import DispatchMachine
from tests.support.effort import effort, is_long
from worker.store.session import Database

pytestmark = pytest.mark.timeout(1800)  # the long search takes minutes


def test_no_order_of_events_breaks_a_promise(database: Database, tmp_path: Path) -> None:
    run_state_machine_as_test(
        lambda: DispatchMachine(database, tmp_path / "var"),
        settings=settings(
            max_examples=effort(6),
            phases=[Phase.reuse, Phase.generate, *([Phase.shrink] if is_long() else [])],
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
