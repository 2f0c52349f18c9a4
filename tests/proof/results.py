"""What a run came to, in figures and findings."""

from collections import Counter
from dataclasses import dataclass, field

from tests.proof.checker import Violation, check
from tests.proof.planning import MOMENT, Plan
from tests.proof.record import Record


@dataclass
class Result:
    """What one run came to. `kills`: by edge; `aimed`: at which edges blows were aimed, each as often as that."""

    seed: int
    mode: str
    seconds: float
    kills: Counter[str]
    aimed: Counter[str]
    outages: Counter[str]
    webhooks: int
    mails: int
    messages: int
    lost: int
    doubled: int
    copies: int
    dropped: int
    expired: int
    violations: list[Violation] = field(default_factory=list)


def result_of(plan: Plan, seconds: float, record: Record, *, aimed: Counter[str], outages: Counter[str]) -> Result:
    """Checks the record of a run, and counts."""
    found = check(record)
    by = Counter(violation.invariant for violation in found)
    return Result(
        seed=plan.seed,
        mode=plan.mode,
        seconds=seconds,
        kills=Counter(hit["edge"] or MOMENT for hit in record.hits if hit["code"] == -9),
        aimed=aimed,
        outages=outages,
        webhooks=len({(post.shop, post.topic, post.event_id) for post in record.posted}),
        mails=len(record.accepted),
        messages=len(record.messages),
        lost=by["acknowledged is stored"] + by["wanted is sent"] + by["due ends in time"] + by["stored is planned"],
        doubled=by["accepted once unless unclear"] + by["marketing goes out once"],
        copies=sum(len(mails) - 1 for mails in record.accepted_of.values()),
        dropped=sum(m.state == "abandoned" and m.id not in record.accepted_of for m in record.messages),
        expired=sum(m.state == "expired" for m in record.messages),
        violations=found,
    )
