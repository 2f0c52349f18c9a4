"""The port through which a shop is asked to send its webhooks here. Asking twice changes nothing twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from worker.platforms.writing import Access, Written


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where webhooks are to go, and the secret they are to be signed with, where the shop lets it be chosen."""

    url: str
    secret: str


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """One that the shop has. `is_on`: it delivers; False: the shop or a person switched it off."""

    id: str
    topic: str
    url: str
    is_on: bool = True


class State(StrEnum):
    THERE = "there"
    MADE = "made"
    SWITCHED_ON = "switched on"
    MISSING = "missing"  # it would be made
    OFF = "off"  # it would be switched on again
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a topic stands. `elsewhere`: other addresses it goes to as well; `note`: why it is refused, what helps."""

    topic: str
    state: State
    note: str = ""
    elsewhere: tuple[str, ...] = ()


class Subscriber(Protocol):
    """One platform's way to order webhooks. Stateless. Notes are sentences that are safe to show."""

    kind: str
    topics: tuple[str, ...]
    signing: str
    """With which secret the shop signs what is ordered here: a sentence for whoever ordered it."""
    by_hand: str
    """What cannot be ordered this way, and how else; empty: nothing."""

    def existing(self, access: Access, target: Target) -> list[Subscription] | Written:
        """All that could be ours, also those that go to another address; or why the shop does not tell."""
        ...

    def order(self, access: Access, topic: str, target: Target) -> str | Written:
        """Orders one topic: empty when the shop has it now, else why it refuses this one; or why it does not answer."""
        ...

    def switch_on(self, access: Access, found: Subscription, target: Target) -> str | Written:
        """Lets one that is off deliver again; as `order`."""
        ...


def subscribe(subscriber: Subscriber, access: Access, target: Target, *, is_trial: bool) -> Iterator[Outcome | Written]:
    """Each topic's outcome, one by one; last, why the shop does not answer, if it stops. A trial changes nothing."""
    found = subscriber.existing(access, target)
    if isinstance(found, Written):
        yield found
        return
    for topic in subscriber.topics:
        same = [each for each in found if each.topic == topic]
        elsewhere = tuple(sorted({each.url for each in same if each.url != target.url}))
        ours = [each for each in same if each.url == target.url]
        made = _brought_about(subscriber, access, topic, target, ours, is_trial=is_trial)
        if isinstance(made, Written):
            yield made
            return
        state, note = made
        yield Outcome(topic=topic, state=state, note=note, elsewhere=elsewhere)


def _brought_about(
    subscriber: Subscriber, access: Access, topic: str, target: Target, ours: list[Subscription], *, is_trial: bool
) -> tuple[State, str] | Written:
    if any(each.is_on for each in ours):
        return State.THERE, ""
    if is_trial:
        return (State.OFF if ours else State.MISSING), ""
    said = subscriber.switch_on(access, ours[0], target) if ours else subscriber.order(access, topic, target)
    if isinstance(said, Written):
        return said
    return (State.REFUSED, said) if said else (State.SWITCHED_ON if ours else State.MADE, "")
