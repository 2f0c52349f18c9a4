"""WooCommerce keeps the address of a code's owner in its coupon: who is erased here is forgotten there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from schedules.lifecycle import State
from tests.support.coding import Coded
from worker.dispatch import assembly

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
on_both = pytest.mark.parametrize(
    ("database", "mia"), [("sqlite", "woocommerce"), ("postgres", "woocommerce")], indirect=True
)


@on_both
def test_a_code_that_can_still_be_used_stays_and_names_nobody(mia: Coded) -> None:
    mia.mail()
    mia.deliver()
    mia.keep()
    [kept] = mia.shop.codes.values()
    assert kept["said"]["email_restrictions"] == ["mia@example.com"]
    mia.erase()
    mia.waits(MINUTE)
    assert kept["said"]["email_restrictions"] == []
    assert (mia.code.state, mia.code.due_at, mia.code.address) == ("created", None, "")
    assert kept["said"]["date_expires_gmt"] == mia.code.ends_at.strftime("%Y-%m-%dT%H:%M:%S")


@on_both
def test_who_is_erased_while_the_shop_is_told_of_the_code_is_forgotten_there_too(mia: Coded) -> None:
    mia.mail()
    mia.deliver()
    mia.shop.during = mia.erase
    mia.keep()
    mia.shop.during = lambda: None
    mia.waits(MINUTE)
    [kept] = mia.shop.codes.values()
    assert kept["said"]["email_restrictions"] == []
    assert mia.code.due_at is None


@on_both
def test_a_code_that_was_never_used_in_time_goes(mia: Coded) -> None:
    mia.mail()
    mia.deliver()
    mia.keep()
    mia.waits(60 * DAY)
    assert (mia.code.state, len(mia.shop.codes)) == ("expired", 1)
    mia.erase()
    mia.waits(MINUTE)
    assert mia.shop.codes == {}
    assert (mia.code.state, mia.code.due_at) == ("expired", None)


@on_both
def test_a_code_that_was_used_stays_with_the_order_it_was_used_in(mia: Coded) -> None:
    mia.mail()
    mia.deliver()
    mia.keep()
    mia.shop.use(mia.code.code)
    mia.erase()
    mia.waits(MINUTE)
    assert len(mia.shop.codes) == 1
    assert (mia.code.state, mia.code.due_at) == ("redeemed", None)


@pytest.mark.parametrize(("database", "mia"), [("sqlite", "shopify"), ("postgres", "shopify")], indirect=True)
def test_shopifys_codes_name_nobody_and_are_left_alone(mia: Coded) -> None:
    mia.mail()
    mia.deliver()
    mia.keep()
    mia.erase()
    assert mia.code.due_at is None
    assert mia.keep() == 0


@pytest.fixture
def between(mia: Coded, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Lets something happen to the order while its next mail is put together."""

    def happens(change: Callable[[], None]) -> None:
        may_show_code = assembly.may_show_code

        def change_first(*judged: Any) -> bool:
            monkeypatch.setattr(assembly, "may_show_code", may_show_code)
            change()
            return may_show_code(*judged)

        monkeypatch.setattr(assembly, "may_show_code", change_first)
        message_id = mia.mail(occurrence=2)
        mia.deliver()
        mia.waits(MINUTE)
        assert mia.world.state(message_id) is State.CANCELLED

    return happens


on_sqlite = pytest.mark.parametrize(("database", "mia"), [("sqlite", "woocommerce")], indirect=True)


@on_sqlite
@pytest.mark.parametrize("has_code", [False, True])
def test_who_is_erased_while_their_mail_is_put_together_is_named_by_no_code(
    mia: Coded, between: Callable[[Callable[[], None]], None], has_code: bool
) -> None:
    if has_code:
        mia.mail()
        mia.deliver()
        mia.keep()
    between(mia.erase)
    assert [each.address for each in mia.codes] == [""] * has_code
    assert [kept["said"]["email_restrictions"] for kept in mia.shop.codes.values()] == [[]] * has_code


@on_sqlite
def test_an_order_that_is_cancelled_while_its_mail_is_put_together_gets_no_code(
    mia: Coded, between: Callable[[Callable[[], None]], None]
) -> None:
    between(mia.cancel)
    assert (mia.codes, mia.shop.codes) == ([], {})
