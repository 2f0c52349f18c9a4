"""Bugs planted into the real code that the searching machines must find: what each breaks is a promise with a name."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.changes import PlannedMessage
from schedules.conditions import GateInputs
from schedules.demand import Wanted
from schedules.lifecycle import PENDING, State
from tests.proof.blows import replace
from tests.proof.plants import Plant, skip_fences
from worker.delivery.port import Verdict
from worker.store.gate_rows import SentMail
from worker.store.models import Message


def _lose_cancellations() -> None:
    replace("worker.store.messages:_cancel", lambda _original: lambda *_: None)


def _trust_the_plan() -> None:
    """The gate does not look whether the order was cancelled while its mail was prepared."""

    def make(original: Callable[[GateInputs], Any]) -> Callable[[GateInputs], Any]:
        return lambda gate: None if gate.order.cancelled_at else original(gate)

    replace("schedules.conditions:_facts", make)


def _forget_unclear_mails() -> None:
    def make(original: Callable[..., Iterator[SentMail]]) -> Callable[..., Iterable[SentMail]]:
        def sent(session: Session, people: Any, now: datetime) -> Iterable[SentMail]:
            unclear = select(Message.id).where(Message.state.in_((State.UNKNOWN, State.ABANDONED)))
            known = set(session.scalars(unclear))
            return [mail for mail in original(session, people, now) if mail.id not in known]

        return sent

    replace("worker.store.surroundings:sent_mails", make)


def _hope() -> None:
    def accepted(answer: Any) -> None:
        from worker.dispatch import outcomes

        outcomes._move(answer, State.ACCEPTED, "it surely went", accepted_at=answer.now)

    replace("worker.dispatch.outcomes:_SETTLED", lambda table: table | {Verdict.UNKNOWN: accepted})


def _show_what_is_hidden() -> None:
    replace("worker.personalisation.stock:Stock.hidden", lambda _original: lambda *_: frozenset())


def _issue_to_everybody() -> None:
    replace("worker.personalisation.code_issuing:_why_none", lambda _original: lambda *_: "")


def _ask_again() -> None:
    def make(original: Callable[[Wanted, Sequence[PlannedMessage]], Any]) -> Callable[..., Any]:
        def reconcile(want: Wanted, existing: Sequence[PlannedMessage]) -> Any:
            waits = any(each.state in PENDING for each in existing)
            return original(want, existing if waits else ())

        return reconcile

    replace("schedules.planner:_reconcile", make)


STATEFUL: dict[str, tuple[str, Plant]] = {
    "fence not checked": (
        "dispatch",
        Plant("writes do not check whose claim it is", "nobody sends by a claim of another", skip_fences),
    ),
    "cancellation lost": (
        "dispatch",
        Plant(
            "a cancellation does not reach a scheduled message",
            "a cancellation reaches all that waits",
            _lose_cancellations,
        ),
    ),
    "plan trusted": (
        "dispatch",
        Plant("the gate does not look at cancellations", "nothing goes after its cancellation", _trust_the_plan),
    ),
    "cap without unclear mails": (
        "dispatch",
        Plant(
            "mails that may have gone out do not count",
            "a person gets one marketing mail a week",
            _forget_unclear_mails,
        ),
    ),
    "no answer taken for a yes": (
        "dispatch",
        Plant("an unclear attempt counts as accepted", "what counts as sent was taken", _hope),
    ),
    "hidden yet shown": (
        "dispatch",
        Plant("offers ignore what a person hid", "nothing hidden is shown", _show_what_is_hidden),
    ),
    "a second code": (
        "codes",
        Plant("nobody looks at the codes a person has", "a person has one live code", _issue_to_everybody),
    ),
    "asked for again": (
        "history",
        Plant(
            "a plan asks anew for what has gone",
            "a plan touches what waits alone",
            _ask_again,
        ),
    ),
}
"""By name: which machine must find it, and by which promise."""
