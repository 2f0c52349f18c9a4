"""Short ways to ask the gate about each mail of the example order."""

from schedules.changes import NewMessage
from schedules.conditions import Judgement, judge
from schedules.facts import Facts
from schedules.timing import zone
from tests.unit.schedules.examples import (
    after,
    delivered,
    facts,
    gate,
    message_of,
    planned,
    shipped,
)

LEFT = after(days=1)
ARRIVED = after(days=3)
FOLLOW_UP: NewMessage = message_of(planned(delivered(), now=ARRIVED), "follow_up")
DUE = FOLLOW_UP.send_at
STOCKHOLM = zone("Europe/Stockholm")


def confirmation(known: Facts | None = None, **changes: object) -> Judgement:
    return judge(gate(known or facts(), "confirmation", message=RECEIPT, **changes))  # type: ignore[arg-type]  # a test's shorthand


def tracking(known: Facts | None = None, **changes: object) -> Judgement:
    return judge(gate(known or shipped(LEFT), "shipping", message=TRACKING, **changes))  # type: ignore[arg-type]  # a test's shorthand


def follow_up(known: Facts | None = None, **changes: object) -> Judgement:
    return judge(gate(known or delivered(), "follow_up", message=FOLLOW_UP, **changes))  # type: ignore[arg-type]  # a test's shorthand


RECEIPT = message_of(planned(facts()), "confirmation")
TRACKING = message_of(planned(shipped(LEFT), now=LEFT), "shipping")
EVERY = [confirmation, tracking, follow_up]
FACTS = [facts(), shipped(LEFT), delivered()]
