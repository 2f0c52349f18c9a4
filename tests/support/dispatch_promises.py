"""What must hold of dispatch in whatever order things happen; each promise is a method that names it."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from hypothesis.stateful import invariant
from sqlalchemy import select

from schedules.lifecycle import FINAL, SENT, State, may_move
from tests.support.dispatching import World
from tests.support.troubled import TroubledProvider
from worker.bootstrap import Installation
from worker.delivery.port import OutgoingMail
from worker.store.models import Attempt, Message, OfferedProduct, Transition


class DispatchPromises:
    """Of a world in which less than a week passes. `cancelled`: orders whose cancellation was committed; `hidden`:
    products that the persons of orders want to see no more."""

    world: World
    provider: TroubledProvider
    installation: Installation
    cancelled: set[UUID]
    hidden: set[tuple[UUID, str]]
    fences: dict[UUID, int]

    def look(self, mails: Sequence[OutgoingMail]) -> None:
        """A chunk has been marked, and the calls are about to happen."""
        for mail in mails:
            message = self.world.message(mail.message_id)
            assert message.state == State.ATTEMPTING
            self.nobody_sends_by_a_claim_of_another(message, mail)
            self.nothing_goes_after_its_cancellation(message)
            self.nothing_goes_early(message)
            self.nothing_goes_twice(message)
            self.a_person_gets_one_marketing_mail_a_week(message)
            self.nothing_hidden_is_shown(message)

    def nobody_sends_by_a_claim_of_another(self, message: Message, mail: OutgoingMail) -> None:
        attempt = self.world.attempts(message.id)[-1]
        assert (attempt.id, attempt.fence) == (mail.attempt_id, message.fence)

    def nothing_goes_after_its_cancellation(self, message: Message) -> None:
        assert message.order_id not in self.cancelled

    def nothing_goes_early(self, message: Message) -> None:
        assert message.send_at <= self.world.now

    def nothing_goes_twice(self, message: Message) -> None:
        may_be_a_copy = message.stream == "transactional" and message.id in self.provider.unclear
        assert may_be_a_copy or not self.provider.taken[message.id]

    def a_person_gets_one_marketing_mail_a_week(self, message: Message) -> None:
        """Only what certainly reached nobody does not count."""
        if message.stream == "marketing":
            may_have = self.provider.unclear | {each for each, count in self.provider.taken.items() if count}
            others = (Message.stream == "marketing", Message.address == message.address, Message.id != message.id)
            counts = Message.state.not_in((State.BOUNCED, State.DROPPED))
            with self.installation.database.read() as session:
                assert may_have.isdisjoint(session.scalars(select(Message.id).where(*others, counts)))

    def nothing_hidden_is_shown(self, message: Message) -> None:
        with self.installation.database.read() as session:
            mine = select(OfferedProduct.product_id).where(OfferedProduct.message_id == message.id)
            assert all((message.order_id, product) not in self.hidden for product in session.scalars(mine))

    def a_cancellation_reaches_all_that_waits(self, waiting: Sequence[UUID]) -> None:
        """`waiting`: of its order, before it was committed."""
        assert all(self.world.state(each) is State.CANCELLED for each in waiting)

    @invariant()
    def states_move_along_the_table(self) -> None:
        """And each line of a history follows the one before."""
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
    def fences_only_grow(self) -> None:
        """And each serves one attempt."""
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

    def all_that_is_due_comes_to_an_end(self) -> None:
        with self.installation.database.read() as session:
            left = session.execute(select(Message.state, Message.send_at)).all()
        assert all(row.state in SENT | FINAL | {"abandoned", "held"} or row.send_at > self.world.now for row in left)
