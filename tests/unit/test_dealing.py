"""The order of a run's tests loses none of them."""

from dataclasses import dataclass

import pytest

from tests.support.dealing import dealt


@dataclass(frozen=True)
class Named:
    nodeid: str


LONG = [Named(f"tests/journeys/test_{module}.py::test_{number}") for module in "ab" for number in range(3)]
SHORT = [Named(f"tests/unit/test_c.py::test_{number}") for number in range(23)]


@pytest.mark.parametrize("shares", range(1, 9))
@pytest.mark.parametrize("items", [[], LONG, SHORT, LONG + SHORT, SHORT[:4] + LONG])
def test_each_test_is_dealt_out_once_to_however_many_workers(items: list[Named], shares: int) -> None:
    assert sorted(dealt(items, shares), key=str) == sorted(items, key=str)


def test_each_worker_begins_with_long_tests_those_of_a_module_together() -> None:
    order = dealt(SHORT + LONG, 2)
    half = len(order) // 2
    assert (order[:3], order[half : half + 3]) == (LONG[:3], LONG[3:])
