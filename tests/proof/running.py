"""Carries out a plan on a site, and checks what came of it."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.proof.checker import Violation, check
from tests.proof.edges import BY_THE_STAND_IN
from tests.proof.launcher import Running
from tests.proof.outages import OUTAGES
from tests.proof.planning import MOMENT, SHIPS_AFTER, Hit, Plan, Round, Story
from tests.proof.record import Record
from tests.proof.site import ROLES, STOCKHOLM, Site
from tests.proof.witnesses import Webhook
from tests.support.shopify import fulfillment, order, tracking

PATIENCE_S = 5.0
"""How long a process may take to come to its edge before it is killed wherever it is."""
SETTLING_S = 100.0
"""How long nothing may move in a healed installation with work: the lease of an event that was hit five times."""


@dataclass
class Result:
    """What one run came to. `kills`: by edge; a blow that never came to its edge counts as one at any moment."""

    seed: int
    mode: str
    seconds: float
    kills: Counter[str]
    outages: Counter[str]
    webhooks: int
    mails: int
    messages: int
    lost: int
    doubled: int
    copies: int
    dropped: int
    violations: list[Violation] = field(default_factory=list)


def carry_out(
    site: Site, plan: Plan, *, patience_s: float = PATIENCE_S, on_round: Callable[[int], None] = lambda _: None
) -> Result:
    """The whole plan: rounds, follow-ups, healing, settling, checking."""
    began = time.monotonic()
    run = _Run(site, plan, patience_s)
    for number, each in enumerate(plan.rounds):
        run.go(each, number)
        on_round(number)
    run.ship_all(len(plan.rounds))
    if not run.heal(timedelta(hours=30)):  # going on in time would hide what stands still behind what expired
        return result_of(plan.seed, site.mode, time.monotonic() - began, site.record(), run.outages)
    run.deliver_all()
    for number, each in enumerate(plan.later):
        run.go(each, len(plan.rounds) + number)
        on_round(len(plan.rounds) + number)
        if number == 0:
            run.to_follow_ups()
    run.heal(timedelta(days=30))
    return result_of(plan.seed, site.mode, time.monotonic() - began, site.record(), run.outages)


def result_of(seed: int, mode: str, seconds: float, record: Record, outages: Counter[str]) -> Result:
    found = check(record)
    by = Counter(violation.invariant for violation in found)
    return Result(
        seed=seed,
        mode=mode,
        seconds=seconds,
        kills=Counter(hit["edge"] or MOMENT for hit in record.hits if hit["code"] == -9),
        outages=outages,
        webhooks=len({(post.shop, post.topic, post.event_id) for post in record.posted}),
        mails=len(record.accepted),
        messages=len(record.messages),
        lost=by["acknowledged is stored"] + by["wanted is sent"] + by["due ends in time"] + by["stored is planned"],
        doubled=by["accepted once unless unclear"] + by["marketing goes out once"],
        copies=sum(len(mails) - 1 for mails in record.accepted_of.values()),
        dropped=sum(m.state == "abandoned" and m.id not in record.accepted_of for m in record.messages),
        violations=found,
    )


class _Run:
    def __init__(self, site: Site, plan: Plan, patience_s: float) -> None:
        self.site = site
        self.patience_s = patience_s
        self.roll = random.Random(plan.seed)
        self.stories: dict[int, list[Story]] = {}
        self.placed: dict[int, datetime] = {}
        self.outages: Counter[str] = Counter()

    def go(self, each: Round, number: int) -> None:
        """Starts what is dead (armed where a blow is planned), gives it work, and waits for the blows."""
        site = self.site
        self.stories[number] = list(each.stories)
        self._begin(each)
        armed = self._start(each.hits)
        self._post(number)
        site.sendgrid.script(*each.behaviours)
        if each.outage is not None:
            self.outages[each.outage] += 1
            OUTAGES[each.outage](site)
        site.move(timedelta(minutes=each.minutes))
        if each.tells:
            site.tell_events(self.roll)
        self._wait(armed, any if each.ends_at_first else all)

    def ship_all(self, number: int) -> None:
        """Posts what is still to be told of the last orders before they arrive."""
        for later in range(number, number + SHIPS_AFTER):
            self.stories[later] = []
            self._post(later)

    def deliver_all(self) -> None:
        """A day later every parcel arrives."""
        site = self.site
        site.move(timedelta(hours=26))
        now = site.now()
        for story in [story for stories in self.stories.values() for story in stories if not story.is_cancelled]:
            self._hand(story, "fulfillment_events/create", tracking(story.number, "delivered", now))
        self.stories.clear()

    def heal(self, until: timedelta) -> bool:
        """Everything runs and answers again; whether all that is due until then ended."""
        site = self.site
        site.sendgrid.behave()
        site.sendgrid.on_taken = lambda _mail: None
        for running in [*site.running, *site.extra]:
            if running.start.blow is not None or running in site.extra:
                site.kill(running)
        done = site.settle(patience_s=SETTLING_S, until=until)
        while done and site.tell_events(self.roll):
            pass
        return site.settle(patience_s=SETTLING_S, until=until) if done else done

    def to_follow_ups(self) -> None:
        """To nine in the morning of the ninth day after the deliveries, when the first of them is due."""
        local = (self.site.now() + timedelta(days=9)).astimezone(STOCKHOLM)
        self.site.move_to(local.replace(hour=9, minute=0, second=0, microsecond=0))

    def _begin(self, each: Round) -> None:
        """What is to be started with a blow, but still runs, is killed first, wherever it is."""
        site = self.site
        site.bury()
        for running in list(site.extra):
            site.kill(running)
        free = Counter(ROLES[site.mode]) - Counter(running.role for running in site.running)
        for hit in each.hits:
            if free[hit.role] > 0:
                free[hit.role] -= 1
                continue
            running = next((each for each in site.running if each.role == hit.role), None)
            if running is not None:
                site.kill(running)

    def _start(self, hits: Sequence[Hit]) -> list[tuple[Running, Hit]]:
        site, armed = self.site, []
        for hit in hits:
            if Counter(running.role for running in site.running)[hit.role] < ROLES[site.mode].count(hit.role):
                armed.append((site.start(hit.role, None if hit.blow.edge == MOMENT else hit.blow), hit))
        site.start_missing()
        site.sendgrid.on_taken = lambda _mail: None
        for running, hit in armed:
            if hit.blow.edge == BY_THE_STAND_IN:
                site.sendgrid.on_taken = lambda _mail, running=running: running.kill()
        return armed

    def _wait(self, armed: Sequence[tuple[Running, Hit]], enough: Callable[[Iterable[bool]], bool]) -> None:
        until = time.monotonic() + self.patience_s
        for running, hit in armed:
            if hit.blow.edge == MOMENT:
                time.sleep(hit.blow.delay_s)
                self.site.kill(running)
        while time.monotonic() < until and not enough(not running.is_alive for running, _ in armed):
            time.sleep(0.02)
        for running, _ in armed:
            if running.is_alive:
                self.site.kill(running)
        self.site.bury()

    def _post(self, number: int) -> None:
        """What the shops tell of in this round: new orders, and what became of earlier ones."""
        now = self.site.now()
        for story in self.stories[number]:
            self.placed[story.number] = now
            body = order(story.number, now, email=_address(story))
            self._hand(story, "orders/create", body)
        for placed, stories in self.stories.items():
            for story in stories:
                age = number - placed
                if story.cancelled_after == age:
                    at = now.isoformat()
                    more = {"cancelled_at": at, "updated_at": (now + timedelta(seconds=5)).isoformat()}
                    body = order(story.number, self.placed[story.number], email=_address(story), **more)
                    self._hand(story, "orders/cancelled", body)
                elif not story.is_cancelled and age == SHIPS_AFTER:
                    self._hand(story, "fulfillments/create", fulfillment(story.number, now))

    def _hand(self, story: Story, topic: str, body: dict[str, object]) -> None:
        now = self.site.now()
        webhook = Webhook(shop=story.shop, topic=topic, order=story.number, told_at=now, body=body)
        self.site.shops.post(webhook, times=story.times)


def _address(story: Story) -> str:
    return f"mia.{story.number}@example.com"
