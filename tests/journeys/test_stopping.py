"""A stop in the middle of sending finishes what was handed over, and leaves the rest as if nothing had been begun."""

import signal
from datetime import timedelta

from tests.support.journey import Journey
from tests.support.processes import wait_until
from tests.support.sendgrid import Behaviour
from tests.support.shopify import order

NUMBERS = range(2101, 2109)
UNFINISHED = {"claimed", "attempting", "unknown"}


def test_a_stop_while_mails_go_out_loses_none_and_sends_none_twice(journey: Journey) -> None:
    """SIGTERM, as a supervisor sends it, while the provider still thinks about each mail."""
    placed = journey.now()
    for number in NUMBERS:
        journey.shop.post("orders/create", order(number, placed))
    for number in NUMBERS:
        journey.wait_planned(number, "confirmation")
    journey.sendgrid.always = Behaviour(answer_after_s=1.0)
    journey.beside.clock.move_to(placed + timedelta(minutes=5))
    wait_until(lambda: len(journey.sendgrid.mails) > 0, "a first mail is at the door", logs=journey.processes.logs)
    codes = journey.processes.end_all(signal.SIGTERM)

    assert codes == [0] * len(codes), journey.processes.logs()
    states = [journey.states(number)["confirmation"] for number in NUMBERS]
    assert UNFINISHED & set(states) == set(), states
    assert states.count("accepted") == len(journey.sendgrid.mails) > 0

    journey.sendgrid.always = Behaviour()
    journey.start()
    wait_until(
        lambda: all(journey.states(number)["confirmation"] == "accepted" for number in NUMBERS),
        "what waited goes out after the restart",
        logs=journey.processes.logs,
    )
    assert set(journey.sendgrid.counts().values()) == {1}
    assert len(journey.sendgrid.counts()) == len(NUMBERS)
