"""Edges are pursued: while a blow waits for its edge, work for that edge keeps coming."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.proof.site import Site

LOOK_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Pursuit:
    """`portions` of work are brought, each once nothing of the last is left.

    `still_s`: where work is left, but nothing moves for so long, the next portion comes all the same.
    """

    portions: int
    still_s: float


SWIFT = Pursuit(portions=4, still_s=4.0)
THOROUGH = Pursuit(portions=20, still_s=30.0)
"""However slow a machine is, an edge that can be met is met: what ends the pursuit is work done, not time."""


def pursue(site: Site, pursuit: Pursuit, *, is_over: Callable[[], bool], bring: Callable[[], None]) -> None:
    """Returns once it is over, or all portions were brought and done in vain."""
    for left in reversed(range(pursuit.portions + 1)):
        _rest(site, pursuit.still_s, is_over)
        if is_over() or left == 0:
            return
        bring()


def _rest(site: Site, still_s: float, is_over: Callable[[], bool]) -> None:
    """Waits until no work is left, or none of it moves."""
    left, since, looked = -1, time.monotonic(), 0.0
    while not is_over():
        if time.monotonic() - looked > LOOK_S:
            now, looked = site.work_left(), time.monotonic()
            if now == 0:
                return
            if now != left:
                left, since = now, looked
            if looked - since > still_s:
                return
        time.sleep(0.02)
