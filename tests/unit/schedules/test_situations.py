"""Each situation of an order, mail by mail, from the facts to what goes and what is told instead."""

from decimal import Decimal

import pytest

from schedules import reasons, situations
from schedules.changes import PlannedMessage
from schedules.conditions import judge
from schedules.facts import CaseKind, Channel, Customer, Facts, Gift, PaymentState, RefundReason, Totals
from schedules.lifecycle import State
from schedules.parcel_facts import TrackingStatus as Status
from tests.support.orders import a_line, eur
from tests.unit.schedules.examples import (
    PLACED,
    after,
    applied,
    case,
    companion,
    delivered,
    edit,
    facts,
    gate,
    message_of,
    parcel,
    planned,
    refund,
    report,
    sent,
    shipped,
    steps_of,
)

ARRIVED = after(days=3)
LEFT = after(days=1)
NOTHING = eur("0")
FREE = Totals(
    subtotal=NOTHING, discount=NOTHING, shipping=NOTHING, tax=NOTHING, total=NOTHING, paid=NOTHING, outstanding=NOTHING
)
CARE = [CaseKind.RETURN, CaseKind.EXCHANGE, CaseKind.DISPUTE, CaseKind.UNHAPPY]


def everything(known: Facts) -> list[PlannedMessage]:
    """The messages as they wait before the order's trouble begins."""
    return applied(planned(known, now=LEFT))


def offer_reason(known: Facts, step: str, **changes: object) -> str:
    """Why the mail goes without an offer; empty: it carries one."""
    judgement = judge(gate(known, step, **changes))  # type: ignore[arg-type]  # a test's shorthand
    assert judgement.action == "send", judgement
    assert judgement.with_offer is (judgement.offer_reason == "")
    return judgement.offer_reason


def test_an_ordinary_order_gets_its_three_mails_with_offers() -> None:
    result = planned(delivered(after(days=2)), now=after(days=1, minutes=1))
    assert steps_of(result) == ["confirmation", "follow_up"]
    assert offer_reason(facts(), "confirmation") == ""
    assert offer_reason(shipped(LEFT), "shipping") == ""
    assert offer_reason(delivered(), "follow_up") == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_test": True}, reasons.TEST),
        ({"is_imported": True}, reasons.IMPORTED),
        ({"channel": Channel.POS}, reasons.NOT_ONLINE[Channel.POS]),
        ({"channel": Channel.MARKETPLACE}, reasons.NOT_ONLINE[Channel.MARKETPLACE]),
        ({"channel": Channel.STAFF}, reasons.NOT_ONLINE[Channel.STAFF]),
        ({"customer": Customer(email=None)}, reasons.NO_ADDRESS),
        ({"customer": Customer(email="")}, reasons.NO_ADDRESS),
        ({"email": "mia at example.com"}, reasons.UNUSABLE_ADDRESS),
        ({"email": "x7f3@marketplace.amazon.de"}, reasons.RELAYED),
        ({"payment": PaymentState.OPEN}, reasons.NOT_YET_PAID),
        ({"payment": PaymentState.FAILED}, reasons.PAYMENT_FAILED),
        ({"payment": PaymentState.VOIDED}, reasons.VOIDED),
        ({"payment": PaymentState.REFUNDED}, reasons.REFUNDED),
        ({"cancelled_at": after(hours=1)}, reasons.CANCELLED),
        ({"lines": ()}, reasons.NOTHING_LEFT),
    ],
)
def test_orders_that_get_no_mail_at_all_say_why(changes: dict[str, object], reason: str) -> None:
    result = planned(delivered(**changes))
    assert (result.schedule, result.unsent) == ((), {"all": reason})


@pytest.mark.parametrize(
    "email",
    [
        "x7f3@marketplace.amazon.co.uk",
        "X7F3@MARKETPLACE.AMAZON.COM",
        "abc@members.ebay.com",
        "abc@scs2.tiktok.com",
        "abc@relay.walmart.com",
        "abc@msg.kaufland-marktplatz.de",
    ],
)
def test_addresses_that_a_marketplace_made_up_get_nothing(email: str) -> None:
    assert situations.why_nothing(facts(email=email)) == reasons.RELAYED


@pytest.mark.parametrize(
    "email",
    [
        "mia@example.com",
        "mia@privaterelay.appleid.com",
        "mia@thefarmersmarketplace.com",
        "mia@marketplace.com",
        "marketplace.amazon.de@example.com",
        "mia@tiktok.com",
        "mia@ebay.com",
        " мия+кофе@kaffeerösterei.example",
    ],
)
def test_people_whose_address_only_looks_like_it_get_their_mails(email: str) -> None:
    assert situations.why_nothing(facts(email=email)) is None


@pytest.mark.parametrize("before", [None, "mia at example.com"])
def test_an_address_that_comes_later_brings_the_mails(before: str | None) -> None:
    nobody = facts(customer=Customer(email=before))
    assert planned(nobody).schedule == ()
    assert steps_of(planned(facts(), now=after(minutes=5))) == ["confirmation"]


def test_an_unknown_order_waits_for_its_snapshot() -> None:
    early = Facts(parcels=(parcel(left=LEFT),))
    assert planned(early).unsent == {"all": reasons.NOT_ARRIVED_YET}


def test_a_cancelled_order_takes_back_all_that_waits() -> None:
    waiting = everything(shipped(LEFT))
    result = planned(shipped(LEFT, cancelled_at=LEFT), messages=waiting, now=LEFT)
    assert {each.step for each in result.cancel} == {"confirmation", "shipping", "follow_up"}
    assert {each.reason for each in result.cancel} == {reasons.CANCELLED}


@pytest.mark.parametrize("told", ["cancelled_at", "deleted_at"])
def test_a_cancellation_told_by_an_event_of_its_own_counts(told: str) -> None:
    result = planned(facts(more={told: LEFT}), messages=everything(facts()), now=LEFT)
    assert [each.step for each in result.cancel] == ["confirmation"]


def test_a_cancelled_order_that_the_shop_restores_gets_its_mails_after_all() -> None:
    waiting = everything(shipped(LEFT))
    gone = applied(planned(shipped(LEFT, cancelled_at=LEFT), messages=waiting, now=LEFT), waiting)
    again = planned(shipped(LEFT), messages=gone, now=after(LEFT, minutes=1))
    assert {each.step: each.occurrence for each in again.schedule} == {"confirmation": 1, "shipping": 1, "follow_up": 1}


def test_a_full_refund_takes_back_all_that_waits() -> None:
    result = planned(shipped(LEFT, payment=PaymentState.REFUNDED), messages=everything(shipped(LEFT)), now=LEFT)
    assert {each.reason for each in result.cancel} == {reasons.REFUNDED}


def test_refunds_of_the_whole_sum_take_back_all_that_waits_whatever_the_snapshot_still_says() -> None:
    """Refunds come before the order that tells of them, and our own form has nothing else."""
    halves = [
        refund().model_copy(update={"id": name, "amount": eur(amount)}) for name, amount in (("a", "40"), ("b", "9.40"))
    ]
    whole = shipped(LEFT, more={"refunds": tuple(halves)})
    result = planned(whole, messages=everything(shipped(LEFT)), now=LEFT)
    assert {each.reason for each in result.cancel} == {reasons.REFUNDED}
    assert steps_of(planned(shipped(LEFT, more={"refunds": (halves[0],)}), now=LEFT)) != []


def test_what_an_edit_took_off_and_paid_back_is_no_refund_of_the_rest() -> None:
    less = refund().model_copy(update={"amount": eur("60")})
    edited = shipped(LEFT, more={"refunds": (less,), "edits": (edit(1, after(hours=1)),)})
    removed = a_line(1, "Kettle", "60.00").model_copy(update={"quantity": 0})
    reduced = shipped(LEFT, lines=(removed, a_line(2, "Dripper", "38.00")), more={"refunds": (less,)})
    assert "follow_up" in steps_of(planned(edited, now=LEFT))
    assert "follow_up" in steps_of(planned(reduced, now=LEFT))


@pytest.mark.parametrize(
    ("back", "reason"),
    [
        (refund(RefundReason.STOCK), reasons.SHORT_OF_STOCK),
        (refund(RefundReason.STOCK, ["2"]), reasons.SHORT_OF_STOCK),
        (refund(RefundReason.CUSTOMER, ["2"]), reasons.PARTLY_REFUNDED),
        (refund(RefundReason.CUSTOMER), reasons.PARTLY_REFUNDED),
    ],
)
def test_a_partly_refunded_order_gets_its_facts_without_an_offer_and_no_follow_up(back: object, reason: str) -> None:
    known = delivered(payment=PaymentState.PARTIALLY_REFUNDED, more={"refunds": (back,)})
    assert planned(known, now=ARRIVED).unsent["follow_up"] == reason
    moving = shipped(LEFT, payment=PaymentState.PARTIALLY_REFUNDED, more={"refunds": (back,)})
    assert offer_reason(moving, "shipping") == reason


def test_money_given_back_as_a_courtesy_changes_nothing() -> None:
    known = delivered(payment=PaymentState.PARTIALLY_REFUNDED, more={"refunds": (refund(),)})
    assert "follow_up" in steps_of(planned(known, now=ARRIVED))


@pytest.mark.parametrize("kind", CARE)
def test_a_return_a_dispute_or_an_unhappy_answer_leaves_the_facts_and_drops_the_follow_up(kind: CaseKind) -> None:
    more = {"cases": (case(kind, LEFT),)}
    assert planned(delivered(more=more), now=ARRIVED).unsent["follow_up"] == reasons.TROUBLE[kind]
    assert offer_reason(facts(more=more), "confirmation") == reasons.TROUBLE[kind]
    assert offer_reason(shipped(LEFT, more=more), "shipping") == reasons.TROUBLE[kind]


@pytest.mark.parametrize("kind", CARE)
def test_a_case_takes_back_a_scheduled_follow_up_and_its_end_brings_it_back(kind: CaseKind) -> None:
    waiting = applied(planned(delivered(), now=ARRIVED))
    opened = delivered(more={"cases": (case(kind),)})
    result = planned(opened, messages=waiting, now=after(days=4))
    assert [(each.step, each.reason) for each in result.cancel] == [("follow_up", reasons.TROUBLE[kind])]
    closed = delivered(more={"cases": (case(kind, closed=True),)})
    again = planned(closed, messages=applied(result, waiting), now=after(days=5))
    assert message_of(again, "follow_up").occurrence == 1


@pytest.mark.parametrize("step", ["confirmation", "shipping"])
def test_a_companion_is_marketing_and_not_sent_in_trouble(step: str) -> None:
    known = shipped(after(hours=1), more={"cases": (case(CaseKind.DISPUTE, PLACED),)})
    assert planned(known, shop=companion(step)).unsent[step] == reasons.TROUBLE[CaseKind.DISPUTE]


def test_an_open_ticket_holds_the_follow_up_and_leaves_the_facts() -> None:
    more = {"cases": (case(CaseKind.TICKET, LEFT),)}
    result = planned(delivered(more=more), now=ARRIVED)
    assert (message_of(result, "follow_up").state, message_of(result, "follow_up").reason) == (
        State.HELD,
        reasons.TICKET,
    )
    assert offer_reason(shipped(LEFT, more=more), "shipping") == reasons.TICKET


def test_a_closed_ticket_releases_the_follow_up() -> None:
    waiting = applied(planned(delivered(more={"cases": (case(CaseKind.TICKET),)}), now=ARRIVED))
    closed = delivered(more={"cases": (case(CaseKind.TICKET, closed=True),)})
    result = planned(closed, messages=waiting, now=after(days=5))
    assert [each.step for each in result.release] == ["follow_up"]
    assert (result.schedule, result.move, result.cancel) == ((), (), ())


@pytest.mark.parametrize(
    "changes", [{"channel": Channel.REPLACEMENT}, {"totals": FREE}, {"channel": Channel.SUBSCRIPTION_RENEWAL}]
)
def test_replacements_renewals_and_orders_over_nothing_get_short_facts(changes: dict[str, object]) -> None:
    assert offer_reason(facts(**changes), "confirmation") != ""
    assert offer_reason(shipped(LEFT, **changes), "shipping") != ""
    assert planned(delivered(**changes), now=ARRIVED).unsent["follow_up"] in (reasons.REPLACEMENT, reasons.RENEWAL)
    order = facts(**changes).order
    assert order is not None
    assert situations.is_short(order)


def test_the_first_order_of_a_subscription_is_an_ordinary_one() -> None:
    known = delivered(channel=Channel.SUBSCRIPTION_FIRST)
    assert "follow_up" in steps_of(planned(known, now=ARRIVED))
    assert offer_reason(known, "follow_up") == ""


def test_a_business_order_gets_facts_no_offer_and_no_follow_up() -> None:
    assert offer_reason(facts(is_b2b=True), "confirmation") == reasons.BUSINESS
    assert offer_reason(shipped(LEFT, is_b2b=True), "shipping") == reasons.BUSINESS
    assert planned(delivered(is_b2b=True), now=ARRIVED).unsent["follow_up"] == reasons.BUSINESS


def test_a_gift_gets_its_mails_to_the_buyer() -> None:
    known = delivered(gift=Gift(message="Happy birthday", hide_prices=True))
    assert "follow_up" in steps_of(planned(known, now=ARRIVED))


def test_a_pre_order_is_confirmed_now_and_told_when_it_leaves() -> None:
    dripper = a_line(1, "Dripper 02", "38.00").model_copy(update={"expected_on": after(days=30).date()})
    known = facts(lines=(dripper,))
    result = planned(known)
    assert steps_of(result) == ["confirmation"]
    assert result.unsent == {"shipping": reasons.NOT_LEFT, "follow_up": reasons.NOT_ARRIVED}
    left = after(days=29)
    later = facts(lines=(dripper,), parcels=[parcel(left=left, lines=["1"])])
    assert message_of(planned(later, now=left), "shipping").send_at == after(left, minutes=10)
    assert offer_reason(later, "shipping", planned_at=left) == ""


def test_goods_that_left_after_the_promised_day_carry_no_offer() -> None:
    dripper = a_line(1, "Dripper 02", "38.00").model_copy(update={"expected_on": PLACED.date()})
    known = facts(lines=(dripper,), parcels=[parcel(left=LEFT, lines=["1"])])
    assert offer_reason(known, "shipping") == "a parcel is late or lost"


def test_a_parcel_in_trouble_lets_the_other_parcels_tracking_go_without_an_offer() -> None:
    lost = parcel("p1", left=LEFT, lines=["1"], reports=[report("p1", Status.EXCEPTION, after(days=2))])
    known = facts(parcels=[lost, parcel("p2", left=after(days=2), lines=["2"])])
    message = message_of(planned(known, now=after(days=2)), "shipping", "2031-05-14")
    assert offer_reason(known, "shipping", message=message) == "a parcel is late or lost"


def test_only_the_first_parcels_mail_carries_an_offer() -> None:
    known = facts(parcels=[parcel("p1", left=LEFT, lines=["1"]), parcel("p2", left=after(days=2), lines=["2"])])
    both = planned(known, now=LEFT)
    first, second = (message_of(both, "shipping", day) for day in ("2031-05-13", "2031-05-14"))
    assert offer_reason(known, "shipping", message=first) == ""
    assert "first parcel" in offer_reason(known, "shipping", message=second)


def test_a_draft_order_and_an_amount_of_a_cent_are_ordinary() -> None:
    cent = FREE.model_copy(update={"total": eur("0.01")})
    assert Decimal("0.01") == cent.total.amount
    assert offer_reason(facts(totals=cent, channel=Channel.DRAFT), "confirmation") == ""


def test_a_whole_order_on_hold_keeps_everything_and_lets_it_go_together() -> None:
    held = planned(shipped(LEFT), hold="the customer called", now=LEFT)
    assert {each.state for each in held.schedule} == {State.HELD}
    assert {each.reason for each in held.schedule} == {"the customer called"}
    result = planned(shipped(LEFT), messages=applied(held), now=LEFT)
    assert {each.step for each in result.release} == {"confirmation", "shipping", "follow_up"}


def test_what_went_out_stays_out_when_the_order_is_cancelled() -> None:
    out = sent(everything(shipped(LEFT)), "confirmation")
    result = planned(shipped(LEFT, cancelled_at=LEFT), messages=out, now=LEFT)
    assert "confirmation" not in {each.step for each in result.cancel}


@pytest.mark.parametrize(
    "known",
    [
        facts(cancelled_at=LEFT),
        facts(payment=PaymentState.OPEN),
        facts(is_b2b=True),
        facts(channel=Channel.REPLACEMENT),
        facts(is_test=True),
        Facts(),
    ],
)
def test_orders_without_a_follow_up_of_their_own_take_part_in_none(known: Facts) -> None:
    assert situations.is_gone(known)


def test_an_ordinary_order_and_one_in_trouble_take_part_in_a_combined_follow_up() -> None:
    assert not situations.is_gone(facts())
    assert not situations.is_gone(facts(more={"cases": (case(CaseKind.RETURN),)}))


@pytest.mark.parametrize(
    ("known", "is_bought"),
    [
        (facts(is_imported=True), True),
        (facts(channel=Channel.POS), True),
        (facts(is_test=True), False),
        (facts(is_imported=True, cancelled_at=LEFT), False),
        (facts(is_imported=True, payment=PaymentState.OPEN), False),
    ],
)
def test_what_was_bought_without_a_mail_of_ours_was_bought_all_the_same(known: Facts, is_bought: bool) -> None:
    assert situations.is_bought(known) is is_bought
    assert situations.why_nothing(known)


def test_the_newest_open_case_says_when_trouble_began() -> None:
    cases = (case(CaseKind.RETURN, after(days=4)), case(CaseKind.DISPUTE, after(days=6), closed=True))
    assert situations.troubled_at(facts(more={"cases": cases})) == after(days=4)
    assert situations.troubled_at(facts()) is None
