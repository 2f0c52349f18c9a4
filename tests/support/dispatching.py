"""A small world for tests of dispatch: a shop, an order, messages, and a provider that does as it is told."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from schedules.changes import NewMessage
from schedules.facts import Facts
from schedules.lifecycle import State
from schedules.shop import Role
from tests.support.orders import a_parcel, an_order, keep_order, keep_shop
from worker.bootstrap import Installation
from worker.delivery.port import Outcome, OutgoingMail, Verdict
from worker.rendering.port import Content, MailInputs, RenderedMail
from worker.store.models import Attempt, Message, OrderRow, Transition

MORNING = datetime(2031, 5, 14, 8, 0, tzinfo=UTC)
"""A Wednesday, 10:00 in Stockholm: where business time begins."""

TEMPLATES = {"confirmation": "order_confirmation", "shipping": "shipping_confirmation", "follow_up": "follow_up"}


class Killed(BaseException):
    """Stands for the end of the process: no handler of the program catches it."""


@dataclass
class Recorder:
    """Takes every mail, unless `answers` say otherwise; `before` runs ahead of each call and may raise."""

    name: str = "recorder"
    connections: int = 4
    can_reconcile: bool = True
    mails: list[OutgoingMail] = field(default_factory=list)
    answers: deque[dict[str, Any]] = field(default_factory=deque)
    before: Callable[[OutgoingMail], None] = lambda _mail: None
    chunks: list[int] = field(default_factory=list)

    def account(self, api_key: str | None) -> str:
        return f"{self.name}:{api_key or 'main'}"

    def deliver(self, mails: Sequence[OutgoingMail]) -> Iterator[Outcome]:
        self.chunks.append(len(mails))
        for mail in mails:
            self.before(mail)
            told = self.answers.popleft() if self.answers else {"verdict": Verdict.ACCEPTED, "receipt": "r-1"}
            if told["verdict"] is Verdict.ACCEPTED:
                self.mails.append(mail)
            yield Outcome(attempt_id=mail.attempt_id, **told)

    def close(self) -> None:
        """Holds nothing open."""


class PlainRenderer:
    """Mails of one line. `fails` makes it raise, as a broken template would."""

    def __init__(self) -> None:
        self.fails: Exception | None = None
        self.inputs: list[MailInputs] = []
        self.during: Callable[[], None] = lambda: None

    def render(self, content: Content, inputs: MailInputs) -> RenderedMail:
        self.inputs.append(inputs)
        self.during()
        if self.fails is not None:
            raise self.fails
        assert inputs.facts.order is not None
        subject = f"Order {inputs.facts.order.number}: {inputs.step}"
        return RenderedMail(subject=subject, preview="Soon.", html="<p>Soon.</p>", text="Soon.", variant="plain")


@dataclass
class World:
    """The shop Northkettle with Mia's order 1042, placed five minutes ago."""

    installation: Installation
    provider: Recorder
    renderer: PlainRenderer
    shop_id: UUID
    order_id: UUID

    @property
    def now(self) -> datetime:
        return self.installation.clock.now()

    def add_message(self, step: str = "confirmation", *, due: timedelta = timedelta(minutes=-1), **fields: Any) -> UUID:
        """A message of the order; marketing when it is the follow-up. Due a minute ago unless told otherwise."""
        is_marketing = step == "follow_up"
        at = self.now + due
        made = {
            "shop_id": self.shop_id,
            "order_id": self.order_id,
            "sequence": "post_purchase",
            "step": step,
            "role": "replace",
            "stream": "marketing" if is_marketing else "transactional",
            "template": TEMPLATES.get(step, step),
            "state": State.SCHEDULED.value,
            "reason": "planned",
            "send_at": at,
            "aim_at": at,
            "offer_until": at + timedelta(hours=2),
            "expires_at": at + timedelta(hours=72),
            "address": "mia@example.com",
            "created_at": at,
            "updated_at": at,
        }
        with self.installation.database.write() as session:
            message = Message(**(made | fields))
            session.add(message)
            session.flush()
            return message.id

    def message(self, message_id: UUID) -> Message:
        with self.installation.database.read() as session:
            return session.get_one(Message, message_id)

    def state(self, message_id: UUID) -> State:
        return State(self.message(message_id).state)

    def steps_of(self, message_id: UUID) -> list[tuple[str | None, str]]:
        """The message's history as (before, after)."""
        return [(line.before, line.after) for line in self.history(message_id)]

    def history(self, message_id: UUID) -> Sequence[Transition]:
        with self.installation.database.read() as session:
            lines = select(Transition).where(Transition.message_id == message_id).order_by(Transition.id)
            return session.scalars(lines).all()

    def attempts(self, message_id: UUID) -> Sequence[Attempt]:
        with self.installation.database.read() as session:
            mine = select(Attempt).where(Attempt.message_id == message_id).order_by(Attempt.number)
            return session.scalars(mine).all()

    def change(self, message_id: UUID, **values: Any) -> None:
        """Sets columns of a message behind the program's back."""
        with self.installation.database.write() as session:
            message = session.get_one(Message, message_id)
            for name, value in values.items():
                setattr(message, name, value)

    def change_order(self, **values: Any) -> None:
        """A new version of the order, as planning writes it: `values` are fields of its snapshot."""
        with self.installation.database.write() as session:
            row = session.get_one(OrderRow, self.order_id)
            facts = Facts.model_validate(row.facts)
            assert facts.order is not None
            changed = facts.model_copy(update={"order": facts.order.model_copy(update=values)})
            row.facts = changed.model_dump(mode="json")
            row.version += 1

    def become(self, facts: Facts) -> None:
        """The order as these facts tell it."""
        assert facts.order is not None
        with self.installation.database.write() as session:
            row = session.get_one(OrderRow, self.order_id)
            row.facts, row.placed_at = facts.model_dump(mode="json"), facts.order.placed_at
            row.version += 1

    @property
    def order_version(self) -> int:
        with self.installation.database.read() as session:
            return session.get_one(OrderRow, self.order_id).version

    def pass_time(self, by: timedelta) -> None:
        self.installation.clock.move_to(self.now + by)

    def end_leases(self, *message_ids: UUID) -> None:
        """Leases count by the database's clock, which no test can move: they are set into the past."""
        for message_id in message_ids:
            self.change(message_id, lease_until=self.installation.database.now() - timedelta(seconds=1))


def build_world(installation: Installation) -> World:
    """The world at MORNING of simulated business time."""
    installation.clock.move_to(MORNING)
    provider, renderer = Recorder(), PlainRenderer()
    installation.__dict__.update(provider=provider, renderer=renderer)
    facts = Facts(order=an_order(MORNING - timedelta(minutes=5)))
    with installation.database.write() as session:
        shop = keep_shop(session, MORNING)
        order = keep_order(session, shop.id, facts, MORNING)
    return World(installation=installation, provider=provider, renderer=renderer, shop_id=shop.id, order_id=order.id)


def delivered_facts(now: datetime) -> Facts:
    """The same order, placed two weeks and delivered nine days ago: time for its follow-up."""
    placed = now - timedelta(days=14)
    parcel = a_parcel(placed + timedelta(days=1), delivered_at=now - timedelta(days=9))
    return Facts(order=an_order(placed), parcels=(parcel,))


def new_message(step: str, occurrence: int, at: datetime) -> NewMessage:
    """A message as the planner asks for it: due at this moment."""
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
