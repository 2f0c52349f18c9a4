"""Outages without a kill, beside the same plan without the outage: what they change, and what they do not."""

from collections import Counter

import pytest

from tests.proof.conftest import MakeSite
from tests.proof.planning import Plan, Round, Story
from tests.proof.record import Record
from tests.proof.running import carry_out

pytestmark = pytest.mark.timeout(600)

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


@pytest.mark.parametrize("outage", ["broker emptied", "database crashed"])
def test_what_becomes_of_every_message_is_the_same_with_the_outage_and_without(
    outage: str, make_site: MakeSite
) -> None:
    outcomes = []
    for befalls in (None, outage):
        site = make_site("distributed")
        assert carry_out(site, plan(befalls)).violations == []
        outcomes.append(outcome_of(site.record()))
    assert outcomes[0] == outcomes[1]
    assert Counter(mails for _, mails in outcomes[0].values())[1] >= 12
