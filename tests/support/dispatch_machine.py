"""Any order of planning, dispatch, crashes, frozen dispatchers, outages, evidence, taps and time, on a real database.

What nests inside a delivery happens to another process meanwhile: while a mail is prepared, while it is under way,
or after the provider took it and before its answer was read.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import delete, select

from schedules.changes import Cancel, Hold, Move, Plan, Release
from schedules.facts import Facts
from schedules.lifecycle import PENDING, State
from tests.support.dispatch_promises import DispatchPromises
from tests.support.dispatching import MORNING, Killed, World, build_world, delivered_facts, new_message
from tests.support.installation import installed
from tests.support.orders import an_order, keep_order
from tests.support.shelf import pair, stock
from tests.support.troubled import KINDS, Trouble, TroubledProvider, nothing
from worker.dispatch.service import deliver_batch, sweep_leases
from worker.feedback.people import act
from worker.links import LinkToken, Purpose
from worker.store.claims import Turn, claim_due
from worker.store.evidence import Evidence, record_evidence
from worker.store.keeping import CLAIM_LEASE
from worker.store.messages import apply_plan
from worker.store.models import Base, Message, OrderRow
from worker.store.pauses import pause, resume
from worker.store.session import Database
from worker.store.siblings import keep_facts

STEPS = ("confirmation", "follow_up")
PLACES = st.tuples(st.sampled_from(STEPS), st.integers(0, 2))
TROUBLES = st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3)
RARELY = st.sampled_from([False, False, False, True])
"""For what ends most of a story: a machine whose orders are all cancelled finds little."""
MINUTES = st.sampled_from([0, 1, 7, 15, 60])
PRODUCTS = ("kettle", "grinder")
"""What goes with both orders."""
MEANWHILE = (*("nothing",) * 3, "freeze", "freeze and claim", "freeze and deliver", "cancel", "prove", "hide")


class DispatchMachine(DispatchPromises, RuleBasedStateMachine):
    """Two orders, one shop: Mia's receipts, and follow-ups of an order of Noah's that arrived long ago."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__()
        with database.write() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(delete(table))
        self.world: World = build_world(installed(database, folder, clock="simulated", secret_key="a test's key"))
        self.provider = TroubledProvider(look=self.look)
        self.installation = self.world.installation
        self.installation.__dict__["provider"] = self.provider
        self.orders = {"confirmation": self.world.order_id, "follow_up": self._second_order()}
        self.cancelled: set[UUID] = set()
        self.hidden: set[tuple[UUID, str]] = set()
        self.fences: dict[UUID, int] = {}

    def _second_order(self) -> UUID:
        told = delivered_facts(MORNING)
        assert told.order is not None
        order = an_order(told.order.placed_at, number="1043", email="noah@example.com")
        with self.installation.database.write() as session:
            for product in ("product-1", "product-2", *PRODUCTS):
                stock(session, self.world.shop_id, product)
            for product in PRODUCTS:
                pair(session, self.world.shop_id, product)
            facts = Facts(order=order, parcels=told.parcels)
            return keep_order(session, self.world.shop_id, facts, MORNING).id

    @initialize(places=st.lists(PLACES, min_size=2, max_size=4))
    def begin(self, places: list[tuple[str, int]]) -> None:
        for step, occurrence in places:
            self.plan_a_message(place=(step, occurrence), minutes=0)

    @rule(place=PLACES, minutes=MINUTES)
    def plan_a_message(self, place: tuple[str, int], minutes: int) -> None:
        """Also one that is there already: planning repeats itself."""
        step, occurrence = place
        at = self.world.now + timedelta(minutes=minutes)
        if self.orders[step] not in self.cancelled:
            self._apply(step, schedule=(new_message(step, occurrence, at),))

    @rule(place=PLACES, minutes=MINUTES)
    def move_a_message(self, place: tuple[str, int], minutes: int) -> None:
        step, occurrence = place
        new = new_message(step, occurrence, self.world.now + timedelta(minutes=minutes))
        times = {name: getattr(new, name) for name in ("send_at", "aim_at", "offer_until", "expires_at")}
        move = Move(step=step, parcel_group="", occurrence=occurrence, reason="the delay changed", **times)
        self._apply(step, move=(move,))

    @rule(place=PLACES, kind=st.sampled_from([Hold, Release, Cancel]))
    def change_a_message(self, place: tuple[str, int], kind: type[Cancel]) -> None:
        """As the planner asks for it: it holds what is scheduled and releases what is held."""
        step, occurrence = place
        change = kind(step, "", occurrence, "the facts changed")
        names: dict[type[Cancel], str] = {Hold: "hold", Release: "release", Cancel: "cancel"}
        needed = {Hold: State.SCHEDULED, Release: State.HELD}.get(kind)
        if needed is None or needed in self._states(step, occurrence):
            self._apply(step, **{names[kind]: (change,)})

    @rule(step=st.sampled_from(STEPS), is_meant=RARELY)
    def cancel_one_in_a_while(self, step: str, is_meant: bool) -> None:
        if is_meant:
            self.cancel_the_order(step)

    def cancel_the_order(self, step: str) -> None:
        """As planning does it: facts and messages in one commit."""
        waiting = self._waiting(step)
        order_id = self.orders[step]
        with self.installation.database.write() as session:
            row = session.get_one(OrderRow, order_id)
            facts = Facts.model_validate(row.facts)
            assert facts.order is not None
            order = facts.order.model_copy(update={"cancelled_at": self.world.now})
            keep_facts(row, facts.model_copy(update={"order": order}))
            row.version += 1
            cancels = tuple(Cancel(step, "", number, "the order was cancelled") for number in range(3))
            self._apply_in(session, step, cancel=cancels)
        self.cancelled.add(order_id)
        self.a_cancellation_reaches_all_that_waits(waiting)

    @rule(step=st.sampled_from(STEPS), product=st.sampled_from(PRODUCTS), undo=st.booleans())
    def hide_a_product(self, step: str, product: str, undo: bool) -> None:
        """By a link in any mail of the person's order."""
        order_id = self.orders[step]
        with self.installation.database.read() as session:
            message_id = session.scalar(select(Message.id).where(Message.order_id == order_id).limit(1))
        if message_id is not None:
            act(self.installation, LinkToken(Purpose.HIDE, message_id, product), undo=undo)
            change = self.hidden.discard if undo else self.hidden.add
            change((order_id, product))

    @rule(is_paused=RARELY)
    def pause_or_resume(self, is_paused: bool) -> None:
        with self.installation.database.write() as session:
            if is_paused:
                pause(session, self.world.shop_id, "", reason="stock-taking", now=self.world.now)
            else:
                resume(session, self.world.shop_id, "")

    @rule(minutes=MINUTES.filter(bool))
    def let_time_pass(self, minutes: int) -> None:
        self.world.pass_time(timedelta(minutes=minutes))
        sweep_leases(self.installation)

    @rule(
        limit=st.integers(1, 5),
        kinds=TROUBLES,
        prepared=st.sampled_from(MEANWHILE),
        under_way=st.sampled_from(MEANWHILE),
        answered=st.sampled_from(MEANWHILE),
    )
    def deliver(self, limit: int, kinds: list[str], prepared: str, under_way: str, answered: str) -> None:
        """One delivery, with troubles; the rest of its mails meet none."""
        before, after = self._once(under_way), self._once(answered)
        self.provider.troubles = [Trouble(kind, before, after) for kind in kinds]
        renderer: Any = self.installation.renderer
        renderer.during = self._once(prepared)
        try:
            deliver_batch(self.installation, limit)
        except Killed:
            pass
        finally:
            self.provider.troubles, renderer.during = [], nothing

    @rule(kinds=TROUBLES)
    def deliver_undisturbed(self, kinds: list[str]) -> None:
        self.deliver(5, kinds, "nothing", "nothing", "nothing")

    @rule(which=st.integers(0, 5), state=st.sampled_from([State.ACCEPTED, State.DELIVERED, State.BOUNCED]))
    def hear_evidence(self, which: int, state: State) -> None:
        """An event of the provider: late, twice, out of order."""
        if self.provider.proofs:
            self._prove(*self.provider.proofs[which % len(self.provider.proofs)], state)

    def _once(self, name: str) -> Callable[[], None]:
        acts = {
            "nothing": nothing,
            "freeze": self._freeze,
            "freeze and claim": lambda: (self._freeze(), self._claim()),
            "freeze and deliver": lambda: (self._freeze(), deliver_batch(self.installation)),
            "cancel": lambda: (self.cancel_the_order("confirmation"), self.cancel_the_order("follow_up")),
            "hide": lambda: [self.hide_a_product(step, PRODUCTS[0], False) for step in STEPS],
            "prove": lambda: [self._prove(*proof, State.ACCEPTED) for proof in self.provider.proofs],
        }
        left = [acts[name]]

        def act() -> None:
            if left:
                left.pop()()

        return act

    def _freeze(self) -> None:
        """A dispatcher stood still past all leases: others have taken up what it held, and half an hour is gone."""
        self.provider.unclear |= self.provider.in_flight
        with self.installation.database.read() as session:
            held = session.scalars(select(Message.id).where(Message.state.in_(("claimed", "attempting")))).all()
        self.world.end_leases(*held)
        sweep_leases(self.installation)
        self.let_time_pass(30)

    def _claim(self) -> None:
        """Another dispatcher claims all that is due, and is slow."""
        with self.installation.database.write() as session:
            claim_due(session, Turn(now=self.world.now, lease=CLAIM_LEASE, limit=10))

    def _prove(self, message_id: UUID, attempt_id: UUID, state: State) -> None:
        proof = Evidence(message_id=message_id, attempt_id=attempt_id, state=state, reason="an event says so")
        with self.installation.database.write() as session:
            record_evidence(session, proof, now=self.world.now)

    def _states(self, step: str, occurrence: int) -> list[str]:
        mine = (Message.order_id == self.orders[step], Message.step == step, Message.occurrence == occurrence)
        with self.installation.database.read() as session:
            return list(session.scalars(select(Message.state).where(*mine)))

    def _waiting(self, step: str) -> list[UUID]:
        mine = (Message.order_id == self.orders[step], Message.state.in_(PENDING))
        with self.installation.database.read() as session:
            return list(session.scalars(select(Message.id).where(*mine)))

    def _apply(self, step: str, **changes: Any) -> None:
        with self.installation.database.write() as session:
            self._apply_in(session, step, **changes)

    def _apply_in(self, session: Any, step: str, **changes: Any) -> None:
        ids = {"shop_id": self.world.shop_id, "order_id": self.orders[step]}
        address = "mia@example.com" if step == "confirmation" else "noah@example.com"
        apply_plan(session, plan=Plan(unsent={}, **changes), now=self.world.now, address=address, **ids)

    def teardown(self) -> None:
        """Once the troubles are over, everything comes to an end."""
        self.pause_or_resume(False)
        for _ in range(4):
            self._freeze()
            while deliver_batch(self.installation):
                pass
        self.all_that_is_due_comes_to_an_end()
        self.states_move_along_the_table()
