"""When the order confirmation goes, and what it waits for."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from schedules import reasons
from schedules.changes import PlannedMessage
from schedules.facts import Channel, PaymentState
from schedules.lifecycle import State
from schedules.shop import Role
from tests.unit.schedules.examples import (
    PLACED,
    after,
    applied,
    companion,
    edit,
    facts,
    message_of,
    parcel,
    planned,
    sent,
    shop,
    steps_of,
)

PAID = facts()


def told() -> list[PlannedMessage]:
    """The messages of an order whose confirmation went out on time."""
    return sent(applied(planned(PAID)), "confirmation")


def test_a_paid_order_is_confirmed_two_minutes_later() -> None:
    new = message_of(planned(PAID), "confirmation")
    assert new.send_at == new.aim_at == after(minutes=2)
    assert (new.parcel_group, new.occurrence, new.state) == ("", 0, State.SCHEDULED)
    assert (new.role, new.stream, new.template) == (Role.REPLACE, "transactional", "order_confirmation")
    assert new.reason == "2 minutes after the order"


def test_its_offer_ends_after_two_hours_and_itself_after_seventy_two() -> None:
    new = message_of(planned(PAID), "confirmation")
    assert (new.offer_until, new.expires_at) == (after(hours=2), after(hours=72))


def test_a_receipt_does_not_wait_for_the_morning() -> None:
    night = after(hours=13)
    assert message_of(planned(facts(placed_at=night), now=night), "confirmation").send_at == after(night, minutes=2)


@pytest.mark.parametrize(
    ("payment", "reason"),
    [
        (PaymentState.OPEN, reasons.NOT_YET_PAID),
        (PaymentState.FAILED, reasons.PAYMENT_FAILED),
        (PaymentState.VOIDED, reasons.VOIDED),
        (PaymentState.REFUNDED, reasons.REFUNDED),
    ],
)
def test_an_order_without_money_starts_nothing_and_says_why(payment: PaymentState, reason: str) -> None:
    result = planned(facts(payment=payment))
    assert (result.schedule, result.unsent) == ((), {"all": reason})


@pytest.mark.parametrize(
    "payment",
    [PaymentState.PAID, PaymentState.AUTHORIZED, PaymentState.ACCEPTED, PaymentState.PARTIALLY_PAID],
)
def test_money_that_came_is_reserved_or_agreed_starts_the_sequence(payment: PaymentState) -> None:
    assert steps_of(planned(facts(payment=payment))) == ["confirmation"]


def test_an_order_paid_later_is_confirmed_after_the_payment_not_after_the_draft() -> None:
    paid = after(hours=30)
    known = facts(updated_at=paid, more={"was_open": True})
    assert message_of(planned(known, now=paid), "confirmation").send_at == after(paid, minutes=2)


def test_a_staff_draft_is_an_order_once_it_is_paid() -> None:
    assert steps_of(planned(facts(channel=Channel.DRAFT))) == ["confirmation"]
    assert planned(facts(channel=Channel.DRAFT, payment=PaymentState.OPEN)).unsent == {"all": reasons.NOT_YET_PAID}


def test_while_an_upsell_or_edit_runs_the_confirmation_waits_at_most_an_hour() -> None:
    new = message_of(planned(facts(on_hold=True)), "confirmation")
    assert (new.send_at, new.state) == (after(minutes=60), State.SCHEDULED)
    assert new.reason == reasons.ON_HOLD


def test_a_held_order_keeps_the_whole_time_for_its_offer() -> None:
    new = message_of(planned(facts(on_hold=True)), "confirmation")
    assert new.offer_until == new.send_at + timedelta(minutes=118)


def test_the_release_of_a_held_order_moves_its_confirmation_back() -> None:
    waiting = applied(planned(facts(on_hold=True)))
    (move,) = planned(PAID, messages=waiting, now=after(minutes=10)).move
    assert (move.send_at, move.reason) == (after(minutes=2), "2 minutes after the order")


def test_a_hold_that_begins_after_the_hour_delays_nothing() -> None:
    late = planned(facts(on_hold=True), now=after(minutes=90))
    assert message_of(late, "confirmation").send_at <= after(minutes=90)


def test_an_old_order_is_not_confirmed_any_more() -> None:
    result = planned(PAID, now=after(hours=72))
    assert result.schedule == ()
    assert result.unsent["confirmation"] == reasons.LONG_PAST


def test_an_order_that_became_known_within_three_days_is_confirmed_late_rather_than_never() -> None:
    assert steps_of(planned(PAID, now=after(hours=71))) == ["confirmation"]


def test_what_was_due_before_the_shop_was_connected_others_have_told() -> None:
    """Orders of the last days are told of as soon as the webhooks begin: their receipts went out long ago."""
    connected_at = after(days=1)
    known = facts(
        parcels=[parcel("p1", left=after(hours=3), lines=["1"]), parcel("p2", left=connected_at, lines=["2"])]
    )
    result = planned(known, now=after(connected_at, hours=1), connected_at=connected_at)
    assert result.unsent["confirmation"] == reasons.BEFORE_US
    assert result.unsent["shipping 2031-05-12"] == reasons.BEFORE_US
    assert {each.step: each.parcel_group for each in result.schedule} == {"shipping": "2031-05-13", "follow_up": ""}


def test_an_order_just_before_the_shop_was_connected_is_confirmed() -> None:
    connected_at = after(hours=2)
    assert steps_of(planned(facts(), now=connected_at, connected_at=connected_at)) == ["confirmation"]


def test_an_order_of_a_clock_that_is_ahead_is_confirmed_now() -> None:
    """Shops that write their local time as if it were UTC, or whose clock is wrong, order in the future."""
    known = facts(placed_at=after(hours=2))
    result = planned(known, now=PLACED)
    assert message_of(result, "confirmation").send_at == after(minutes=2)
    assert planned(known, messages=applied(result), now=PLACED).is_empty
    out = sent(applied(result), "confirmation")
    assert planned(known, messages=out, now=after(hours=3)).is_empty


def test_an_imported_order_starts_nothing() -> None:
    result = planned(PAID, imported=True)
    assert (result.schedule, result.unsent) == ((), {"all": reasons.IMPORTED})


def test_an_import_cancels_nothing_that_went_out_and_everything_that_waits() -> None:
    result = planned(PAID, imported=True, messages=applied(planned(PAID)))
    assert [each.reason for each in result.cancel] == [reasons.IMPORTED]


def test_a_companion_confirmation_is_marketing_and_comes_after_the_platforms_receipt() -> None:
    new = message_of(planned(PAID, shop=companion("confirmation")), "confirmation")
    assert (new.role, new.stream, new.offer_until) == (Role.COMPANION, "marketing", None)
    assert new.send_at == after(minutes=30)


def test_a_companion_confirmation_waits_for_the_morning() -> None:
    night = after(hours=11)
    new = message_of(planned(facts(placed_at=night), shop=companion("confirmation"), now=night), "confirmation")
    assert new.send_at == after(hours=20)
    assert new.expires_at == after(night, hours=20)


def test_a_step_that_is_off_sends_nothing() -> None:
    off = shop(roles={"confirmation": Role.OFF})
    assert planned(PAID, shop=off).unsent["confirmation"] == reasons.OFF


def test_an_edit_before_the_confirmation_needs_no_mail_of_its_own() -> None:
    known = facts(more={"edits": (edit(1, after(minutes=1)),)})
    assert steps_of(planned(known)) == ["confirmation"]


def test_an_edit_after_the_confirmation_brings_an_updated_one() -> None:
    known = facts(updated_at=after(hours=5), more={"edits": (edit(1, after(hours=5)),)})
    result = planned(known, messages=told(), now=after(hours=5))
    new = message_of(result, "confirmation")
    assert (new.parcel_group, new.template, new.occurrence) == ("edit-1", "order_confirmation", 0)
    assert new.send_at == after(hours=5, minutes=2)


def test_an_updated_mail_waits_up_to_an_hour_for_the_order_as_it_was_edited() -> None:
    """Shopify tells of the edit and of the order apart, in any order."""
    edits = {"edits": (edit(1, after(hours=5)),)}
    waiting = applied(planned(facts(more=edits), messages=told(), now=after(hours=5)), told())
    (message,) = [each for each in waiting if each.parcel_group]
    assert (message.send_at, message.reason) == (after(hours=6), reasons.EDIT_NOT_SEEN)
    seen = facts(updated_at=after(hours=5), more=edits)
    assert [each.send_at for each in planned(seen, messages=waiting, now=after(hours=5, minutes=4)).move] == [
        after(hours=5, minutes=2)
    ]


@pytest.mark.parametrize(("showed", "comes"), [(PLACED, True), (after(minutes=1, seconds=59), False)])
def test_an_edit_is_told_again_unless_the_confirmation_showed_it(showed: datetime, comes: bool) -> None:
    """Made a second before the mail went: what counts is which version of the order it showed, whenever it was told."""
    out = [replace(each, showed=showed) for each in told()]
    known = facts(updated_at=after(minutes=2), more={"edits": (edit(1, after(minutes=1, seconds=59)),)})
    assert ("confirmation" in steps_of(planned(known, messages=out, now=after(minutes=3)))) is comes


def test_several_edits_bring_one_mail_about_the_newest() -> None:
    one, two = edit(1, after(hours=5)), edit(2, after(hours=5, minutes=1))
    waiting = applied(planned(facts(more={"edits": (one,)}), messages=told(), now=one.at), told())
    result = planned(facts(more={"edits": (one, two)}), messages=waiting, now=two.at)
    assert message_of(result, "confirmation").parcel_group == "edit-2"
    assert [(each.parcel_group, each.reason) for each in result.cancel] == [("edit-1", reasons.OUTDATED_EDIT)]


def test_an_edit_that_the_updated_mail_already_showed_brings_no_other() -> None:
    """It went out late, with the lines as they were then: after the second edit."""
    one, two = edit(1, after(hours=5)), edit(2, after(hours=6))
    waiting = applied(planned(facts(more={"edits": (one,)}), messages=told(), now=one.at), told())
    out = sent(waiting, "confirmation", at=after(hours=7))
    assert planned(facts(more={"edits": (one, two)}), messages=out, now=after(hours=8)).is_empty


def test_a_late_confirmation_already_shows_the_edit() -> None:
    out = sent(applied(planned(PAID)), "confirmation", at=after(hours=6))
    known = facts(more={"edits": (edit(1, after(hours=5)),)})
    assert planned(known, messages=out, now=after(hours=8)).is_empty


@pytest.mark.parametrize(("by_setting", "by_event"), [(True, False), (False, True)])
def test_where_the_shop_tells_of_edits_itself_we_do_not(by_setting: bool, by_event: bool) -> None:
    known = facts(more={"edits": (edit(1, after(hours=5), shop_mailed=by_event),)})
    result = planned(known, messages=told(), now=after(hours=5), shop=shop(mails_order_updates=by_setting))
    assert result.schedule == ()
    assert result.unsent["confirmation edit-1"] == reasons.SHOP_TELLS


def test_a_companion_confirmation_is_not_updated() -> None:
    beside = companion("confirmation")
    out = sent(applied(planned(PAID, shop=beside)), "confirmation")
    known = facts(more={"edits": (edit(1, after(hours=5)),)})
    assert planned(known, messages=out, shop=beside, now=after(hours=5)).schedule == ()


def test_the_order_time_is_what_counts_where_it_was_never_unpaid() -> None:
    known = facts(updated_at=after(hours=1))
    assert message_of(planned(known), "confirmation").send_at == after(PLACED, minutes=2)
