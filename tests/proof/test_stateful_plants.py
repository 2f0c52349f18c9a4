"""The searching machines are checked: each finds the bugs planted for it, by the promise that names them."""

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.integration.offers.test_codes_never import STEPS, Chance
from tests.proof import plants, stateful_plants
from tests.proof.blows import found
from tests.proof.stateful_plants import STATEFUL
from tests.support.dispatch_machine import DispatchMachine
from tests.support.dispatch_promises import DispatchPromises
from tests.support.dispatching import build_world
from tests.support.installation import installed
from tests.unit.schedules.examples import facts
from tests.unit.schedules.test_any_history import History
from worker.store.session import Database

PROMISES = {
    *(name for name in vars(DispatchPromises) if not name.startswith("_") and name != "look"),
    *("a_plan_touches_what_waits_alone", "only_what_was_cancelled_is_asked_for_again"),
    *("an_order_has_one_code", "a_code_keeps_its_depth", "a_person_has_one_live_code"),
}
MOST = 2_000
"""Examples; the search ends with the first that breaks a promise, as a rule among the first hundred."""
SEEDS = {"no answer taken for a yes": 0, "hidden yet shown": 0, "asked for again": 1}
SEED = 2
"""Searches that begin with these numbers find each bug among the first ten."""


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Plants a bug into this process, until the test is over."""

    def replace(place: str, make: Callable[[Any], Any]) -> None:
        holder, name = found(place)
        monkeypatch.setattr(holder, name, make(getattr(holder, name)))

    for module in (plants, stateful_plants):
        monkeypatch.setattr(module, "replace", replace)
    return lambda plant: plant()


def _search(name: str, machine: Callable[[], Any]) -> None:
    run_state_machine_as_test(
        seed(SEEDS.get(name, SEED))(machine),
        settings=settings(
            max_examples=MOST,
            phases=[Phase.generate],
            stateful_step_count=STEPS,
            report_multiple_bugs=False,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _keeping(machine: type[Any], promise: str) -> type[Any]:
    """The machine with this one promise: no other may find the bug before it does."""
    others = {name for kind in machine.__mro__ for name in vars(kind) if name in PROMISES} - {promise}
    return type(machine.__name__, (machine,), {name: lambda *_: None for name in others})


class Begun(History):
    """A history that begins with an order and its plan: else most examples end before anything has gone."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = facts()
        self.plan()


def _dispatch(name: str, promise: str, database: Database, folder: Path) -> None:
    machine = _keeping(DispatchMachine, promise)
    _search(name, lambda: machine(database, folder))


def _history(name: str, promise: str, _database: Database, _folder: Path) -> None:
    machine = _keeping(Begun, promise)
    _search(name, machine)


def _by_chance(_name: str, promise: str, database: Database, folder: Path) -> None:
    world = build_world(installed(database, folder, clock="simulated", secret_key="a test's key"))
    chance = _keeping(Chance, promise)(world, seed=0, kind="outbox")
    for _ in range(10 * STEPS):
        chance.happens()
        chance.check()


MACHINES: dict[str, Callable[[str, str, Database, Path], None]] = {
    "dispatch": _dispatch,
    "history": _history,
    "codes": _by_chance,
}


@pytest.mark.parametrize("name", STATEFUL)
def test_a_planted_bug_is_found_by_its_promise(
    name: str, sqlite_database: Database, tmp_path: Path, install: Callable[[Callable[[], None]], None]
) -> None:
    machine, plant = STATEFUL[name]
    promise = plant.caught_by.replace(" ", "_")
    install(plant.install)
    with pytest.raises(BaseException) as raised:  # noqa: PT011 - whatever it is, its promise must be among the frames
        MACHINES[machine](name, promise, sqlite_database, tmp_path / "var")
    broken = {frame for error in _all_of(raised.value) for frame in _functions(error)}
    assert broken == {promise}, raised.value


def _all_of(error: BaseException) -> Iterator[BaseException]:
    """The search may tell of an example in a group of errors."""
    yield error
    for each in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _all_of(each)


def _functions(error: BaseException) -> Iterator[str]:
    """The function in which an assertion failed."""
    if isinstance(error, AssertionError):
        yield traceback.extract_tb(error.__traceback__)[-1].name
