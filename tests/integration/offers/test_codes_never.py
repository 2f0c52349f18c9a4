"""Over random sequences of what may happen: a code never gets deeper, and a person never has two."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from schedules.catalog import packaged_sequence
from schedules.codes import CodePolicy, CodeUse, SegmentCode
from schedules.facts import Facts, Order
from schedules.segments import Segment
from tests.integration.offers.test_codes import offering
from tests.support.dispatching import MORNING, World
from tests.support.orders import NORTHKETTLE, a_parcel, an_order, keep_order
from tests.support.shelf import stock
from worker.imports.codes import import_codes
from worker.personalisation.code_ends import end_codes
from worker.personalisation.code_requests import CodeRequest, Maker
from worker.personalisation.codes import reserve_code, view_of
from worker.personalisation.exclusions import Exclusions
from worker.rendering.port import CodeView, Offer
from worker.store.codes import LIVE, expire_codes
from worker.store.models import DiscountCode, OrderRow
from worker.store.pool import level

DAY = timedelta(days=1)
STEPS = 30
GIVES = {segment: SegmentCode(use=CodeUse.STANDARD) for segment in Segment}


class Chance:
    """Two orders of Mia, a stranger's, and chance that decides what happens to them."""

    def __init__(self, world: World, seed: int, kind: str = "") -> None:
        self.world, self.roll = world, random.Random(seed)
        self.now, self.kind = MORNING, kind or self.roll.choice(["outbox", "pool"])
        self.facts: dict[str, Facts] = {}
        self.ids: dict[str, Any] = {}
        self.values: dict[Any, Decimal] = {}
        for number, email in (("1", "mia@example.com"), ("2", "mia@example.com"), ("3", "ole@example.com")):
            self.tell(number, an_order(MORNING, number=number, email=email))

    def tell(self, number: str, order: Order) -> None:
        self.facts[number] = Facts(order=order, parcels=(a_parcel(MORNING),))
        with self.world.installation.database.write() as session:
            if number not in self.ids:
                self.ids[number] = keep_order(session, self.world.shop_id, self.facts[number], MORNING).id
            end_codes(session, session.get_one(OrderRow, self.ids[number]), self.facts[number], self.now)

    def happens(self) -> None:
        number = self.roll.choice(list(self.facts))
        order = self.facts[number].order
        assert order is not None
        what = self.roll.choice(["mail", "mail", "mail", "mail", "cancel", "use", "time", "time", "sweep"])
        if what == "mail":
            self.mails(number, order)
        elif what == "cancel" and self.roll.random() < 0.2:
            self.tell(number, order.model_copy(update={"cancelled_at": self.now}))
        elif what == "use" and (codes := self.codes()) and self.roll.random() < 0.4:
            used = self.roll.choice(codes).code
            self.tell(number, order.model_copy(update={"discount_codes": (used.lower(),)}))
        elif what == "time":
            self.now += DAY * self.roll.randint(1, 40)
        elif what == "sweep":
            with self.world.installation.database.write() as session:
                expire_codes(session, self.now, 100)

    def mails(self, number: str, order: Order) -> None:
        policy = CodePolicy(value=Decimal(self.roll.randint(1, 30)), rest=DAY * self.roll.choice([0, 60]))
        sequence = packaged_sequence()
        steps = {name: step.model_copy(update={"code": GIVES}) for name, step in sequence.steps.items()}
        prices = self.roll.sample(["9.00", "24.00", "49.00"], self.roll.randint(0, 2))
        before = {code.order_id: code for code in self.codes()}.get(self.ids[number])
        request = CodeRequest(
            shop_id=self.world.shop_id,
            order_id=self.ids[number],
            address=str(order.customer.email).lower(),
            step=self.roll.choice(["shipping", "follow_up"]),
            stream="marketing",
            segment=self.roll.choice(list(Segment)),
            facts=self.facts[number],
            profile=NORTHKETTLE,
            sequence=sequence.model_copy(update={"code": policy, "steps": steps}),
            offer=offering(*prices),
            maker=Maker(kind=self.kind),
            now=self.now,
            last_moment=self.now + DAY,
        )
        with self.world.installation.database.write() as session:
            shown = reserve_code(session, request).view
        if shown is not None:
            assert shown.ends_at > self.now
            assert before is None or (before.code == shown.code and before.state in (*LIVE, "expired"))

    def codes(self) -> list[DiscountCode]:
        with self.world.installation.database.read() as session:
            return list(session.scalars(select(DiscountCode)))

    def check(self) -> None:
        codes = self.codes()
        self.an_order_has_one_code(codes)
        self.a_code_keeps_its_depth(codes)
        self.a_person_has_one_live_code(codes)

    def an_order_has_one_code(self, codes: Sequence[DiscountCode]) -> None:
        assert len({code.order_id for code in codes}) == len(codes)

    def a_code_keeps_its_depth(self, codes: Sequence[DiscountCode]) -> None:
        """And stays below the shop's ceiling."""
        for code in codes:
            assert code.value <= NORTHKETTLE.discount_ceiling
            assert self.values.setdefault(code.id, code.value) == code.value

    def a_person_has_one_live_code(self, codes: Sequence[DiscountCode]) -> None:
        valid = [code.address for code in codes if code.state in LIVE and code.ends_at > self.now]
        assert len(set(valid)) == len(valid)


def pool(folder: Path, at: datetime) -> Path:
    rows = [f"P{number},{number % 14 + 1},{(at + DAY * 400).date()}" for number in range(60)]
    file = folder / "pool.csv"
    file.write_text("\n".join(["code,value,ends_on", *rows]) + "\n")
    return file


@pytest.mark.parametrize("seed", range(5))
def test_never_deeper_never_two(world: World, tmp_path: Path, seed: int) -> None:
    chance = Chance(world, seed)
    if chance.kind == "pool":
        import_codes(world.installation.database, world.shop_id, pool(tmp_path, MORNING))
    for _ in range(STEPS):
        chance.happens()
        chance.check()


def asked(chance: Chance, number: str, **changes: Any) -> CodeRequest:
    """A shipping mail of an order of the machine asks the pool."""
    order = chance.facts[number].order
    assert order is not None
    fields: dict[str, Any] = {
        "shop_id": chance.world.shop_id,
        "order_id": chance.ids[number],
        "address": str(order.customer.email).lower(),
        "step": "shipping",
        "stream": "transactional",
        "segment": Segment.FIRST_TIME,
        "facts": chance.facts[number],
        "profile": NORTHKETTLE,
        "sequence": packaged_sequence(),
        "offer": None,
        "maker": Maker(kind="pool"),
        "now": MORNING,
        "last_moment": MORNING + DAY,
    }
    return CodeRequest(**(fields | changes))


def given(chance: Chance, number: str) -> CodeView | None:
    """The code that it shows."""
    with chance.world.installation.database.write() as session:
        return reserve_code(session, asked(chance, number)).view


def test_a_pool_gives_each_code_once_the_deepest_first_and_says_how_many_are_left(world: World, tmp_path: Path) -> None:
    file = tmp_path / "pool.csv"
    file.write_text("code,value,ends_on\na,5,\nb,10,2031-05-20\nc,10,2032-01-01\nd,12,\n")
    import_codes(world.installation.database, world.shop_id, file)
    chance = Chance(world, 1)
    views = [given(chance, number) for number in ("1", "3")]
    assert [(each.code, each.value) for each in views if each] == [("C", Decimal(10)), ("A", Decimal(5))]
    with world.installation.database.read() as session:
        assert level(session, world.shop_id, MORNING).left == 2


def test_a_pools_code_that_asks_for_a_sum_in_another_currency_is_for_nobody_here(world: World, tmp_path: Path) -> None:
    """Fifty dollars are no fifty euros."""
    file = tmp_path / "pool.csv"
    file.write_text("code,value,currency,minimum\na,10,USD,50\nb,5,USD,\n")
    import_codes(world.installation.database, world.shop_id, file)
    view = given(Chance(world, 1), "1")
    assert view is not None
    assert (view.code, view.minimum) == ("B", None)


@pytest.mark.parametrize(("kind", "least"), [("woocommerce", 24), ("outbox", 9)])
def test_woocommerces_codes_spare_what_is_on_sale(world: World, kind: str, least: int) -> None:
    """The till refuses them for such things: those count for no minimum, and nothing is "off" them."""
    lowered, full = offering("9.00", "24.00").cards
    cards = (replace(lowered, product=replace(lowered.product, on_sale=True)), full)
    request = asked(Chance(world, 1), "1", maker=Maker(kind=kind), offer=Offer(cards=cards))
    with world.installation.database.write() as session:
        reserve_code(session, request)
        code = session.scalars(select(DiscountCode)).one()
        assert code.minimum_spend == least
        assert view_of(code).is_for_full_price is (kind == "woocommerce")
    assert (cards[0].product in request.discountable) is (kind != "woocommerce")


def test_what_codes_are_not_for_is_looked_up_once_a_sweep(world: World) -> None:
    exclusions, never = Exclusions(world.installation.database), {"brands": ["Reserve"]}
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "card", title="Gift card of 50")
        stock(session, world.shop_id, "old", brand="reserve")
    assert exclusions.of(world.shop_id, never) == ("card", "old")
    assert exclusions.of(world.shop_id, {"products": ["kettle"]}) == ("card", "kettle")
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "new", brand="Reserve")
    assert exclusions.of(world.shop_id, never) == ("card", "old")
    assert Exclusions(world.installation.database).of(world.shop_id, never) == ("card", "new", "old")
