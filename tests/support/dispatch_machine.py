"""Any order of planning, dispatch, crashes, frozen dispatchers, outages, evidence and time, on a real database.

What nests inside a delivery happens to another process meanwhile: while a mail is prepared, while it is under way,
or after the provider took it and before its answer was read.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import delete, select

from schedules.changes import Cancel, Hold, Move, NewMessage, Plan, Release
from schedules.facts import Facts
from schedules.lifecycle import FINAL, SENT, State, may_move
from schedules.shop import Role
from tests.support.dispatching import MORNING, TEMPLATES, Killed, World, build_world, delivered_facts
from tests.support.installation import installed
from tests.support.orders import an_order, keep_order
from tests.support.troubled import KINDS, Trouble, TroubledProvider, nothing
from worker.delivery.port import OutgoingMail
from worker.dispatch.service import deliver_batch, sweep_leases
from worker.store.claims import Turn, claim_due
from worker.store.evidence import Evidence, record_evidence
from worker.store.keeping import CLAIM_LEASE
from worker.store.messages import apply_plan
from worker.store.models import Attempt, Base, Message, OrderRow, Transition
from worker.store.pauses import pause, resume
from worker.store.session import Database
from worker.store.siblings import keep_facts

STEPS = ("confirmation", "follow_up")
PLACES = st.tuples(st.sampled_from(STEPS), st.integers(0, 2))
MINUTES = st.sampled_from([0, 1, 7, 15, 60])
MEANWHILE = ("nothing", "nothing", "nothing", "freeze", "freeze and claim", "freeze and deliver", "cancel", "prove")


class DispatchMachine(RuleBasedStateMachine):
    """Two orders, one shop: Mia's receipts, and follow-ups of an order of Noah's that arrived long ago."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__()
        with database.write() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(delete(table))
        self.world: World = build_world(installed(database, folder, clock="simulated", secret_key="a test's key"))
        self.provider = TroubledProvider(look=self._look)
        self.installation = self.world.installation
        self.installation.__dict__["provider"] = self.provider
        self.orders = {"confirmation": self.world.order_id, "follow_up": self._second_order()}
        self.cancelled: set[UUID] = set()
        self.fences: dict[UUID, int] = {}

    def _second_order(self) -> UUID:
        told = delivered_facts(MORNING)
        assert told.order is not None
        order = an_order(told.order.placed_at, number="1043", email="noah@example.com")
        with self.installation.database.write() as session:
            facts = Facts(order=order, parcels=told.parcels)
            return keep_order(session, self.world.shop_id, facts, MORNING).id

    # --- what happens ---------------------------------------------------------------------------------------------

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
            self._apply(step, schedule=(_new(step, occurrence, at),))

    @rule(place=PLACES, minutes=MINUTES)
    def move_a_message(self, place: tuple[str, int], minutes: int) -> None:
        step, occurrence = place
        new = _new(step, occurrence, self.world.now + timedelta(minutes=minutes))
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

    @rule(step=st.sampled_from(STEPS))
    def cancel_the_order(self, step: str) -> None:
        """As planning does it: facts and messages in one commit."""
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

    @rule(is_paused=st.booleans())
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
        kinds=st.lists(st.sampled_from(sorted(KINDS)), max_size=3),
        prepared=st.sampled_from(MEANWHILE),
        under_way=st.sampled_from(MEANWHILE),
        answered=st.sampled_from(MEANWHILE),
    )
    def deliver(self, limit: int, kinds: list[str], prepared: str, under_way: str, answered: str) -> None:
        """One delivery, with troubles; the rest of its mails meet none."""
        before, after = self._once(under_way), self._once(answered)
        self.provider.troubles = [Trouble(kind, before, after) for kind in kinds or ["accept"]]
        renderer: Any = self.installation.renderer
        renderer.during = self._once(prepared)
        try:
            deliver_batch(self.installation, limit)
        except Killed:
            pass
        finally:
            self.provider.troubles, renderer.during = [], nothing

    @rule(which=st.integers(0, 5), state=st.sampled_from([State.ACCEPTED, State.DELIVERED, State.BOUNCED]))
    def hear_evidence(self, which: int, state: State) -> None:
        """An event of the provider: late, twice, out of order."""
        if self.provider.proofs:
            self._prove(*self.provider.proofs[which % len(self.provider.proofs)], state)

    # --- what happens meanwhile -----------------------------------------------------------------------------------

    def _once(self, name: str) -> Callable[[], None]:
        acts = {
            "nothing": nothing,
            "freeze": self._freeze,
            "freeze and claim": lambda: (self._freeze(), self._claim()),
            "freeze and deliver": lambda: (self._freeze(), deliver_batch(self.installation)),
            "cancel": lambda: (self.cancel_the_order("confirmation"), self.cancel_the_order("follow_up")),
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

    def _apply(self, step: str, **changes: Any) -> None:
        with self.installation.database.write() as session:
            self._apply_in(session, step, **changes)

    def _apply_in(self, session: Any, step: str, **changes: Any) -> None:
        ids = {"shop_id": self.world.shop_id, "order_id": self.orders[step]}
        address = "mia@example.com" if step == "confirmation" else "noah@example.com"
        apply_plan(session, plan=Plan(unsent={}, **changes), now=self.world.now, address=address, **ids)

    # --- what must hold -------------------------------------------------------------------------------------------

    def _look(self, mails: Sequence[OutgoingMail]) -> None:
        """A chunk has been marked, and the calls are about to happen."""
        for mail in mails:
            message = self.world.message(mail.message_id)
            attempt = self.world.attempts(mail.message_id)[-1]
            assert message.state == State.ATTEMPTING
            assert (attempt.id, attempt.fence) == (mail.attempt_id, message.fence), "its claim is another's"
            assert message.order_id not in self.cancelled, "its order's cancellation was committed before"
            assert message.send_at <= self.world.now, "it is not due"
            may_be_a_copy = message.stream == "transactional" and mail.message_id in self.provider.unclear
            assert may_be_a_copy or not self.provider.taken[mail.message_id], "it has gone out already"

    @invariant()
    def states_move_along_the_table_and_each_line_follows_the_one_before(self) -> None:
        with self.installation.database.read() as session:
            lines = session.scalars(select(Transition).order_by(Transition.id)).all()
            states = dict(session.execute(select(Message.id, Message.state)).all())
        last: dict[UUID, str] = {}
        for line in lines:
            assert last.get(line.message_id) == line.before
            assert line.before is None or line.before == line.after or may_move(State(line.before), State(line.after))
            assert line.before == line.after or line.before is None or State(line.before) not in FINAL
            last[line.message_id] = line.after
        assert last == states

    @invariant()
    def fences_only_grow_and_each_serves_one_attempt(self) -> None:
        with self.installation.database.read() as session:
            fences = dict(session.execute(select(Message.id, Message.fence)).all())
            attempts = session.execute(select(Attempt.message_id, Attempt.fence)).all()
        assert all(fences[each] >= before for each, before in self.fences.items())
        assert all(number == 1 for number in Counter(tuple(row) for row in attempts).values())
        self.fences = fences

    @invariant()
    def a_key_has_one_message(self) -> None:
        columns = (Message.order_id, Message.sequence, Message.step, Message.parcel_group, Message.occurrence)
        with self.installation.database.read() as session:
            keys = Counter(tuple(row) for row in session.execute(select(*columns)))
        assert all(number == 1 for number in keys.values())

    @invariant()
    def what_counts_as_sent_was_taken(self) -> None:
        with self.installation.database.read() as session:
            sent = session.scalars(select(Message.id).where(Message.state.in_(SENT))).all()
        assert all(self.provider.taken[each] for each in sent)

    def teardown(self) -> None:
        """Once the troubles are over, everything comes to an end."""
        self.pause_or_resume(False)
        for _ in range(4):
            self._freeze()
            while deliver_batch(self.installation):
                pass
        with self.installation.database.read() as session:
            left = session.execute(select(Message.state, Message.send_at)).all()
        assert all(row.state in SENT | FINAL | {"abandoned", "held"} or row.send_at > self.world.now for row in left)
        self.states_move_along_the_table_and_each_line_follows_the_one_before()


def _new(step: str, occurrence: int, at: Any) -> NewMessage:
    is_marketing = step == "follow_up"
    return NewMessage(
        step=step,
        parcel_group="",
        occurrence=occurrence,
        state=State.SCHEDULED,
        role=Role.REPLACE,
        stream="marketing" if is_marketing else "transactional",
        template=TEMPLATES[step],
        send_at=at,
        aim_at=at,
        offer_until=at + timedelta(hours=2),
        expires_at=at + timedelta(hours=72),
        reason="planned",
    )
