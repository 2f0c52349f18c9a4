"""Who a customer is, from what is stored: on both databases."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from schedules.facts import Channel, Facts, PaymentState, Refund
from schedules.segments import Segment
from tests.integration.recommendations.conftest import HEADER, take
from tests.support.dispatching import MORNING, World
from tests.support.orders import NORTHKETTLE, an_order, eur, keep_order
from worker.personalisation.learning.fitting import fit
from worker.personalisation.segments import Buyer, segment_of_buyer, value_of
from worker.store.histories import Histories
from worker.store.models import Click, OrderRow
from worker.store.orders import facts_of
from worker.store.siblings import keep_facts
from worker.store.truth import read_truths

MONTH = timedelta(days=30)


def spenders(count: int) -> str:
    """One order each; a tenth of them a large one, and buyer 7 another after it."""
    rows = [
        f"past-{n},2031-03-01T10:00:00Z,buyer{n}@example.com,cups,,1,{420 if n % 10 == 7 else 20}.00\n"
        for n in range(count)
    ]
    return HEADER + "".join(rows) + "more,2031-04-01T10:00:00Z,buyer7@example.com,kettle,,4,39.00\n"


def segment(world: World, address: str, *others: Facts, told: int | None = None) -> Segment:
    order = an_order(MORNING, email=address)
    unknown = order.customer.model_copy(update={"orders_count": told})
    buyer = Buyer(
        shop_id=world.shop_id,
        address=address,
        profile=NORTHKETTLE,
        facts=Facts(order=order.model_copy(update={"customer": unknown}), accepted_first_at=MORNING),
        others=others,
        orders_known=None,
        is_resting=False,
        now=MORNING,
    )
    with world.installation.database.read() as session:
        return segment_of_buyer(Histories(session, [(world.shop_id, address)]), buyer)


def test_imported_orders_are_history(world: World, tmp_path: Path) -> None:
    assert segment(world, "buyer1@example.com") is Segment.UNKNOWN
    take(world, spenders(40), tmp_path)
    fit(world.installation, world.shop_id)
    assert segment(world, "buyer1@example.com") is Segment.REPEAT
    assert segment(world, "buyer7@example.com") is Segment.HIGH_VALUE
    assert segment(world, "nobody@example.com") is Segment.UNKNOWN


def test_orders_cancelled_since_do_not_say_what_the_best_customers_spend(world: World, tmp_path: Path) -> None:
    take(world, spenders(40), tmp_path)
    clock = world.installation.clock
    with world.installation.database.write() as session:
        for number in range(10):
            dear = an_order(MORNING, number=f"d{number}", email=f"d{number}@example.com")
            totals = dear.totals.model_copy(update={"total": eur("900.00")})
            keep_order(session, world.shop_id, Facts(order=dear.model_copy(update={"totals": totals})), clock.now())
    fit(world.installation, world.shop_id)
    assert segment(world, "buyer7@example.com") is Segment.REPEAT
    with world.installation.database.write() as session:
        for row in session.scalars(select(OrderRow).where(OrderRow.external_id.startswith("order-d"))):
            cancelled = facts_of(row).model_copy(update={"cancelled_at": MORNING})
            row.facts, row.updated_at = cancelled.model_dump(mode="json"), clock.now()
    fit(world.installation, world.shop_id)
    assert segment(world, "buyer7@example.com") is Segment.HIGH_VALUE


def test_a_payment_that_never_came_makes_nobody_a_returning_customer(world: World) -> None:
    """WooCommerce keeps each try at the till as an order of its own."""
    earlier = MORNING - timedelta(days=1)
    tries = [an_order(earlier, number="1040", payment=payment) for payment in (PaymentState.FAILED, PaymentState.OPEN)]
    assert (
        segment(world, "new@example.com", *(Facts(order=each, was_open=True) for each in tries), told=1) == "first_time"
    )
    kept = Facts(order=an_order(earlier, number="1040", cancelled_at=MORNING), accepted_first_at=earlier)
    assert segment(world, "new@example.com", kept, told=1) is Segment.REPEAT


@pytest.mark.parametrize(
    ("is_net", "minutes", "value"), [(True, -1, "49.40"), (True, 1, "39.40"), (False, -1, "39.40"), (False, 1, "39.40")]
)
def test_what_was_paid_back_is_taken_off_once(is_net: bool, minutes: int, value: str) -> None:
    """Shopify's snapshots lack what was refunded before them; refunds told since are still to be taken off."""
    placed = an_order(MORNING)
    order = placed.model_copy(update={"totals": placed.totals.model_copy(update={"is_net": is_net})})
    refund = Refund(id="r1", at=order.updated_at + timedelta(minutes=minutes), amount=eur("10.00"))
    assert value_of(Facts(order=order, refunds=(refund,)), "EUR") == Decimal(value)


def test_a_tenth_of_few_buyers_is_nobody(world: World, tmp_path: Path) -> None:
    take(world, spenders(20), tmp_path)
    fit(world.installation, world.shop_id)
    assert segment(world, "buyer7@example.com") is Segment.REPEAT


def test_six_mails_without_a_click_let_a_person_rest_until_one_comes(world: World) -> None:
    sent = [follow_up(world, number, counts_clicks=True) for number in range(1, 7)]
    asked = world.add_message("shipping")
    assert resting(world, asked)
    click(world, sent[-1], MORNING - 7 * MONTH)
    click(world, sent[0], None)
    assert resting(world, asked), "a click long ago, and machines, wake nobody"
    click(world, sent[1], MORNING - timedelta(days=3))
    assert not resting(world, asked)


def test_mails_whose_links_nobody_counts_let_nobody_rest(world: World) -> None:
    for number in range(1, 12):
        follow_up(world, number, counts_clicks=number % 2 == 0)
    asked = world.add_message("shipping")
    assert not resting(world, asked), "five of eleven are counted"
    follow_up(world, 12, counts_clicks=True)
    assert resting(world, asked)


def test_whoever_orders_again_half_a_year_after_the_last_mail_begins_anew(world: World) -> None:
    for number in range(7, 13):
        follow_up(world, number, counts_clicks=True)
    assert not resting(world, world.add_message("follow_up"))


def test_an_order_soon_after_a_mail_that_nobody_looked_at_wakes_nobody(world: World) -> None:
    for number in range(5, 11):
        follow_up(world, number, counts_clicks=True)
    assert resting(world, world.add_message("follow_up"))


def test_an_order_that_nobody_wished_for_wakes_nobody(world: World) -> None:
    renewed = an_order(MORNING, channel=Channel.SUBSCRIPTION_RENEWAL)
    with world.installation.database.write() as session:
        row = session.get_one(OrderRow, world.order_id)
        keep_facts(row, facts_of(row).model_copy(update={"order": renewed}))
    for number in range(7, 13):
        follow_up(world, number, counts_clicks=True)
    assert resting(world, world.add_message("shipping"))


def test_an_order_that_cannot_be_read_stops_nobody_elses_mails(world: World) -> None:
    for number in range(7, 13):
        follow_up(world, number, counts_clicks=True)
    with world.installation.database.write() as session:
        session.get_one(OrderRow, world.order_id).facts = {"order": {"id": "broken"}}
        theirs = an_order(MORNING, email="ben@example.com").model_copy(update={"id": "readable"})
        other = keep_order(session, world.shop_id, Facts(order=theirs, accepted_first_at=MORNING), MORNING)
    asked = (world.add_message("shipping"), world.add_message("shipping", order_id=other.id))
    messages = [world.message(each) for each in asked]
    with world.installation.database.read() as session:
        truths = read_truths(session, messages, MORNING)
        with pytest.raises(ValidationError):
            truths.of(messages[0])
        assert truths.of(messages[1]).address == "ben@example.com"


def test_six_more_mails_after_a_return_let_the_person_rest_again(world: World) -> None:
    returned = an_order(MORNING - 10 * MONTH).model_copy(update={"id": "returned"})
    with world.installation.database.write() as session:
        keep_order(session, world.shop_id, Facts(order=returned, accepted_first_at=MORNING), MORNING)
    for number in (16, 17, 9, 8, 7, 6, 5):
        follow_up(world, number, counts_clicks=True)
    assert not resting(world, world.add_message("shipping")), "five since"
    follow_up(world, 4, counts_clicks=True)
    assert resting(world, world.add_message("shipping", parcel_group="another"))


def follow_up(world: World, months_ago: int, *, counts_clicks: bool) -> UUID:
    at = MORNING - months_ago * MONTH
    made = {"accepted_at": at, "occurrence": months_ago, "counts_clicks": counts_clicks}
    return world.add_message("follow_up", state="delivered", **made)


def click(world: World, message_id: UUID, human_at: datetime | None) -> None:
    at = human_at or MORNING
    counts = {"kind": "shop", "raw": 1, "human": int(human_at is not None), "human_at": human_at}
    times = {"first_at": at, "last_at": at, "step": "follow_up"}
    with world.installation.database.write() as session:
        session.add(Click(message_id=message_id, shop_id=world.shop_id, **counts, **times))


def resting(world: World, message_id: UUID) -> bool:
    with world.installation.database.read() as session:
        message = world.message(message_id)
        return read_truths(session, [message], MORNING).of(message).is_resting
