"""Codes made in shops: one per message whatever dies in between, and none in a mail that the shop does not know."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from schedules.facts import Facts, PaymentState
from schedules.lifecycle import State
from tests.support.code_shops import BUSY, THROTTLED
from tests.support.coding import Coded
from tests.support.dispatching import Killed
from tests.support.misbehaving import Trouble
from tests.support.orders import an_order, keep_order
from worker.delivery.port import OutgoingMail
from worker.personalisation.code_ends import end_codes, redeem_codes
from worker.store.codes import claim_code, code_of
from worker.store.models import DiscountCode, OrderRow, Source

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


PAIRS = [("sqlite", "shopify"), ("postgres", "woocommerce"), ("postgres", "shopify"), ("sqlite", "woocommerce")]
every = pytest.mark.parametrize(("database", "mia"), PAIRS, indirect=True)
"""On each database with each shop."""
both = pytest.mark.parametrize(("database", "mia"), PAIRS[:2], indirect=True)
"""On both databases, each with another shop: for what depends on one of the two alone."""


def said(mia: Coded) -> dict[str, Any]:
    """What the shop was told of its one code."""
    [kept] = mia.shop.codes.values()
    found: dict[str, Any] = kept["said"]
    return found


@both
def test_a_mail_waits_until_the_shop_has_its_code_and_then_goes_at_once(mia: Coded) -> None:
    message = mia.mail()
    mia.deliver()
    assert mia.world.state(message) is State.SCHEDULED
    assert mia.world.message(message).reason == "it waits until its discount code is made in the shop"
    assert (mia.code.state, mia.shop.made) == ("reserved", [])
    assert mia.keep() == 1
    mia.deliver()
    assert mia.world.state(message) is State.ACCEPTED
    assert mia.shop.made == [mia.shown(message)]
    assert mia.code.state == "created"


@both
def test_the_shop_is_told_of_one_use_by_one_person_until_the_end(mia: Coded) -> None:
    mia.mail()
    mia.deliver()
    mia.keep()
    told = said(mia)
    if mia.kind == "shopify":
        assert (told["usageLimit"], told["appliesOncePerCustomer"]) == (1, True)
        assert told["customerGets"] == {"value": {"percentage": 0.1}, "items": {"all": True}}
        assert told["endsAt"] == mia.code.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    else:
        assert (told["usage_limit"], told["usage_limit_per_user"]) == (1, 1)
        assert (told["discount_type"], told["amount"], told["exclude_sale_items"]) == ("percent", "10.00", True)
        assert told["email_restrictions"] == ["mia@example.com"]
        assert told["date_expires_gmt"] == mia.code.ends_at.strftime("%Y-%m-%dT%H:%M:%S")


@both
def test_a_minimum_of_three_digits_is_told_as_it_is(mia: Coded) -> None:
    """Rounded up, it could not be reached by the very product that it was made for."""
    mia.mail()
    mia.deliver()
    with mia.world.installation.database.write() as session:
        code = session.get_one(DiscountCode, mia.code.id)
        code.currency, code.minimum_spend = "KWD", Decimal("12.346")
    mia.keep()
    told = said(mia)
    shopifys = told.get("minimumRequirement", {}).get("subtotal", {}).get("greaterThanOrEqualToSubtotal")
    assert (shopifys or told["minimum_amount"]) == "12.346"


@both
def test_a_code_that_only_the_outbox_knew_is_not_shown_once_mails_go_out(mia: Coded) -> None:
    """Mails were only kept at first; then a provider was set, and the shop's API."""
    mia.mail()
    mia.deliver()
    with mia.world.installation.database.write() as session:
        code = session.get_one(DiscountCode, mia.code.id)
        code.backend, code.state, code.source_id, code.due_at, code.wanted_at = "outbox", "created", None, None, None
    mia.shop.codes.clear()
    mia.arrived()
    message = mia.mail("follow_up")
    mia.deliver()
    assert mia.world.state(message) is State.ACCEPTED
    assert mia.shown(message) == ""
    assert "outbox" in mia.why_not(message)


@both
def test_the_follow_up_shows_the_same_code_once_the_shop_has_extended_it(mia: Coded) -> None:
    first = mia.mail()
    mia.deliver()
    mia.waits(MINUTE)
    before = mia.code.ends_at
    mia.world.pass_time(30 * DAY)
    mia.arrived()
    second = mia.mail("follow_up")
    mia.deliver()
    assert mia.world.state(second) is State.SCHEDULED
    mia.waits(MINUTE)
    assert mia.shown(second) == mia.shown(first) != ""
    assert mia.code.ends_at > before
    assert len(mia.shop.made) == 1
    ends = "endsAt" if mia.kind == "shopify" else "date_expires_gmt"
    assert said(mia)[ends].startswith(mia.code.ends_at.strftime("%Y-%m-%dT%H:%M:%S"))


@every
@pytest.mark.parametrize("trouble", [Trouble(kind="drop_before"), Trouble(kind="drop_after"), Trouble(status=503)])
def test_a_call_that_breaks_makes_one_code(mia: Coded, trouble: Trouble) -> None:
    message = mia.mail()
    mia.deliver()
    mia.shop.meets(None, trouble)  # the look-up works, the creation does not
    mia.keep()
    assert mia.world.state(message) is State.SCHEDULED
    mia.waits(MINUTE)
    assert mia.shop.made == [mia.shown(message)]


@every
def test_a_worker_that_dies_before_and_after_it_calls_the_shop_makes_one_code(mia: Coded) -> None:
    message = mia.mail()
    mia.deliver()
    with mia.world.installation.database.write() as session:
        claim_code(session, [session.query(Source).one().id], mia.world.now)
    assert mia.keep() == 0  # whoever has claimed it may still be at it
    mia.end_claim()
    mia.keep()
    with mia.world.installation.database.write() as session:
        mine = session.merge(mia.code)
        mine.state, mine.told, mine.told_at, mine.due_at = "reserved", {}, None, mia.world.now  # nothing was recorded
    mia.waits(MINUTE)
    assert mia.shop.made == [mia.shown(message)]


@every
def test_a_dispatcher_that_dies_between_code_and_mail_sends_the_same_code(mia: Coded) -> None:
    message = mia.mail()
    mia.deliver()
    mia.keep()

    def die() -> None:
        raise Killed

    mia.world.renderer.during = die
    with pytest.raises(Killed):
        mia.deliver()
    mia.world.renderer.during = lambda: None

    def die_again(mail: OutgoingMail) -> None:
        mia.check(mail)
        raise Killed

    mia.world.provider.before = die_again
    for _ in range(2):
        mia.world.end_leases(message)
        try:
            mia.waits(MINUTE)
        except Killed:
            continue
    mia.world.provider.before = mia.check
    mia.world.end_leases(message)
    mia.waits(11 * MINUTE)
    mia.waits(MINUTE)
    assert mia.world.state(message) is State.ACCEPTED
    assert mia.shop.made == [mia.shown(message)]


@both
@pytest.mark.parametrize(("step", "patience"), [("shipping", 5 * MINUTE), ("follow_up", 6 * HOUR)])
def test_a_mail_whose_code_cannot_be_made_goes_without_it_and_says_why(
    mia: Coded, step: str, patience: timedelta
) -> None:
    if step == "follow_up":
        mia.mail()
        mia.deliver()
        mia.waits(MINUTE)
        mia.world.pass_time(30 * DAY)
        mia.arrived()
    mia.shop.meets(*[Trouble(status=503)] * 50)
    message = mia.mail(step)
    mia.deliver()
    mia.waits(patience - MINUTE)
    assert mia.world.state(message) is State.SCHEDULED
    mia.waits(2 * MINUTE)
    assert mia.world.state(message) is State.ACCEPTED
    assert mia.shown(message) == ""
    assert mia.why_not(message).startswith("the shop did not confirm the code in time: the shop answers 503")


@both
def test_a_shop_that_is_asked_too_often_is_left_alone_as_long_as_it_says(mia: Coded) -> None:
    message = mia.mail()
    mia.deliver()
    mia.shop.meets(THROTTLED if mia.kind == "shopify" else BUSY)
    mia.keep()
    mia.waits(timedelta(seconds=9))
    assert mia.shop.requests == 1
    mia.waits(timedelta(seconds=2))
    mia.deliver()
    assert mia.shown(message) in mia.shop.made


@both
def test_mails_without_a_code_never_wait_for_the_shop(mia: Coded) -> None:
    mia.mail()
    receipt = mia.mail("confirmation")
    mia.deliver()
    assert mia.world.state(receipt) is State.ACCEPTED
    assert mia.shop.requests == 0


@both
def test_a_text_that_the_shop_has_already_is_drawn_anew(mia: Coded) -> None:
    message = mia.mail()
    mia.deliver()
    taken = mia.code.code
    mia.shop.add(taken)
    mia.keep()
    mia.waits(MINUTE)
    assert mia.shown(message) in mia.shop.made
    assert mia.shop.made != [taken]


@both
def test_a_cancelled_order_takes_its_code_out_of_the_shop_and_is_tried_until_it_worked(mia: Coded) -> None:
    mia.mail()
    mia.deliver()
    mia.keep()
    mia.cancel()
    mia.shop.meets(Trouble(status=502), None, Trouble(kind="drop_after"))
    for _ in range(3):
        mia.waits(MINUTE)
    assert (mia.code.state, mia.code.due_at) == ("revoked", None)
    assert mia.shop.codes == {}


@every
def test_an_order_that_is_cancelled_while_its_code_is_made_leaves_none_behind(mia: Coded) -> None:
    message = mia.mail()
    mia.deliver()
    mia.shop.during = mia.cancel
    mia.keep()
    mia.shop.during = lambda: None
    mia.waits(MINUTE)
    assert mia.shop.codes == {}
    assert mia.code.state == "revoked"
    assert mia.shown(message) == ""


@both
def test_a_code_that_somebody_deleted_in_the_shop_is_not_shown_again(mia: Coded) -> None:
    mia.mail()
    mia.deliver()
    mia.waits(MINUTE)
    mia.shop.codes.clear()
    mia.world.pass_time(30 * DAY)
    mia.arrived()
    message = mia.mail("follow_up")
    mia.deliver()
    mia.waits(MINUTE)
    assert mia.world.state(message) is State.ACCEPTED
    assert mia.shown(message) == ""
    assert mia.why_not(message) == "its code is revoked: somebody deleted it in the shop"


@pytest.mark.parametrize(("database", "mia"), [("sqlite", "woocommerce")], indirect=True)
def test_a_code_that_is_tied_to_a_mistyped_address_works_for_the_corrected_one_before_it_is_shown_to_it(
    mia: Coded,
) -> None:
    mia.mail()
    mia.deliver()
    mia.keep()
    mia.deliver()
    told = said(mia)
    assert told["email_restrictions"] == ["mia@example.com"]
    told["email_restrictions"].append("dad@example.com")  # the shop let her father use it too
    with mia.world.installation.database.write() as session:
        session.execute(update(OrderRow).values(address="mia@right.example"))
    message = mia.mail("shipping", occurrence=1)
    mia.deliver()
    assert mia.world.state(message) is State.SCHEDULED
    mia.waits(MINUTE)
    assert mia.shown(message) == mia.code.code
    assert (mia.code.address, len(mia.codes)) == ("mia@right.example", 1)
    assert said(mia)["email_restrictions"] == ["mia@example.com", "dad@example.com", "mia@right.example"]


@both
def test_a_code_that_the_shop_counts_as_used_is_not_shown_again(mia: Coded) -> None:
    mia.mail()
    mia.deliver()
    mia.waits(MINUTE)
    mia.shop.use(mia.code.code)
    mia.world.pass_time(30 * DAY)
    mia.arrived()
    message = mia.mail("follow_up")
    mia.deliver()
    mia.waits(MINUTE)
    assert mia.shown(message) == ""
    assert mia.code.state == "redeemed"
    with mia.world.installation.database.write() as session:
        facts = Facts(order=an_order(mia.world.now, number="77", email="x@y.example", discount_codes=(mia.code.code,)))
        redeem_codes(session, keep_order(session, mia.world.shop_id, facts, mia.world.now), facts)
    assert mia.code.redeemed_by_other


def _used_and_ended(mia: Coded, **ended: Any) -> None:
    """Somebody uses her code, and then that order ends like this; told twice, as shops do."""
    placed = an_order(mia.world.now, number="77", discount_codes=(mia.code.code,))
    with mia.world.installation.database.write() as session:
        order = keep_order(session, mia.world.shop_id, Facts(order=placed), mia.world.now)
        for changes in ({}, ended, ended):
            end_codes(session, order, Facts(order=placed.model_copy(update=changes)), mia.world.now)
            code = code_of(session, mia.world.order_id)
            assert changes or (code is not None and code.state == "redeemed")


@pytest.mark.parametrize(("database", "mia"), PAIRS[:1], indirect=True)
@pytest.mark.parametrize(("still_counts", "state"), [(False, "created"), (True, "redeemed")])
def test_a_code_used_in_an_order_that_was_cancelled_is_good_again_where_the_shop_says_so(
    mia: Coded, still_counts: bool, state: str
) -> None:
    mia.mail()
    mia.deliver()
    mia.keep()
    _used_and_ended(mia, cancelled_at=mia.world.now)
    assert (mia.code.state, mia.code.redeemed_in) == ("created", None)
    if still_counts:
        mia.shop.use(mia.code.code)
    mia.keep()
    assert mia.code.state == state


@pytest.mark.parametrize(("database", "mia"), PAIRS[:1], indirect=True)
@pytest.mark.parametrize("is_asked", [True, False])
def test_a_code_that_brought_its_customer_something_or_of_which_no_shop_can_tell_stays_used(
    mia: Coded, is_asked: bool
) -> None:
    mia.mail()
    mia.deliver()
    if not is_asked:
        with mia.world.installation.database.write() as session:
            session.execute(update(DiscountCode).values(backend="pool"))
    _used_and_ended(mia, **({"payment": PaymentState.REFUNDED} if is_asked else {"cancelled_at": mia.world.now}))
    assert mia.code.state == "redeemed"
    assert mia.code.redeemed_in is not None


@both
def test_a_code_that_was_never_used_is_marked_as_expired(mia: Coded) -> None:
    mia.mail()
    mia.deliver()
    mia.waits(MINUTE)
    mia.world.pass_time(60 * DAY)
    mia.keep()
    assert (mia.code.state, mia.code.reason) == ("expired", "it was not used in time")
