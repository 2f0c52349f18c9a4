"""One code per order: issued to first-time customers, reused, extended, never deeper."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from schedules.catalog import packaged_sequence
from schedules.codes import CodePolicy, NeverOn
from schedules.facts import Facts, Money, PaymentState
from schedules.segments import Segment
from tests.support.dispatching import MORNING, World
from tests.support.orders import NORTHKETTLE, a_parcel, an_order, keep_order
from tests.support.shelf import stock
from worker.personalisation import code_issuing
from worker.personalisation.code_ends import redeem_codes, revoke_code
from worker.personalisation.code_issuing import ALPHABET
from worker.personalisation.code_requests import CodeDecision, CodeRequest, Maker
from worker.personalisation.codes import reserve_code
from worker.rendering.port import CodeView, Offer, OfferCard, ProductView
from worker.store.codes import last_code_at
from worker.store.models import DiscountCode, OrderRow
from worker.store.orders import locked_customer

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def request(world: World, **changes: Any) -> CodeRequest:
    placed = an_order(MORNING - timedelta(days=1))
    fields: dict[str, Any] = {
        "shop_id": world.shop_id,
        "order_id": world.order_id,
        "address": "mia@example.com",
        "step": "shipping",
        "stream": "transactional",
        "segment": Segment.FIRST_TIME,
        "facts": Facts(order=placed, parcels=(a_parcel(MORNING),)),
        "profile": NORTHKETTLE,
        "sequence": packaged_sequence(),
        "offer": None,
        "maker": Maker(kind="outbox"),
        "now": MORNING,
    }
    fields |= changes
    return CodeRequest(last_moment=fields["now"] + timedelta(hours=2), **fields)


def decided(world: World, **changes: Any) -> CodeDecision:
    with world.installation.database.write() as session:
        return reserve_code(session, request(world, **changes))


def ask(world: World, **changes: Any) -> CodeView | None:
    return decided(world, **changes).view


def kept(world: World) -> list[DiscountCode]:
    with world.installation.database.read() as session:
        return list(session.scalars(select(DiscountCode)))


def facts_with(**order: Any) -> Facts:
    return Facts(order=an_order(MORNING - timedelta(days=1), **order), parcels=(a_parcel(MORNING),))


def offering(*prices: str) -> Offer:
    cards = []
    for number, price in enumerate(prices):
        view = ProductView(
            product_id=f"p{number}",
            variant_id="",
            title="Kettle",
            short_title="Kettle",
            url="https://northkettle.example/k",
            image_url="https://northkettle.example/k.jpg",
            price=Money(amount=Decimal(price), currency="EUR"),
        )
        cards.append(OfferCard(product=view, kind="pairing", why="A thin pour", url=view.url))
    return Offer(cards=tuple(cards))


def with_policy(**policy: Any) -> Any:
    return packaged_sequence().model_copy(update={"code": CodePolicy(**policy)})


def test_a_first_time_customer_gets_ten_percent_in_the_shipping_mail(world: World) -> None:
    code = ask(world, offer=offering("24.00", "49.00"))
    assert code is not None
    assert (code.kind, code.value) == ("percent", Decimal(10))
    row = kept(world)[0]
    assert (row.state, row.starts_at, row.minimum_spend) == ("created", MORNING, Decimal("24.00"))


def test_a_code_is_easy_to_type_and_says_nothing_of_the_person(world: World) -> None:
    code = ask(world)
    assert code is not None
    assert len(code.code) == 11
    assert set(code.code) <= set(ALPHABET)
    assert not set("IL10O") & set(code.code)
    assert code.code.startswith("NRT")


def test_the_confirmation_issues_none_and_the_follow_up_only_reuses(world: World) -> None:
    assert ask(world, step="confirmation") is None
    assert ask(world, step="follow_up") is None
    assert kept(world) == []


def test_the_follow_up_shows_the_same_code_at_the_same_depth(world: World) -> None:
    first = ask(world)
    deeper = with_policy(value=Decimal(15))
    again = ask(world, step="follow_up", now=MORNING + timedelta(days=12), sequence=deeper)
    assert first is not None
    assert again is not None
    assert (again.code, again.value) == (first.code, first.value)
    assert len(kept(world)) == 1


def test_it_ends_at_the_last_second_of_the_shops_day_a_week_after_the_follow_ups_latest_day(world: World) -> None:
    code = ask(world)
    assert code is not None
    # Nobody reports deliveries yet: ten days on the way, fourteen until the follow-up's latest day, seven more.
    assert code.ends_at.astimezone(STOCKHOLM).isoformat() == "2031-06-14T23:59:59+02:00"


def test_a_late_delivery_extends_it_and_nothing_shortens_it(world: World) -> None:
    first = ask(world)
    arrived = MORNING + timedelta(days=25)
    facts = Facts(order=an_order(MORNING), parcels=(a_parcel(MORNING, delivered_at=arrived),))
    late = ask(world, step="follow_up", facts=facts, now=arrived + timedelta(days=9))
    assert first is not None
    assert late is not None
    assert late.ends_at == datetime(2031, 6, 29, 21, 59, 59, tzinfo=UTC)
    early = Facts(order=an_order(MORNING), parcels=(a_parcel(MORNING, delivered_at=MORNING + timedelta(days=1)),))
    assert ask(world, step="follow_up", facts=early, now=MORNING + timedelta(days=10)) == late


def test_an_unused_code_that_ran_out_is_extended_rather_than_replaced(world: World) -> None:
    first = ask(world)
    much_later = MORNING + timedelta(days=60)
    facts = Facts(order=an_order(MORNING), parcels=(a_parcel(MORNING, delivered_at=much_later - timedelta(days=9)),))
    again = ask(world, step="follow_up", facts=facts, now=much_later)
    assert first is not None
    assert again is not None
    assert again.code == first.code
    assert again.ends_at > much_later


def test_a_code_works_for_every_product_it_is_shown_beside(world: World) -> None:
    ask(world, offer=offering("49.00"))
    ask(world, step="follow_up", offer=offering("14.00", "18.00"))
    ask(world, step="follow_up", offer=offering("30.00"))
    assert kept(world)[0].minimum_spend == Decimal("14.00")


@pytest.mark.parametrize("segment", sorted(set(Segment) - {Segment.FIRST_TIME}))
def test_only_who_is_known_to_be_new_gets_one(world: World, segment: Segment) -> None:
    assert ask(world, segment=segment) is None
    assert kept(world) == []


def test_codes_rest_for_sixty_days_per_person(world: World) -> None:
    ask(world)
    with world.installation.database.write() as session:
        other = keep_order(
            session, world.shop_id, Facts(order=an_order(MORNING, number="900", email="o@x.example")), MORNING
        )
        row = session.scalars(select(DiscountCode)).one()
        row.order_id, row.created_at = other.id, MORNING - timedelta(days=59)
    assert ask(world) is None
    assert ask(world, now=MORNING + timedelta(days=2)) is None  # the other order's code is still valid
    with world.installation.database.write() as session:
        session.scalars(select(DiscountCode)).one().ends_at = MORNING
    assert ask(world, now=MORNING + timedelta(days=2)) is not None


def test_a_business_gets_none(world: World) -> None:
    assert ask(world, facts=facts_with(is_b2b=True)) is None


def test_a_percentage_stops_at_the_shops_ceiling(world: World) -> None:
    code = ask(world, sequence=with_policy(value=Decimal(40)))
    assert code is not None
    assert code.value == Decimal(15)


def test_an_amount_is_never_more_than_the_ceilings_share_of_the_least_spent(world: World) -> None:
    amount = with_policy(kind="amount", value=Decimal(10))
    code = ask(world, sequence=amount, offer=offering("24.00", "90.00"))
    assert code is not None
    assert (code.value, code.currency) == (Decimal("3.60"), "EUR")


def test_an_amount_without_products_asks_for_enough_to_be_spent(world: World) -> None:
    code = ask(world, sequence=with_policy(kind="amount", value=Decimal(10)))
    assert code is not None
    assert code.value == Decimal(10)
    assert kept(world)[0].minimum_spend == Decimal("66.67")


def test_an_amount_means_nothing_in_another_currency(world: World) -> None:
    amount = with_policy(kind="amount", value=Decimal(10))
    assert ask(world, sequence=amount, profile=NORTHKETTLE.model_copy(update={"currency": "SEK"})) is None


@pytest.mark.parametrize("kind", ["percent", "free_shipping"])
def test_a_shop_asks_for_no_minimum_of_another_currency(world: World, kind: str) -> None:
    """It would take 269 kronor for 269 of its own euros."""
    kronor = NORTHKETTLE.model_copy(update={"currency": "SEK"})
    code = ask(world, sequence=with_policy(kind=kind, value=Decimal(10)), profile=kronor, offer=offering("24.00"))
    assert code is not None
    assert code.minimum is None


def test_free_shipping_needs_no_value(world: World) -> None:
    code = ask(world, sequence=with_policy(kind="free_shipping", value=Decimal(0)))
    assert code is not None
    assert code.kind == "free_shipping"


def test_nothing_off_is_no_code(world: World) -> None:
    assert ask(world, sequence=with_policy(value=Decimal(0))) is None


@pytest.mark.parametrize(
    ("email", "reason"),
    [("mia@example.com", "used in order 1050"), ("ole@x.example", "used in order 1050, by somebody else")],
)
def test_a_redeemed_code_is_never_shown_again_and_a_stranger_is_flagged(world: World, email: str, reason: str) -> None:
    code = ask(world)
    assert code is not None
    with world.installation.database.write() as session:
        facts = Facts(order=an_order(MORNING, number="1050", email=email, discount_codes=(code.code.lower(),)))
        redeem_codes(session, keep_order(session, world.shop_id, facts, MORNING), facts)
    assert ask(world, step="follow_up") is None
    row = kept(world)[0]
    assert row.state == "redeemed"
    assert row.reason.startswith(reason)
    assert row.redeemed_by_other is (email != "mia@example.com")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("other", ["an address that the shop knows them by", "a corrected address"])
def test_who_uses_their_code_under_another_address_is_no_stranger(world: World, other: str) -> None:
    code = ask(world)
    assert code is not None
    with world.installation.database.write() as session:
        if other == "a corrected address":
            session.get_one(OrderRow, world.order_id).address = "mia@work.example"
        else:
            for address in ("mia@example.com", "mia@work.example"):
                locked_customer(session, world.shop_id, address, now=MORNING).external_id = "7"
        used = {"email": "mia@work.example", "discount_codes": (code.code,)}
        facts = Facts(order=an_order(MORNING, number="1050", **used))
        redeem_codes(session, keep_order(session, world.shop_id, facts, MORNING), facts)
    assert [(row.state, row.redeemed_by_other) for row in kept(world)] == [("redeemed", False)]


@pytest.mark.parametrize("payment", [PaymentState.OPEN, PaymentState.FAILED])
def test_a_code_in_an_order_that_is_never_paid_is_still_good(world: World, payment: PaymentState) -> None:
    """WooCommerce keeps each try at the till as an order of its own."""
    code = ask(world)
    assert code is not None
    used = Facts(order=an_order(MORNING, number="1050", discount_codes=(code.code,), payment=payment))
    with world.installation.database.write() as session:
        attempt = keep_order(session, world.shop_id, used, MORNING)
        redeem_codes(session, attempt, used)
    again = ask(world, step="follow_up")
    assert again is not None
    assert again.code == code.code
    paid = Facts(order=an_order(MORNING, number="1050", discount_codes=(code.code,)), accepted_first_at=MORNING)
    with world.installation.database.write() as session:
        redeem_codes(session, session.get_one(OrderRow, attempt.id), paid)
    assert kept(world)[0].state == "redeemed"


def test_an_amount_of_yen_has_no_digits_after_the_point(world: World) -> None:
    yen = NORTHKETTLE.model_copy(update={"currency": "JPY"})
    fields = {"profile": yen, "sequence": with_policy(kind="amount", value=Decimal(1000))}
    offer = offering("3333")
    card = offer.cards[0]
    price = Money(amount=Decimal(3333), currency="JPY")
    shown = Offer(cards=(replace(card, product=replace(card.product, price=price)),))
    order = an_order(MORNING - timedelta(days=1))
    totals = {name: Money(amount=Decimal(6000), currency="JPY") for name in ("subtotal", "total", "paid")}
    facts = Facts(order=order.model_copy(update={"totals": order.totals.model_copy(update=totals)}))
    code = ask(world, facts=facts, offer=shown, **fields)
    assert code is not None
    assert (code.value, code.currency) == (Decimal(499), "JPY")


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (facts_with(cancelled_at=MORNING), "the order was cancelled"),
        (Facts(cancelled_at=MORNING), "the order was cancelled"),
        (Facts(deleted_at=MORNING), "the order was deleted"),
        (facts_with(payment=PaymentState.REFUNDED), "the order was refunded in full"),
        (facts_with(payment=PaymentState.VOIDED), "the payment was voided"),
    ],
)
def test_an_order_that_came_to_nothing_takes_its_code_along(world: World, facts: Facts, reason: str) -> None:
    ask(world)
    with world.installation.database.write() as session:
        order = session.get_one(OrderRow, world.order_id)
        assert revoke_code(session, order, facts, MORNING)
        assert not revoke_code(session, order, facts, MORNING)
    assert (kept(world)[0].state, kept(world)[0].reason) == ("revoked", reason)
    assert ask(world, step="follow_up") is None
    assert ask(world) is None


def test_a_partial_refund_leaves_the_promised_code(world: World) -> None:
    ask(world)
    with world.installation.database.write() as session:
        order = session.get_one(OrderRow, world.order_id)
        assert not revoke_code(session, order, facts_with(payment=PaymentState.PARTIALLY_REFUNDED), MORNING)
    assert kept(world)[0].state == "created"


def test_an_orders_own_code_is_no_earlier_code_that_asks_for_rest(world: World) -> None:
    ask(world)
    with world.installation.database.read() as session:
        assert last_code_at(session, world.shop_id, "mia@example.com", but_not=world.order_id) is None
        assert last_code_at(session, world.shop_id, "mia@example.com", but_not=world.shop_id) == MORNING


def test_many_that_ask_at_once_get_one_code(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(world), range(16)))
    assert len({answer.code for answer in answers if answer}) == 1
    assert None not in answers
    assert len(kept(world)) == 1


def test_a_text_that_is_taken_is_drawn_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_issuing, "ALPHABET", "AB")
    monkeypatch.setattr(code_issuing, "LENGTH", 1)
    with world.installation.database.write() as session:
        facts = Facts(order=an_order(MORNING, number="900", email="ole@example.com"))
        other = keep_order(session, world.shop_id, facts, MORNING)
        mine, his = request(world), replace(request(world), order_id=other.id, address="ole@example.com", facts=facts)
        found = {code.code for each in (mine, his) if (code := reserve_code(session, each).view)}
    assert found == {"A", "B"}


def test_a_code_that_would_sell_below_the_margin_floor_is_none(world: World) -> None:
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "p0", "24.00", cost=Decimal("17.50"))
    decision = decided(world, offer=offering("24.00"))
    assert decision.view is None
    assert decision.why_not == "it would sell Kettle below the margin floor of 20 %"
    assert ask(world, offer=offering("24.00"), sequence=with_policy(margin_floor=Decimal(10))) is not None


def test_what_is_never_discounted_counts_for_no_minimum_and_is_named(world: World) -> None:
    sequence = with_policy(never_on=NeverOn(products=("p0",), brands=("Reserve",)))
    code = ask(world, offer=offering("9.00", "24.00"), sequence=sequence)
    assert code is not None
    assert code.minimum is not None
    assert (code.minimum.amount, code.excluded) == (Decimal("24.00"), ("Reserve",))


def test_a_shop_that_can_only_name_what_is_discounted_is_told_what_the_mails_show(world: World) -> None:
    shopify = {"maker": Maker(kind="shopify"), "sequence": with_policy(never_on=NeverOn(tags=("reserve",)))}
    assert decided(world, **shopify).why_not.startswith("the shop can tie it to products only")
    assert decided(world, offer=offering("24.00"), **shopify).wait_until is not None
    assert decided(world, offer=offering("24.00", "9.00"), **shopify).wait_until is not None
    assert kept(world)[0].only == ["p0", "p1"]


def test_a_real_installation_without_a_maker_shows_no_code(world: World) -> None:
    nobody = Maker(why_not="nobody makes codes for this shop")
    assert decided(world, maker=nobody).why_not == "nobody makes codes for this shop"
    assert kept(world) == []
