"""Outages without a kill, beside the same plan without the outage: what they change, and what they do not."""

from collections import Counter

import pytest

from tests.proof.conftest import MakeSite
from tests.proof.planning import MOMENT, Plan, Round, Story
from tests.proof.record import Record
from tests.proof.running import carry_out
from tests.proof.site import Site

pytestmark = pytest.mark.timeout(600)

OUTAGES = ("broker emptied", "database crashed")
Outcome = dict[tuple[str, ...], tuple[str, int]]


def plan(outage: str | None) -> Plan:
    """Two orders a round, the outage while each round's work is under way; one order is cancelled."""
    rounds = [
        Round(
            stories=[
                Story(number=3000 + number * 10, shop="northkettle", cancelled_after=None, times=1),
                Story(
                    number=3001 + number * 10, shop="southkettle", cancelled_after=1 if number == 1 else None, times=2
                ),
            ],
            outage=outage,
        )
        for number in range(3)
    ]
    return Plan(seed=0, mode="distributed", rounds=rounds, later=[Round(minutes=45, outage=outage)])


def outcome_of(record: Record) -> Outcome:
    """How each message ended, and how many mails of it the provider took, by what the message is about.

    A cancelled one that was not sent says nothing: if the cancellation is heard together with the order, there is none.
    """
    taken = Counter(mail.message for mail in record.accepted)
    ended = {(m.shop, m.order, m.step, m.stream): (m.state, taken[m.id]) for m in record.messages}
    return {about: end for about, end in ended.items() if end != ("cancelled", 0)}


def test_what_becomes_of_every_message_is_the_same_with_each_outage_and_without(make_site: MakeSite) -> None:
    usual, *others = (outcome_under(outage, make_site("distributed")) for outage in (None, *OUTAGES))
    assert others == [usual] * len(OUTAGES)
    assert Counter(mails for _, mails in usual.values())[1] >= 12


def outcome_under(outage: str | None, site: Site) -> Outcome:
    """What comes of the plan while this befalls the installation, whose processes end with it."""
    assert carry_out(site, plan(outage)).violations == [], outage
    outcome = outcome_of(site.record())
    for running in list(site.running):
        site.kill(running, MOMENT)
    return outcome
