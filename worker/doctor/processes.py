"""Checks of what runs: beats and workers, by their signs of life."""

from sqlalchemy.orm import Session

from worker.bootstrap import Installation
from worker.doctor.checks import Check, fail, ok, warn
from worker.reports.status import signs_of_life


def check_processes(session: Session, installation: Installation) -> list[Check]:
    """Which of them shows no sign of life, and which to start first."""
    signs = signs_of_life(session, real_now=installation.database.now())
    is_ticking = any(sign.is_alive for sign in signs if sign.kind == "beat")
    checks = []
    for kind in ("beat", "worker"):
        own = [sign for sign in signs if sign.kind == kind]
        alive = [sign for sign in own if sign.is_alive]
        start = _start(kind, installation, is_ticking=is_ticking)
        if alive:
            checks.append(ok(kind, f"{len(alive)} alive."))
        elif own and own[0].has_ended:
            checks.append(fail(kind, f"It was stopped {own[0].seconds_ago} s ago.", start))
        elif own:
            checks.append(fail(kind, f"The last sign of life is {own[0].seconds_ago} s old.", start))
        else:
            checks.append(warn(kind, "None has reported within a day.", start))
    return checks


def _start(kind: str, installation: Installation, *, is_ticking: bool) -> str:
    if installation.settings.is_embedded:
        return "Start `postpurchase up`."
    if kind == "worker" and not is_ticking:
        return "First start a beat: a worker shows no sign before one wakes it."
    hint = " One that runs shows no sign while the broker is away." if kind == "worker" else ""
    return f"Start `postpurchase {kind}`.{hint}"
