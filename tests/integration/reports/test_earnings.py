"""What mails earned."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from schedules.facts import Facts
from tests.support.orders import a_line, an_order, eur
from tests.support.rows import NOW, make_click, make_message, make_order, make_shop
from worker.reports.earnings import CLICK_COUNTS_FOR, Earnings, read_earnings
from worker.store.models import DiscountCode, Message, OfferedProduct, OrderRow, Shop
from worker.store.session import Database

MIA = "mia@example.com"
LATER = NOW + timedelta(days=3)
SINCE = NOW - timedelta(days=1)


def order(session: Session, shop: Shop, number: str, at: datetime, **changes: Any) -> OrderRow:
    """A paid order of Mia's over 42.00 EUR."""
    columns = {name: changes.pop(name) for name in ("address", "imported") if name in changes}
    placed = an_order(at, number=number, **changes)
    facts = Facts(order=placed, accepted_first_at=at).model_dump(mode="json")
    row = make_order(session, shop, number, placed_at=at, **({"address": MIA} | columns))
    row.facts = facts
    session.flush()
    return row


def mail(session: Session, about: OrderRow, step: str = "follow_up", *, at: datetime = NOW, **values: Any) -> Message:
    """A mail with an offer that a provider took."""
    made = {"state": "accepted", "accepted_at": at, "address": MIA, "has_offer": True}
    return make_message(session, about, step, **(made | values))


def code(session: Session, of: OrderRow, redeemed_in: OrderRow, **values: Any) -> None:
    times = {"starts_at": NOW, "ends_at": NOW + timedelta(days=30), "created_at": NOW}
    made = {"code": "MIA-10", "kind": "percent", "value": Decimal(10), "state": "redeemed", "address": MIA}
    whose = {"shop_id": of.shop_id, "order_id": of.id, "redeemed_in": redeemed_in.id}
    session.add(DiscountCode(**(times | made | whose | values)))
    session.flush()


def earned(session: Session, shop: Shop) -> Earnings:
    session.flush()
    return read_earnings(session, shop, since=SINCE, now=NOW + timedelta(days=60))


def test_an_order_soon_after_a_click_is_earned_by_that_mail_and_the_mails_own_order_is_not(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        first = order(session, shop, "1042", NOW - timedelta(hours=1))
        make_click(session, mail(session, first), ref="product-9", last_at=LATER - timedelta(hours=1))
        order(session, shop, "1043", LATER, lines=(a_line(9, "Kettle", "42.00"),))
        mail(session, first, "confirmation", has_offer=False)
        report = earned(session, shop)
    (conversion,) = report.conversions
    assert (conversion.order, conversion.step, conversion.mail_of, conversion.by) == (
        "1043",
        "follow_up",
        "1042",
        "click",
    )
    confirmation, follow_up = report.steps
    assert (confirmation.step, confirmation.mails, confirmation.with_offer, confirmation.conversions) == (
        "confirmation",
        1,
        0,
        0,
    )
    assert (follow_up.mails, follow_up.with_offer, follow_up.clicked, follow_up.conversions) == (1, 1, 1, 1)
    assert (follow_up.by_click, follow_up.by_code, follow_up.conversion_rate) == (1, 0, 1.0)
    total = an_order(LATER).totals.total.amount
    assert Decimal(follow_up.revenue["EUR"]) == Decimal(follow_up.revenue_per_mail["EUR"]) == total


def test_a_code_counts_however_late_and_before_a_click_in_another_mail(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        first = order(session, shop, "1042", NOW - timedelta(hours=1))
        mail(session, first, "shipping", details={"code": "MIA-10"})
        newest = mail(session, first, "follow_up", at=NOW + timedelta(days=9), details={"code": "MIA-10"})
        offered = {
            "shop_id": shop.id,
            "address": MIA,
            "created_at": NOW,
            "position": 0,
            "kind": "pairing",
            "why": "Pours",
        }
        session.add(OfferedProduct(message_id=newest.id, product_id="product-1", **offered))
        other = mail(session, first, "confirmation")
        used = order(session, shop, "1043", NOW + timedelta(days=29))
        make_click(session, other, last_at=NOW + timedelta(days=28))
        code(session, first, used)
        report = earned(session, shop)
    (conversion,) = report.conversions
    assert (conversion.order, conversion.step, conversion.by) == ("1043", "follow_up", "code")
    assert conversion.has_offered
    assert [(step.step, step.by_code) for step in report.steps] == [
        ("confirmation", 0),
        ("shipping", 0),
        ("follow_up", 1),
    ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("state", ["bounced", "dropped"])
def test_a_mail_that_came_back_earns_nothing_by_the_code_that_nobody_saw_in_it(database: Database, state: str) -> None:
    with database.write() as session:
        shop = make_shop(session)
        first = order(session, shop, "1042", NOW - timedelta(hours=1))
        mail(session, first, "shipping", details={"code": "MIA-10"})
        mail(session, first, "follow_up", at=NOW + timedelta(days=9), state=state, details={"code": "MIA-10"})
        code(session, first, order(session, shop, "1043", NOW + timedelta(days=29)))
        assert [each.step for each in earned(session, shop).conversions] == ["shipping"]


def test_nothing_is_earned_by_what_did_not_lead_there(database: Database) -> None:
    """A machine's click, an answer, a click that is too old or came after, a code that somebody else used."""
    with database.write() as session:
        shop = make_shop(session)
        first = order(session, shop, "1042", NOW - timedelta(hours=1))
        sent = mail(session, first, details={"code": "MIA-10"})
        make_click(session, sent, ref="a", human=0, last_at=LATER)
        make_click(session, sent, kind="answer", ref="", last_at=LATER)
        make_click(session, sent, ref="b", last_at=LATER - CLICK_COUNTS_FOR - timedelta(minutes=1))
        make_click(session, sent, ref="c", last_at=LATER + timedelta(minutes=1))
        bought = order(session, shop, "1043", LATER)
        bens = order(session, shop, "1044", LATER, email="ben@example.com", address="ben@example.com")
        code(session, first, bens, redeemed_by_other=True)
        assert earned(session, shop).conversions == []
        make_click(session, sent, ref="d", last_at=LATER - timedelta(hours=1))
        assert [each.order for each in earned(session, shop).conversions] == ["1043"]
        session.query(OrderRow).filter_by(id=bought.id).update({"address": "eva@example.com"})
        assert earned(session, shop).conversions == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_order_stays_earned_however_often_its_customer_looks_again_afterwards(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        first = order(session, shop, "1042", NOW - timedelta(hours=1))
        order(session, shop, "1043", LATER)
        clicks = [LATER - timedelta(hours=1), LATER + timedelta(days=1), LATER + timedelta(days=2)]
        times = dict(zip(("human_first_at", "human_before", "last_at"), clicks, strict=True))
        make_click(session, mail(session, first), human=3, **times)
        assert [each.order for each in earned(session, shop).conversions] == ["1043"]


def test_an_order_that_came_to_nothing_or_was_nobodys_wish_is_not_earned(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        first = order(session, shop, "1042", NOW - timedelta(hours=1))
        make_click(session, mail(session, first), last_at=LATER - timedelta(hours=1))
        order(session, shop, "1043", LATER, cancelled_at=LATER + timedelta(hours=1))
        order(session, shop, "1044", LATER, is_test=True)
        order(session, shop, "1045", LATER, channel="subscription_renewal")
        order(session, shop, "1046", LATER, imported=True)
        assert earned(session, shop).conversions == []
        order(session, shop, "1047", LATER)
        assert [each.order for each in earned(session, shop).conversions] == ["1047"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_code_used_at_the_counter_or_by_a_company_was_earned_and_a_visit_there_after_a_click_was_not(
    database: Database,
) -> None:
    with database.write() as session:
        shop = make_shop(session)
        owners = [order(session, shop, number, NOW - timedelta(hours=1)) for number in ("1", "2", "3", "4")]
        used = [
            order(session, shop, "1043", LATER, channel="pos", address=None),
            order(session, shop, "1044", LATER, is_b2b=True),
            order(session, shop, "1045", LATER, channel="subscription_renewal"),
            order(session, shop, "1046", LATER, cancelled_at=LATER),
        ]
        for number, (owner, redeeming) in enumerate(zip(owners, used, strict=True)):
            mail(session, owner, details={"code": f"MIA-{number}"})
            code(session, owner, redeeming, code=f"MIA-{number}")
        make_click(session, mail(session, owners[0], "shipping"), last_at=LATER - timedelta(hours=1))
        order(session, shop, "1047", LATER, channel="pos")
        report = earned(session, shop)
    assert [(each.order, each.by) for each in report.conversions] == [("1043", "code"), ("1044", "code")]


def test_mails_of_other_shops_and_of_before_count_for_nothing(database: Database) -> None:
    with database.write() as session:
        shop, other = make_shop(session), make_shop(session, "southkettle")
        first = order(session, shop, "1042", NOW - timedelta(days=9))
        make_click(session, mail(session, first, at=SINCE - timedelta(days=1)), last_at=LATER - timedelta(hours=1))
        order(session, shop, "1043", LATER)
        report, theirs = earned(session, shop), earned(session, other)
    assert (report.steps, report.conversions, theirs.steps, theirs.conversions) == ([], [], [], [])


def test_revenue_is_told_per_currency(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        first = order(session, shop, "1042", NOW - timedelta(hours=1))
        make_click(session, mail(session, first), last_at=LATER - timedelta(hours=1))
        row = order(session, shop, "1043", LATER)
        for number, currency in (("1044", "USD"), ("1045", "USD")):
            told = order(session, shop, number, LATER)
            told.facts = _in(told.facts, currency)
        session.flush()
        (line,) = earned(session, shop).steps
    total = Facts.model_validate(row.facts).order.totals.total.amount  # type: ignore[union-attr]  # it was just made
    assert {name: Decimal(amount) for name, amount in line.revenue.items()} == {"EUR": total, "USD": 2 * total}
    assert eur("1").currency in line.revenue_per_mail


def _in(facts: Any, currency: str) -> Any:
    """The same facts with every amount in another currency."""
    if isinstance(facts, dict):
        return {name: currency if name == "currency" else _in(value, currency) for name, value in facts.items()}
    return [_in(each, currency) for each in facts] if isinstance(facts, list) else facts


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_more_earned_orders_take_no_more_statements(database: Database) -> None:
    taken = []
    with database.write() as session:
        shop = make_shop(session)
        event.listen(session.connection(), "before_cursor_execute", lambda *_: taken.append(1))
        counts = []
        for person in range(3):
            address = f"{person}@example.com"
            first = order(session, shop, f"10{person}", NOW - timedelta(hours=1), address=address)
            make_click(session, mail(session, first, address=address), last_at=LATER - timedelta(hours=1))
            order(session, shop, f"20{person}", LATER, address=address)
            session.expunge_all()
            taken.clear()
            assert (
                len(read_earnings(session, shop, since=SINCE, now=NOW + timedelta(days=60)).conversions) == person + 1
            )
            counts.append(len(taken))
    assert len(set(counts)) == 1
