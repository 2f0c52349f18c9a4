"""The gate: what the truth at the moment of sending makes of a message."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from freezegun import freeze_time

from schedules import reasons
from schedules.conditions import GateInputs, Judgement, judge
from schedules.facts import Address, CaseKind, ConsentState, Facts, LineKind, ParcelState, PaymentState, RefundReason
from schedules.facts import TrackingStatus as Status
from schedules.planner import NewMessage, Sibling
from schedules.shop import Blackout, Role
from schedules.timing import zone
from tests.support.orders import a_line
from tests.unit.schedules.examples import (
    after,
    case,
    companion,
    delivered,
    facts,
    gate,
    message_of,
    parcel,
    planned,
    refund,
    report,
    shipped,
    shop,
)

LEFT = after(days=1)
ARRIVED = after(days=3)
FOLLOW_UP: NewMessage = message_of(planned(delivered(), now=ARRIVED), "follow_up")
DUE = FOLLOW_UP.send_at
STOCKHOLM = zone("Europe/Stockholm")


def confirmation(known: Facts | None = None, **changes: object) -> Judgement:
    return judge(gate(known or facts(), "confirmation", message=RECEIPT, **changes))  # type: ignore[arg-type]  # a test's shorthand


def tracking(known: Facts | None = None, **changes: object) -> Judgement:
    return judge(gate(known or shipped(LEFT), "shipping", message=TRACKING, **changes))  # type: ignore[arg-type]  # a test's shorthand


def follow_up(known: Facts | None = None, **changes: object) -> Judgement:
    return judge(gate(known or delivered(), "follow_up", message=FOLLOW_UP, **changes))  # type: ignore[arg-type]  # a test's shorthand


RECEIPT = message_of(planned(facts()), "confirmation")
TRACKING = message_of(planned(shipped(LEFT), now=LEFT), "shipping")
EVERY = [confirmation, tracking, follow_up]
FACTS = [facts(), shipped(LEFT), delivered()]


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


def test_one_marketing_mail_in_seven_days_lets_the_next_wait_inside_its_window() -> None:
    earlier = DUE - timedelta(days=3)
    judgement = follow_up(marketing_sent=(earlier,))
    assert (judgement.action, judgement.until) == ("postpone", earlier + timedelta(days=7))
    assert follow_up(marketing_sent=(DUE - timedelta(days=7),)).action == "send"


def test_a_cap_that_outlasts_the_window_ends_the_mail_with_a_reason() -> None:
    judgement = follow_up(marketing_sent=(DUE - timedelta(hours=1),))
    assert judgement.action == "expire"
    assert judgement.reason == (
        "this person had a marketing mail only a few days ago, and its window closes before that ends"
    )


def test_who_asked_for_fewer_mails_gets_one_in_30_days() -> None:
    fewer = frozenset({"fewer"})
    assert follow_up(suppressed=fewer).action == "send"
    assert follow_up(suppressed=fewer, marketing_sent=(DUE - timedelta(days=30),)).action == "send"
    judgement = follow_up(suppressed=fewer, marketing_sent=(DUE - timedelta(days=28),))
    assert (judgement.action, judgement.until) == ("postpone", DUE + timedelta(days=2))
    assert judgement.reason == "this person asked for at most one such mail in 30 days"
    assert follow_up(suppressed=fewer, marketing_sent=(DUE - timedelta(days=8),)).action == "expire"
    assert confirmation(suppressed=fewer, marketing_sent=(DUE,)).with_offer


def test_the_end_of_a_cap_at_night_means_the_next_morning() -> None:
    at_night = datetime.fromisoformat("2031-05-18T23:30:00+00:00")
    judgement = follow_up(marketing_sent=(at_night,))
    assert judgement.until is not None
    assert judgement.until.astimezone(STOCKHOLM).isoformat() == "2031-05-26T09:00:00+02:00"


@pytest.mark.parametrize(("seen", "shown"), [(2, True), (3, False)])
def test_three_offer_panels_in_thirty_days_are_enough(seen: int, shown: bool) -> None:
    panels = tuple(DUE - timedelta(days=8 + number) for number in range(seen))
    judgement = follow_up(panels_sent=panels)
    assert (judgement.action, judgement.with_offer) == ("send", shown)


def test_panels_of_long_ago_do_not_count() -> None:
    assert follow_up(panels_sent=tuple(DUE - timedelta(days=30 + number) for number in range(5))).with_offer


@pytest.mark.parametrize(
    ("wall", "until"),
    [
        ("2031-05-24 23:00", "2031-05-25T09:00:00+02:00"),
        ("2031-05-25 05:30", "2031-05-25T09:00:00+02:00"),
        ("2031-05-25 18:30", "2031-05-26T09:00:00+02:00"),
    ],
)
def test_marketing_that_comes_late_waits_for_the_customers_morning(wall: str, until: str) -> None:
    with freeze_time(wall):
        judgement = follow_up(now=datetime.now(STOCKHOLM))
    assert (judgement.action, judgement.reason) == ("postpone", "it is night or early for the customer")
    assert judgement.until is not None
    assert judgement.until.astimezone(STOCKHOLM).isoformat() == until


@pytest.mark.parametrize("timezone", ["Pacific/Kiritimati", "Pacific/Niue", "Asia/Kathmandu"])
def test_the_night_is_the_customers_wherever_that_is(timezone: str) -> None:
    local = zone(timezone)
    midnight = datetime.combine(DUE.date() + timedelta(days=1), datetime.min.time(), tzinfo=local)
    judgement = follow_up(timezone=timezone, now=midnight)
    assert judgement.until is not None
    assert judgement.until.astimezone(local).hour == 9


def test_a_parcel_that_arrived_needs_no_tracking() -> None:
    assert tracking(shipped(LEFT, arrived=LEFT)) == Judgement(action="cancel", reason=reasons.ARRIVED)


def test_a_parcel_that_was_cancelled_has_no_tracking() -> None:
    gone = facts(parcels=[parcel(left=LEFT, state=ParcelState.CANCELLED)])
    assert tracking(gone) == Judgement(action="cancel", reason=reasons.PARCEL_GONE)


def test_a_later_parcels_mail_is_judged_by_its_own_parcels() -> None:
    """The day's first parcel is still on its way; the second, which this mail is about, arrived."""
    second = parcel("p2", left=after(LEFT, hours=3), arrived=after(LEFT, hours=4), lines=["2"])
    known = facts(parcels=[parcel("p1", left=LEFT, lines=["1"]), second])
    assert tracking(known, parcel_group="2031-05-13+p2").reason == reasons.ARRIVED
    assert tracking(known).action == "send"


def test_an_update_of_an_order_carries_no_offer() -> None:
    judgement = confirmation(parcel_group="edit-1")
    assert (judgement.action, judgement.offer_reason) == ("send", "an update carries no offer")


def test_an_open_ticket_lets_receipts_go_without_an_offer_and_holds_marketing() -> None:
    more = {"cases": (case(CaseKind.TICKET),)}
    assert confirmation(facts(more=more)).offer_reason == reasons.TICKET
    assert follow_up(delivered(more=more)) == Judgement(action="hold", reason=reasons.TICKET)


@pytest.mark.parametrize("kind", [CaseKind.RETURN, CaseKind.EXCHANGE, CaseKind.DISPUTE, CaseKind.UNHAPPY])
def test_trouble_ends_the_follow_up_and_leaves_receipts_without_an_offer(kind: CaseKind) -> None:
    more = {"cases": (case(kind),)}
    assert confirmation(facts(more=more)).offer_reason == reasons.TROUBLE[kind]
    assert follow_up(delivered(more=more)) == Judgement(action="cancel", reason=reasons.TROUBLE[kind])
    closed = {"cases": (case(kind, closed=True),)}
    assert follow_up(delivered(more=closed)).action == "send"


def test_a_refund_for_lack_of_stock_ends_the_follow_up() -> None:
    short = delivered(more={"refunds": (refund(RefundReason.STOCK),)})
    assert follow_up(short) == Judgement(action="cancel", reason=reasons.SHORT_OF_STOCK)


def test_after_trouble_with_another_order_the_person_is_left_in_peace_for_thirty_days() -> None:
    recent = DUE - timedelta(days=28)
    judgement = follow_up(troubles=(recent,))
    assert (judgement.action, judgement.reason, judgement.until) == (
        "postpone",
        reasons.RESTING,
        recent + timedelta(days=30),
    )
    assert follow_up(troubles=(DUE - timedelta(days=2),)).action == "expire"
    assert follow_up(troubles=(DUE - timedelta(days=30),)).action == "send"


def test_during_that_rest_receipts_go_without_an_offer() -> None:
    judgement = confirmation(troubles=(after(days=-2),))
    assert (judgement.action, judgement.offer_reason) == ("send", reasons.RESTING)


def test_a_parcel_in_trouble_holds_the_follow_up() -> None:
    lost = parcel(left=LEFT, reports=[report("p1", Status.EXCEPTION, after(days=2))])
    assert follow_up(facts(parcels=[lost])) == Judgement(action="hold", reason=reasons.IN_TROUBLE)


def test_an_order_that_got_another_line_since_waits_for_it() -> None:
    grown = (a_line(1, "Dripper 02", "38.00"), a_line(2, "Filters", "6.50"), a_line(3, "Kettle 0.9", "79.00"))
    assert follow_up(delivered(lines=grown)) == Judgement(action="cancel", reason=reasons.NOT_ARRIVED)


def near(placed: datetime, arrived: datetime | None, *, name: str, gone: bool = False) -> tuple[Sibling, ...]:
    return (Sibling(order_id=name, placed_at=placed, delivered_at=arrived, is_cancelled=gone),)


def test_a_later_order_of_the_same_person_takes_the_follow_up_over() -> None:
    later = near(after(days=5), None, name="order-1043")
    assert follow_up(siblings=later) == Judgement(action="cancel", reason=reasons.COMBINED)
    assert follow_up(siblings=near(after(days=5), None, name="order-1043", gone=True)).action == "send"
    assert follow_up(siblings=near(after(days=20), None, name="order-1043")).action == "send"


def test_an_earlier_order_that_arrived_only_now_makes_it_wait_its_seven_days() -> None:
    judgement = follow_up(siblings=near(after(days=-3), DUE - timedelta(days=2), name="order-1041"))
    assert (judgement.action, judgement.reason) == ("postpone", reasons.TOO_SOON)
    assert judgement.until == DUE + timedelta(days=5)


@pytest.mark.parametrize(("guide", "action"), [(True, "send"), (False, "skip")])
def test_digital_goods_are_followed_up_only_with_a_guide(guide: bool, action: str) -> None:
    line = a_line(1, "Brewing course", "30.00").model_copy(update={"kind": LineKind.DIGITAL})
    judgement = judge(gate(facts(lines=(line,)), "follow_up", has_guide=guide))
    assert judgement.action == action


def test_goods_are_followed_up_without_a_guide_too() -> None:
    assert follow_up(has_guide=False).action == "send"


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


CHRISTMAS = Blackout(first=DUE.date() - timedelta(days=1), last=DUE.date() + timedelta(days=1), note="the shop rests")


def test_on_blackout_days_marketing_waits_for_the_morning_after() -> None:
    judgement = follow_up(shop=shop(blackouts=(CHRISTMAS,)))
    assert (judgement.action, judgement.reason) == (
        "postpone",
        f"no marketing until {CHRISTMAS.last.isoformat()}: the shop rests",
    )
    assert judgement.until is not None
    assert judgement.until.astimezone(STOCKHOLM).date() == CHRISTMAS.last + timedelta(days=1)


@pytest.mark.parametrize("judged", [confirmation, tracking])
def test_blackout_days_are_nothing_to_receipts(judged: Callable[..., Judgement]) -> None:
    always = Blackout(first=DUE.date() - timedelta(days=90), last=DUE.date() + timedelta(days=90))
    assert judged(shop=shop(blackouts=(always,))).action == "send"


def test_a_blackout_longer_than_the_window_lets_marketing_expire() -> None:
    long = Blackout(first=DUE.date(), last=DUE.date() + timedelta(days=30))
    judgement = follow_up(shop=shop(blackouts=(long,)))
    assert (judgement.action, judgement.reason.endswith("its window closes before that ends")) == ("expire", True)


def test_a_blackout_of_another_step_or_another_day_is_no_reason_to_wait() -> None:
    other_step = Blackout(first=DUE.date(), last=DUE.date(), steps=("shipping",))
    other_day = Blackout(first=DUE.date() + timedelta(days=1), last=DUE.date() + timedelta(days=2))
    assert follow_up(shop=shop(blackouts=(other_step, other_day))).action == "send"


def test_what_a_person_asked_for_now_waits_for_no_window_but_for_consent_and_caps() -> None:
    early = ARRIVED + timedelta(hours=1)
    assert follow_up(now=early, send_at=early).action == "postpone"
    assert follow_up(now=early, send_at=early, is_by_hand=True).action == "send"
    assert follow_up(now=early, send_at=early, is_by_hand=True, suppressed=frozenset({"marketing"})).action == "skip"
    assert follow_up(now=early, send_at=early, is_by_hand=True, marketing_sent=(early,)).action != "send"
