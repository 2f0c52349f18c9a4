"""Messages of one batch are read, marked and settled together, and stay as apart as if each were alone."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from schedules.facts import Case, CaseKind, Facts
from schedules.lifecycle import State
from tests.support.backlog import analyze, counted_work, pile_up
from tests.support.dispatching import MORNING, World, delivered_facts
from tests.support.orders import an_order, keep_order
from worker.delivery.port import Verdict
from worker.dispatch.service import deliver_batch
from worker.store.models import Message, OrderRow, Shop
from worker.store.shops import profile_of
from worker.store.surroundings import MOST_ORDERS
from worker.store.truth import read_truths


def another_order(world: World, number: int, *, email: str = "", before: timedelta = timedelta(minutes=5)) -> OrderRow:
    facts = Facts(order=an_order(MORNING - before, number=str(number), email=email or f"m{number}@example.com"))
    with world.installation.database.write() as session:
        return keep_order(session, world.shop_id, facts, MORNING)


def test_many_people_get_one_mail_each_about_their_own_order(world: World) -> None:
    orders = [another_order(world, number) for number in range(2000, 2150)]
    made = [world.add_message(order_id=order.id, address=order.address) for order in orders]
    while deliver_batch(world.installation):
        pass
    assert {world.state(each) for each in made} == {State.ACCEPTED}
    told = {mail.to: mail.subject for mail in world.provider.mails}
    assert told == {str(order.address): f"Order {order.number}: confirmation" for order in orders}
    assert len(world.provider.mails) == len(orders)
    assert all(len(world.attempts(each)) == 1 for each in made)


def test_answers_of_every_kind_in_one_batch_are_each_written_down(world: World) -> None:
    verdicts = [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.RETRY, Verdict.UNKNOWN, Verdict.ACCEPTED]
    orders = [another_order(world, number) for number in range(2000, 2005)]
    due = [timedelta(minutes=-9 + place) for place in range(5)]
    made = [
        world.add_message(order_id=order.id, address=order.address, due=at)
        for order, at in zip(orders, due, strict=True)
    ]
    world.provider.connections = 5
    world.provider.answers.extend({"verdict": verdict} for verdict in verdicts)
    deliver_batch(world.installation)
    states = [State.ACCEPTED, State.FAILED, State.SCHEDULED, State.UNKNOWN, State.ACCEPTED]
    assert [world.state(each) for each in made] == states
    assert [world.attempts(each)[0].outcome for each in made] == [verdict.value for verdict in verdicts]


def test_one_that_somebody_took_over_leaves_the_rest_of_its_batch_going(world: World) -> None:
    orders = [another_order(world, number) for number in range(2000, 2003)]
    first, taken, last = (world.add_message(order_id=order.id, address=order.address) for order in orders)
    world.renderer.during = lambda: world.change(taken, fence=9)
    deliver_batch(world.installation)
    assert (world.state(first), world.state(last)) == (State.ACCEPTED, State.ACCEPTED)
    message = world.message(taken)
    assert (message.state, message.fence) == ("claimed", 9)
    assert len(world.provider.mails) == 2


def test_an_order_that_cannot_be_read_stops_only_its_own_mail(world: World) -> None:
    broken, sound = another_order(world, 2000), another_order(world, 2001)
    with world.installation.database.write() as session:
        session.scalars(select(OrderRow).where(OrderRow.id == broken.id)).one().facts = {"order": {"id": 7}}
    bad = world.add_message(order_id=broken.id, address=broken.address)
    good = world.add_message(order_id=sound.id, address=sound.address)
    deliver_batch(world.installation)
    assert world.state(good) is State.ACCEPTED
    message = world.message(bad)
    assert message.state == State.SCHEDULED
    assert message.reason.startswith("it could not be judged: ValidationError")


def test_trouble_with_another_order_of_the_same_person_gives_marketing_a_rest(world: World) -> None:
    world.become(delivered_facts(world.now))
    opened = world.now - timedelta(days=3)
    ticket = Case(id="c1", kind=CaseKind.TICKET, opened_at=opened, updated_at=opened)
    other = another_order(world, 2000, email="mia@example.com", before=timedelta(days=40))
    with world.installation.database.write() as session:
        row = session.get_one(OrderRow, other.id)
        row.facts = Facts.model_validate(row.facts).model_copy(update={"cases": (ticket,)}).model_dump(mode="json")
        row.version += 1
    follow_up = world.add_message("follow_up", expires_at=world.now + timedelta(days=60))
    deliver_batch(world.installation)
    message: Message = world.message(follow_up)
    assert world.provider.mails == []
    assert message.state == State.SCHEDULED
    assert message.send_at == opened + timedelta(days=30)


def _ramp(world: World, since: date | None) -> None:
    with world.installation.database.write() as session:
        shop = session.get_one(Shop, world.shop_id)
        profile = profile_of(shop)
        marketing = profile.marketing.model_copy(update={"ramp_since": since})
        shop.profile = profile.model_copy(update={"marketing": marketing}).model_dump(mode="json")


def _follow_ups(world: World, count: int) -> list[UUID]:
    made = []
    for number in range(3000, 3000 + count):
        known = delivered_facts(world.now)
        assert known.order is not None
        customer = known.order.customer.model_copy(update={"email": f"m{number}@example.com"})
        told = known.order.model_copy(update={"id": str(number), "number": str(number), "customer": customer})
        with world.installation.database.write() as session:
            row = keep_order(session, world.shop_id, known.model_copy(update={"order": told}), MORNING)
        made.append(world.add_message("follow_up", order_id=row.id, address=row.address))
    return made


def test_a_new_marketing_sender_sends_fifty_on_its_first_day_and_the_rest_on_the_next(world: World) -> None:
    _ramp(world, MORNING.date())
    made = _follow_ups(world, 70)
    receipt = world.add_message()
    while deliver_batch(world.installation):
        pass
    assert world.state(receipt) is State.ACCEPTED
    assert sum(world.state(each) is State.ACCEPTED for each in made) == 50
    waiting = [world.message(each) for each in made if world.state(each) is State.SCHEDULED]
    assert len(waiting) == 20
    assert {message.reason for message in waiting} == {"the marketing sender is new and has sent its share of this day"}
    assert all(message.send_at > world.now + timedelta(hours=10) for message in waiting)
    world.pass_time(timedelta(days=1))
    while deliver_batch(world.installation):
        pass
    assert {world.state(each) for each in made} == {State.ACCEPTED}


def test_batches_at_the_same_moment_share_a_new_senders_day(world: World) -> None:
    """A whole day's marketing falls due in the same minute of the morning, and many threads take of it."""
    _ramp(world, MORNING.date())
    made = _follow_ups(world, 80)

    def meanwhile() -> None:
        world.renderer.during = lambda: None
        deliver_batch(world.installation, limit=40)

    world.renderer.during = meanwhile
    deliver_batch(world.installation, limit=40)
    assert sum(world.state(each) is State.ACCEPTED for each in made) == 50
    waiting = [world.message(each) for each in made if world.state(each) is State.SCHEDULED]
    assert {message.reason for message in waiting} == {"the marketing sender is new and has sent its share of this day"}
    assert all(message.send_at > world.now + timedelta(hours=10) for message in waiting)


def test_a_sender_that_is_not_new_sends_all(world: World) -> None:
    made = _follow_ups(world, 60)
    while deliver_batch(world.installation):
        pass
    assert {world.state(each) for each in made} == {State.ACCEPTED}


def test_of_an_address_that_many_orders_share_only_the_newest_are_read(world: World) -> None:
    """A shop enters orders taken by phone under an address of its own."""
    with world.installation.database.write() as session:
        facts = Facts(order=an_order(MORNING - timedelta(days=90), number="7", email="mia@example.com"))
        for number in range(MOST_ORDERS + 20):
            keep_order(session, world.shop_id, _numbered(facts, number), MORNING)
    message = world.message(world.add_message())
    with world.installation.database.read() as session:
        others = read_truths(session, [message], world.now).of(message).others
    assert [other.external_id for other in others][:2] == [f"n{MOST_ORDERS + 19}", f"n{MOST_ORDERS + 18}"]
    assert len(others) == len([other for other in others if other.facts]) == MOST_ORDERS


def _numbered(facts: Facts, number: int) -> Facts:
    assert facts.order is not None
    return facts.model_copy(
        update={"order": facts.order.model_copy(update={"id": f"n{number}", "number": str(number)})}
    )


def test_what_a_person_got_is_found_without_reading_what_the_shop_sent(world: World) -> None:
    """Also right after a burst, when the database's statistics know of no sent mail yet."""
    message = world.message(world.add_message())
    with world.installation.database.write() as session:
        analyze(session)
    pile_up(world, world.add_message("follow_up", state="accepted", address="noah@example.com"), 3_000)
    with counted_work(world) as work, world.installation.database.read() as session:
        assert read_truths(session, [message], world.now).of(message).sent == ()
    assert work.steps < 1_500
