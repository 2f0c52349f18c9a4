"""A seed replays its plan."""

from itertools import chain

import pytest

from tests.proof.edges import EDGES
from tests.proof.outages import OUTAGES as MADE
from tests.proof.planning import OUTAGES, plan_of


def test_a_seed_gives_the_same_plan_again_and_another_seed_another() -> None:
    assert plan_of(7, "embedded") == plan_of(7, "embedded")
    assert plan_of(7, "embedded") != plan_of(8, "embedded")


@pytest.mark.parametrize("mode", OUTAGES)
def test_a_long_run_makes_every_outage(mode: str) -> None:
    assert set().union(*(plan_of(seed, mode).outages for seed in range(6))) == set(OUTAGES[mode])


def test_every_outage_is_drawn_in_some_mode() -> None:
    assert set(chain(*OUTAGES.values())) == set(MADE)


def test_a_long_run_comes_by_every_edge() -> None:
    plans = [plan_of(seed, mode) for seed in range(4) for mode in ("embedded", "distributed")]
    aimed = {hit.blow.edge for plan in plans for each in plan.rounds for hit in each.hits}
    assert {name for name, edge in EDGES.items() if edge.role != "upgrade"} <= aimed
