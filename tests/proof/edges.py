"""The edges at which a process can be hit: a name, a sentence, the processes that come by, and how it is done."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

from tests.proof.blows import Sudden, after, before, replace

Install = Callable[[Sudden], None]
PROCESS = "X-Process"
"""The header in which a process that waits for the stand-in's blow gives its number."""


@dataclass(frozen=True)
class Edge:
    """`role`: web, worker, or upgrade (`db upgrade`); the one process of `up` is web and worker."""

    role: str
    says: str
    install: Install


def _before(place: str, *, only: Callable[..., bool] = lambda *_, **__: True) -> Install:
    return lambda sudden: before(place, sudden.arrive, only=only)


def _after(place: str, *, only: Callable[[Any], bool] = bool) -> Install:
    return lambda sudden: after(place, sudden.arrive, only=only)


def _in_commit_after(place: str, *, only: Callable[[Any], bool] = bool) -> Install:
    """A unit's last statement is done: the blow comes a moment later, in its commit or close to it."""
    return lambda sudden: after(place, sudden.arrive_soon, only=only)


def _mid_request(sudden: Sudden) -> None:
    def make(original: Callable[..., bytes]) -> Callable[..., bytes]:
        def halved(call: Any, size: int) -> bytes:
            if call.is_sent:  # the first half has left
                sudden.arrive()
                return original(call, size)
            return original(call, min(size, len(call.body) // 2))

        return halved

    replace("worker.delivery.posting:_Call.read", make)


def _named(_sudden: Sudden) -> None:
    """Its requests tell whose they are: the stand-in asks for the kill of the process whose mail it took."""

    def make(original: Callable[..., tuple[str, ...]]) -> Callable[..., tuple[str, ...]]:
        def named(provider: Any, mail: Any) -> tuple[str, ...]:
            return *original(provider, mail), f"{PROCESS}: {os.getpid()}"

        return named

    replace("worker.delivery.sendgrid:SendGrid._headers", make)


def _mending(sudden: Sudden) -> None:
    """Each row that a sweep mends, by itself or by policy."""
    for mend in ("transition", "resolve_unknown"):
        after(f"worker.dispatch.sweeping:{mend}", sudden.arrive)


def _creating(sudden: Sudden) -> None:
    @event.listens_for(Engine, "before_cursor_execute")
    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith("CREATE"):
            sudden.arrive()


def _many(result: Any) -> bool:
    return len(result) > 1


EDGES: dict[str, Edge] = {
    "before the inbox commit": Edge(
        "web", "rows of webhooks are written, not committed", _after("worker.intake.service:store_events")
    ),
    "in the inbox commit": Edge(
        "web", "the commit of webhooks is on its way", _in_commit_after("worker.intake.service:store_events")
    ),
    "in a shared commit": Edge(
        "web",
        "the same with more than one webhook in it",
        _in_commit_after("worker.intake.service:store_events", only=_many),
    ),
    "after the inbox commit": Edge("web", "committed, nobody was told", _before("worker.intake.service:_answer")),
    "between commit and 2xx": Edge("web", "about to answer", _before("worker.web.webhooks:_json")),
    "before the hint": Edge("web", "the hint to plan is lost", _before("worker.hints:Hints._publish")),
    "before the planning": Edge("worker", "an event is claimed", _before("worker.planning.service:_plan")),
    "before the planning commit": Edge(
        "worker", "an order is planned, not committed", _before("worker.planning.service:finish_event")
    ),
    "in the planning commit": Edge(
        "worker",
        "that commit is on its way",
        lambda sudden: before("worker.planning.service:finish_event", sudden.arrive_soon),
    ),
    "after planning": Edge("worker", "an order is planned and committed", _after("worker.planning.service:_plan")),
    "before the claim's commit": Edge(
        "worker", "messages are claimed, not committed", _after("worker.dispatch.service:claim_due")
    ),
    "after the claim": Edge("worker", "messages are claimed", _after("worker.dispatch.service:_claim")),
    "after the gate": Edge("worker", "claimed messages were judged", _after("worker.dispatch.service:gate")),
    "in attempting's commit": Edge(
        "worker",
        "messages are being marked attempting",
        lambda sudden: before("worker.dispatch.attempting:_keep_attempts", sudden.arrive_soon),
    ),
    "after attempting": Edge("worker", "marked, nothing was sent", _after("worker.dispatch.service:mark_attempting")),
    "mid-request": Edge("worker", "a request to the provider has begun", _mid_request),
    "before the answer was read": Edge(
        "worker", "the provider has accepted; the stand-in asks for the kill before it answers", _named
    ),
    "after the answer was read": Edge(
        "worker", "the provider's answer is known, not written", _before("worker.delivery.sendgrid:_outcome")
    ),
    "before the outcome commit": Edge(
        "worker", "answers are about to be written down", _before("worker.dispatch.service:settle_surely")
    ),
    "in the outcome's unit": Edge(
        "worker",
        "answers are written, not committed",
        _after("worker.dispatch.outcomes:_accept", only=lambda _: True),
    ),
    "in the outcome commit": Edge(
        "worker",
        "that commit is on its way",
        _in_commit_after("worker.dispatch.outcomes:_accept", only=lambda _: True),
    ),
    "after the outcome commit": Edge(
        "worker", "answers are written and committed", _after("worker.dispatch.outcomes:settle", only=lambda _: True)
    ),
    "during the sweep": Edge("worker", "a left-over row is mended, not committed", _mending),
    "after the sweep": Edge("worker", "left-over rows are mended", _after("worker.dispatch.sweeping:_one_kind")),
    "in an event's unit": Edge(
        "web", "a provider's events are worked in, not committed", _after("worker.feedback.delivery_events:record_all")
    ),
    "after an event's commit": Edge(
        "web", "a provider's events are committed, not answered", _after("worker.web.events:record_events")
    ),
    "during a migration": Edge("upgrade", "some tables are made", _creating),
}

BY_THE_STAND_IN = "before the answer was read"
SHARED = "in a shared commit"
BY_SWEEPS = frozenset({"during the sweep", "after the sweep"})
