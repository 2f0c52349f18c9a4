"""Carries out a plan on a site, and checks what came of it."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from datetime import datetime, timedelta
from itertools import count

from tests.proof.blows import strike
from tests.proof.databases import NotHereError
from tests.proof.edges import BY_SWEEPS, BY_THE_STAND_IN, PROCESS, SHARED
from tests.proof.launcher import Running
from tests.proof.outages import OUTAGES
from tests.proof.planning import MISSED, MOMENT, REPLACED, SET_BACK, SHIPS_AFTER, Hit, Plan, Round, Story
from tests.proof.pursuing import SWIFT, Pursuit, pursue
from tests.proof.results import Result, result_of
from tests.proof.site import ROLES, SHOPS, STOCKHOLM, Site
from tests.proof.witnesses import Webhook
from tests.support.sendgrid import Behaviour
from tests.support.shopify import fulfillment, order, tracking
from worker.dispatch.policies import GRACE

PORTION_FROM = 900_000_000
"""Numbers of orders that no plan gives."""
SETTLING_S = 100.0
"""How long nothing may move in a healed installation with work: the lease of an event that was hit five times."""


def carry_out(
    site: Site, plan: Plan, *, pursuit: Pursuit = SWIFT, on_round: Callable[[int], None] = lambda _: None
) -> Result:
    """The whole plan: rounds, follow-ups, healing, settling, checking."""
    began = time.monotonic()
    run = _Run(site, plan, pursuit)
    for number, each in enumerate(plan.rounds):
        run.go(each, number)
        on_round(number)
    run.ship_all(len(plan.rounds))
    if run.heal(timedelta(hours=30)):  # going on in time would hide what stands still behind what expired
        _follow_up(run, plan, on_round)
    seconds = time.monotonic() - began
    return result_of(plan, seconds, site.record(), aimed=run.aimed, outages=run.outages)


def _follow_up(run: "_Run", plan: Plan, on_round: Callable[[int], None]) -> None:
    run.deliver_all()
    for number, each in enumerate(plan.later, len(plan.rounds)):
        run.go(each, number)
        on_round(number)
        if number == len(plan.rounds):
            if not run.heal(timedelta(hours=30)):
                return
            run.to_follow_ups()
    run.heal(timedelta(days=30))


class _Run:
    def __init__(self, site: Site, plan: Plan, pursuit: Pursuit) -> None:
        self.site = site
        site.is_clock_loose = SET_BACK in plan.outages
        self.pursuit = pursuit
        self.roll = random.Random(plan.seed)
        self.stories: dict[int, list[Story]] = {}
        self.placed: dict[int, datetime] = {}
        self.aimed: Counter[str] = Counter()
        self.outages: Counter[str] = Counter()
        self._numbers = count(PORTION_FROM)

    def go(self, each: Round, number: int) -> None:
        """Starts what is dead (armed where a blow is planned), gives it work, and waits for the blows."""
        site = self.site
        self.stories[number] = list(each.stories)
        self._begin(each)
        armed = self._start(each.hits, is_one=each.ends_at_first)
        self._post(number)
        site.sendgrid.script(*each.behaviours)
        if each.outage is not None and not each.is_late:
            self._befall(each.outage)
        site.move(timedelta(minutes=each.minutes))
        if each.tells:
            site.tell_events(self.roll)
        if each.outage is not None and each.is_late:
            self._befall(each.outage)
        self._wait(armed, any if each.ends_at_first else all, number)

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
        site.sendgrid.on_taken = lambda _headers: None
        for running in [*site.running, *site.extra]:
            if running.start.blow is not None or running in site.extra:
                site.kill(running, MOMENT)
        done = site.settle(patience_s=SETTLING_S, until=until)
        while done and site.tell_events(self.roll):
            pass
        return site.settle(patience_s=SETTLING_S, until=until) if done else done

    def to_follow_ups(self) -> None:
        """To nine in the morning of the ninth day after the deliveries, when the first of them is due."""
        local = (self.site.now() + timedelta(days=9)).astimezone(STOCKHOLM)
        self.site.move_to(local.replace(hour=9, minute=0, second=0, microsecond=0))

    def _befall(self, outage: str) -> None:
        try:
            OUTAGES[outage](self.site)
            self.outages[outage] += 1
        except NotHereError as error:
            self.outages[f"not made: {outage} ({error})"] += 1

    def _begin(self, each: Round) -> None:
        """What is to be started with a blow, but still runs, is killed first, wherever it is."""
        site = self.site
        site.bury()
        for running in list(site.extra):
            site.kill(running, MOMENT)
        free = Counter(ROLES[site.mode]) - Counter(running.role for running in site.running)
        for hit in each.hits:
            if free[hit.role] > 0:
                free[hit.role] -= 1
                continue
            running = next((each for each in site.running if each.role == hit.role), None)
            if running is not None:
                site.kill(running, REPLACED)

    def _start(self, hits: Sequence[Hit], *, is_one: bool) -> list[tuple[Running, Hit]]:
        site, armed = self.site, []
        for hit in hits:
            if Counter(running.role for running in site.running)[hit.role] < ROLES[site.mode].count(hit.role):
                armed.append((site.start(hit.role, None if hit.blow.edge == MOMENT else hit.blow), hit))
        site.start_missing()
        waiting = {str(running.pid) for running, hit in armed if hit.blow.edge == BY_THE_STAND_IN}
        site.sendgrid.on_taken = lambda headers: _strike(headers.get(PROCESS, ""), waiting)
        self.aimed.update({hit.blow.edge: 1 for _, hit in armed} if is_one else [hit.blow.edge for _, hit in armed])
        return armed

    def _wait(
        self, armed: Sequence[tuple[Running, Hit]], enough: Callable[[Iterable[bool]], bool], number: int
    ) -> None:
        for running, hit in armed:
            if hit.blow.edge == MOMENT:
                time.sleep(hit.blow.delay_s)
                self.site.kill(running, MOMENT)
        pursue(
            self.site,
            self.pursuit,
            is_over=lambda: enough(not running.is_alive for running, _ in armed),
            bring=lambda: self._bring(number, {hit.blow.edge for _, hit in armed}),
        )
        for running, _ in armed:
            if running.is_alive:
                self.site.kill(running, MISSED)
        self.site.bury()

    def _bring(self, number: int, edges: Set[str]) -> None:
        """A portion of work for every edge: new orders, time for their mails, and what the provider tells of others.

        What has died meanwhile starts again: others need it. For edges of sweeps there is a mail whose end is unclear,
        and the time after which they decide.
        """
        site = self.site
        site.start_missing()
        for _ in range(4 if SHARED in edges else 2):
            story = Story(number=next(self._numbers), shop=SHOPS[0], cancelled_after=None, times=2)
            self.stories[number].append(story)
            self._place(story)
        if edges & BY_SWEEPS:
            site.sendgrid.script(Behaviour(kind="drop_before"))
        site.move(GRACE if edges & BY_SWEEPS else timedelta(minutes=3))
        site.tell_events(self.roll)

    def _post(self, number: int) -> None:
        """What the shops tell of in this round: new orders, and what became of earlier ones."""
        now = self.site.now()
        for story in self.stories[number]:
            self._place(story)
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

    def _place(self, story: Story) -> None:
        self.placed[story.number] = now = self.site.now()
        self._hand(story, "orders/create", order(story.number, now, email=_address(story)))

    def _hand(self, story: Story, topic: str, body: dict[str, object]) -> None:
        now = self.site.now()
        webhook = Webhook(shop=story.shop, topic=topic, order=story.number, told_at=now, body=body)
        self.site.shops.post(webhook, times=story.times)


def _address(story: Story) -> str:
    return f"mia.{story.number}@example.com"


def _strike(process: str, waiting: set[str]) -> None:
    if process in waiting:
        waiting.discard(process)
        strike(int(process))
