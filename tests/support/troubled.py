"""A provider that does as each example says, counts what it took, and knows when it must not have been asked."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from tests.support.dispatching import Killed
from worker.delivery.port import Health, Limit, Outcome, OutgoingMail, Verdict

MINUTE = timedelta(minutes=1)
Act = Callable[[], None]


def nothing() -> None:
    """No trouble."""


@dataclass(frozen=True)
class Trouble:
    """What one call meets. `kind`: see `KINDS`; `before` and `after` happen around the provider's taking the mail."""

    kind: str = "accept"
    before: Act = nothing
    after: Act = nothing


KINDS: dict[str, tuple[bool, Outcome | None]] = {}
"""Kind -> whether the mail is taken, and what is heard of it; None: nothing, the process ends."""
_SAMPLE = {"attempt_id": UUID(int=0)}
KINDS |= {
    "accept": (True, Outcome(verdict=Verdict.ACCEPTED, receipt="r", health=Health.UP, **_SAMPLE)),
    "scarce": (
        True,
        Outcome(verdict=Verdict.ACCEPTED, health=Health.UP, limit=Limit(remaining=1, renews_in=MINUTE), **_SAMPLE),
    ),
    "busy": (False, Outcome(verdict=Verdict.RETRY, limit=Limit(remaining=0, renews_in=MINUTE), **_SAMPLE)),
    "down": (False, Outcome(verdict=Verdict.RETRY, health=Health.DOWN, error="503", **_SAMPLE)),
    "refuse": (False, Outcome(verdict=Verdict.REFUSED, health=Health.UP, error="400", **_SAMPLE)),
    "lost": (False, Outcome(verdict=Verdict.UNKNOWN, health=Health.DOWN, error="time-out", **_SAMPLE)),
    "taken but lost": (True, Outcome(verdict=Verdict.UNKNOWN, health=Health.DOWN, error="time-out", **_SAMPLE)),
    "killed": (False, None),
    "taken and killed": (True, None),
}
UNCLEAR = frozenset({"lost", "taken but lost", "killed", "taken and killed"})


@dataclass
class TroubledProvider:
    """`taken`: how often it took each message; `proofs`: messages and attempts of which it could tell.

    `unclear`: messages of which some attempt ended without a clear answer. `look` sees each chunk as it comes in.
    """

    look: Callable[[Sequence[OutgoingMail]], None]
    name: str = "troubled"
    connections: int = 4
    can_reconcile: bool = True
    troubles: list[Trouble] = field(default_factory=list)
    taken: Counter[UUID] = field(default_factory=Counter)
    proofs: list[tuple[UUID, UUID]] = field(default_factory=list)
    unclear: set[UUID] = field(default_factory=set)
    in_flight: set[UUID] = field(default_factory=set)

    def account(self, api_key: str | None) -> str:
        return f"{self.name}:main"

    def deliver(self, mails: Sequence[OutgoingMail]) -> Iterator[Outcome]:
        self.look(mails)
        calls = {mail.message_id for mail in mails}
        self.in_flight |= calls
        try:
            for mail in mails:
                yield self._call(mail)
        finally:
            self.in_flight -= calls

    def _call(self, mail: OutgoingMail) -> Outcome:
        trouble = self.troubles.pop(0) if self.troubles else Trouble()
        takes, outcome = KINDS[trouble.kind]
        trouble.before()
        if takes:
            self.taken[mail.message_id] += 1
            self.proofs.append((mail.message_id, mail.attempt_id))
        if trouble.kind in UNCLEAR:
            self.unclear.add(mail.message_id)
        elif not takes:
            self.in_flight.discard(mail.message_id)  # it has nothing of it, whoever hears that
        trouble.after()
        if outcome is None:
            # Whatever else the same process held is lost with it.
            self.unclear |= self.in_flight
            raise Killed
        fields = {name: getattr(outcome, name) for name in ("verdict", "receipt", "error", "health", "limit")}
        return Outcome(attempt_id=mail.attempt_id, **fields)

    def close(self) -> None:
        """Holds nothing open."""
