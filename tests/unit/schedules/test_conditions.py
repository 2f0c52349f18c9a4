"""The gate: what the truth at the moment of sending makes of a message."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from schedules import reasons
from schedules.conditions import GateInputs, Judgement, judge
from schedules.facts import Address, ConsentState, Facts, PaymentState
from schedules.shop import Role
from tests.unit.schedules.examples import (
    after,
    companion,
    delivered,
    facts,
    gate,
    shop,
)
from tests.unit.schedules.judging import (
    ARRIVED,
    EVERY,
    FACTS,
    FOLLOW_UP,
    RECEIPT,
    TRACKING,
    confirmation,
    follow_up,
    tracking,
)


@pytest.mark.parametrize("judged", EVERY)
def test_a_message_that_is_due_goes_with_its_offer(judged: Callable[..., Judgement]) -> None:
    assert judged() == Judgement(action="send", reason="", with_offer=True)


@pytest.mark.parametrize("judged", EVERY)
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cancelled_at": ARRIVED}, reasons.CANCELLED),
        ({"payment": PaymentState.REFUNDED}, reasons.REFUNDED),
        ({"payment": PaymentState.VOIDED}, reasons.VOIDED),
        ({"email": "x@marketplace.amazon.de"}, reasons.RELAYED),
        ({"more": {"deleted_at": ARRIVED}}, reasons.DELETED),
    ],
)
def test_what_became_of_the_order_since_is_read_at_sending(
    judged: Callable[..., Judgement], changes: dict[str, object], reason: str
) -> None:
    assert judged(delivered(**changes)) == Judgement(action="cancel", reason=reason)


@pytest.mark.parametrize("judged", EVERY)
def test_a_hold_and_a_pause_keep_every_mail_receipts_too(judged: Callable[..., Judgement]) -> None:
    assert judged(hold="the customer called") == Judgement(action="hold", reason="the customer called")
    assert judged(paused="the shop is paused") == Judgement(action="hold", reason="the shop is paused")


@pytest.mark.parametrize("judged", EVERY)
def test_an_address_at_which_nothing_arrives_gets_nothing(judged: Callable[..., Judgement]) -> None:
    assert judged(suppressed=frozenset({"all"})).action == "skip"


@pytest.mark.parametrize(
    ("judged", "step"), [(confirmation, "confirmation"), (tracking, "shipping"), (follow_up, "follow_up")]
)
def test_a_step_that_was_switched_off_since_is_not_sent(judged: Callable[..., Judgement], step: str) -> None:
    assert judged(shop=shop(roles={step: Role.OFF})) == Judgement(action="cancel", reason=reasons.OFF)


def test_what_is_not_due_waits_until_it_is() -> None:
    early = RECEIPT.send_at - timedelta(seconds=1)
    assert confirmation(now=early) == Judgement(
        action="postpone", reason="it is not due yet", until=RECEIPT.send_at, with_offer=False
    )


@pytest.mark.parametrize("judged", EVERY)
def test_what_is_past_its_time_expires_even_while_it_is_held(judged: Callable[..., Judgement]) -> None:
    assert judged(now=after(days=60), hold="the customer called").action == "expire"


def test_a_late_receipt_goes_without_its_offer() -> None:
    late = confirmation(now=after(hours=2, seconds=1))
    assert (late.action, late.with_offer) == ("send", False)
    assert late.offer_reason == "the mail is late: facts only"
    assert confirmation(now=after(hours=2)).with_offer


def test_a_receipt_goes_at_any_hour_and_over_every_cap() -> None:
    often = (after(days=-1), after(days=-2), after(days=-3))
    judgement = confirmation(now=after(minutes=2), marketing_sent=often, panels_sent=often)
    assert judgement.action == "send"
    assert judgement.offer_reason == "this person saw enough offers lately"
    night = facts(placed_at=after(hours=13))
    assert judge(gate(night, "confirmation")).action == "send"


def test_a_receipt_waits_while_an_edit_runs_but_at_most_an_hour() -> None:
    running = facts(on_hold=True)
    assert confirmation(running) == Judgement(action="postpone", reason=reasons.ON_HOLD, until=after(minutes=60))
    assert confirmation(running, now=after(minutes=60)).action == "send"


@pytest.mark.parametrize(
    ("suppressed", "transactional", "marketing"),
    [
        ({"marketing"}, "send", "skip"),
        ({"offers"}, "send", "send"),
        ({"marketing", "offers"}, "send", "skip"),
        ({"all", "offers"}, "skip", "skip"),
    ],
)
def test_refusals_reach_as_far_as_they_say(suppressed: set[str], transactional: str, marketing: str) -> None:
    receipt, last = confirmation(suppressed=frozenset(suppressed)), follow_up(suppressed=frozenset(suppressed))
    assert (receipt.action, last.action) == (transactional, marketing)
    assert not receipt.with_offer
    assert not last.with_offer


@pytest.mark.parametrize(
    ("country", "consent", "soft", "allowed"),
    [
        ("DE", ConsentState.SUBSCRIBED, False, True),
        ("DE", ConsentState.NOT_SUBSCRIBED, True, False),
        ("SE", ConsentState.NOT_SUBSCRIBED, False, False),
        ("SE", ConsentState.NOT_SUBSCRIBED, True, True),
        ("SE", ConsentState.PENDING, False, False),
        ("US", ConsentState.NOT_SUBSCRIBED, False, True),
        ("US", ConsentState.UNSUBSCRIBED, True, False),
        ("", ConsentState.UNKNOWN, True, False),
    ],
)
def test_consent_decides_about_marketing_mails_and_about_offers_in_receipts(
    country: str, consent: ConsentState, soft: bool, allowed: bool
) -> None:
    changes = {"shipping_address": Address(country=country), "billing_address": None}
    profile = shop(soft_opt_in=soft)
    receipt = confirmation(facts(**changes), shop=profile, consent=consent)
    last = follow_up(delivered(**changes), shop=profile, consent=consent)
    assert (receipt.action, receipt.with_offer) == ("send", allowed)
    assert last.action == ("send" if allowed else "skip")
    assert bool(receipt.offer_reason) is not allowed


def test_the_billing_address_tells_the_country_where_nothing_is_shipped() -> None:
    known = facts(shipping_address=None, billing_address=Address(country="US"))
    assert confirmation(known, consent=ConsentState.NOT_SUBSCRIBED).with_offer


@pytest.mark.parametrize(("ships_to", "lives_in"), [("US", "DE"), ("DE", "US")])
def test_what_goes_abroad_obeys_the_rules_of_both_countries(ships_to: str, lives_in: str) -> None:
    """A present from Hamburg to Boston: its mails go to the buyer in Hamburg, who never subscribed."""
    places = {"shipping_address": Address(country=ships_to), "billing_address": Address(country=lives_in)}
    receipt = confirmation(facts(**places), consent=ConsentState.NOT_SUBSCRIBED)
    assert (receipt.action, receipt.with_offer) == ("send", False)
    assert "in DE" in receipt.offer_reason
    assert follow_up(delivered(**places), consent=ConsentState.NOT_SUBSCRIBED).action == "skip"
    assert confirmation(facts(**places), consent=ConsentState.SUBSCRIBED).with_offer


def test_a_companion_is_marketing_and_needs_consent() -> None:
    inputs = gate(facts(), "confirmation", shop=companion("confirmation"), consent=ConsentState.NOT_SUBSCRIBED)
    assert judge(inputs).action == "skip"


@pytest.mark.parametrize("known", FACTS)
@pytest.mark.parametrize("step", ["confirmation", "shipping", "follow_up"])
def test_every_judgement_that_stops_a_mail_says_why(known: Facts, step: str) -> None:
    message = {"confirmation": RECEIPT, "shipping": TRACKING, "follow_up": FOLLOW_UP}[step]
    for changes in ({"hold": "a doubt"}, {"suppressed": frozenset({"all"})}, {"now": after(days=90)}):
        inputs: GateInputs = gate(known, step, message=message, **changes)  # type: ignore[arg-type]  # mixed types
        judgement = judge(inputs)
        assert judgement.action != "send"
        assert judgement.reason
        assert not judgement.with_offer


def test_what_a_person_asked_for_now_waits_for_no_window_but_for_consent_and_caps() -> None:
    early = ARRIVED + timedelta(hours=1)
    assert follow_up(now=early, send_at=early).action == "postpone"
    assert follow_up(now=early, send_at=early, is_by_hand=True).action == "send"
    assert follow_up(now=early, send_at=early, is_by_hand=True, suppressed=frozenset({"marketing"})).action == "skip"
    assert follow_up(now=early, send_at=early, is_by_hand=True, marketing_sent=(early,)).action != "send"
