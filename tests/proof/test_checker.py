"""Each invariant holds of a clean run, and names what is wrong with a spoiled one."""

from dataclasses import replace
from typing import Any

import pytest

from tests.proof.checker import INVARIANTS, check, name_of, outcomes
from tests.proof.record import Accepted, AttemptSeen, EventSeen, MessageSeen, Moved, Posted, Record, Refused, righted

PLACED, DUE, SENT = 1000.0, 1120.0, 1130.0

MESSAGE = MessageSeen(
    id="m1",
    shop="northkettle",
    order="1",
    key=("1", "post_purchase", "confirmation", "", "0"),
    step="confirmation",
    stream="transactional",
    state="accepted",
    reason="sendgrid took it",
    send_at=DUE,
    aim_at=DUE,
    resolve_at=None,
    fence=1,
)
POSTED = Posted(shop="northkettle", topic="orders/create", event_id="e1", order="1", at=PLACED, told_at=PLACED)
EVENT = EventSeen(
    shop="northkettle", topic="orders/create", dedupe_key="e1", state="planned", order="1", handled_at=PLACED
)
ATTEMPT = AttemptSeen(id="a1", message="m1", number=1, fence=1, outcome="accepted", started_at=SENT)


def _history(*states: str, message: str = "m1") -> list[Moved]:
    return [
        Moved(message=message, before=before, after=after, reason="so", real_at=PLACED + place)
        for place, (before, after) in enumerate(zip((None, *states), states, strict=False))
    ]


CLEAN = Record(
    accepted=[Accepted(message="m1", attempt="a1", at=SENT)],
    posted=[POSTED],
    events=[EVENT],
    messages=[MESSAGE],
    attempts=[ATTEMPT],
    history=_history("scheduled", "claimed", "attempting", "accepted"),
    ended_at=2000.0,
)
TWICE = [Accepted(message="m1", attempt="a1", at=SENT), Accepted(message="m1", attempt="a2", at=SENT + 60)]
TRIED_TWICE = [ATTEMPT, replace(ATTEMPT, id="a2", number=2, fence=2, started_at=SENT + 60)]
AGAIN = _history("scheduled", "claimed", "attempting", "unknown", "scheduled", "claimed", "attempting", "accepted")
UNCLEAR: dict[str, Any] = {
    "accepted": TWICE,
    "attempts": TRIED_TWICE,
    "history": AGAIN,
    "messages": [replace(MESSAGE, fence=2)],
}
CANCEL = replace(EVENT, topic="orders/cancelled", dedupe_key="e2", handled_at=SENT - 10)


def _spoiled(**changes: Any) -> Record:
    return replace(CLEAN, **changes)


SPOILED: dict[str, Record] = {
    "acknowledged is stored": _spoiled(posted=[POSTED, replace(POSTED, topic="products/update", event_id="e9")]),
    "stored is planned": _spoiled(events=[replace(EVENT, state="failed")]),
    "refused is to come again": _spoiled(turned_away=[Refused(topic="orders/create", order="1", status=404)]),
    "one row per key": _spoiled(
        messages=[replace(MESSAGE, id="m2", state="skipped"), MESSAGE],
        history=[*CLEAN.history, *_history("scheduled", "skipped", message="m2")],
    ),
    "due ends in time": _spoiled(
        messages=[MESSAGE, replace(MESSAGE, id="m2", step="shipping", key=("x",), state="scheduled")],
        history=[*CLEAN.history, *_history("scheduled", message="m2")],
    ),
    "wanted is sent": _spoiled(
        accepted=[],
        attempts=[],
        messages=[replace(MESSAGE, state="failed")],
        history=_history("scheduled", "claimed", "failed"),
    ),
    "accepted once unless unclear": _spoiled(
        **(
            UNCLEAR
            | {
                "history": _history(
                    "scheduled", "claimed", "attempting", "scheduled", "claimed", "attempting", "accepted"
                )
            }
        )
    ),
    "marketing goes out once": _spoiled(**(UNCLEAR | {"messages": [replace(MESSAGE, stream="marketing", fence=2)]})),
    "copies stay few": _spoiled(
        accepted=[Accepted(message="m1", attempt=f"a{number}", at=SENT + number) for number in range(1, 6)],
        attempts=[replace(ATTEMPT, id=f"a{number}", number=number, fence=number) for number in range(1, 6)],
        messages=[replace(MESSAGE, fence=5)],
        history=_history(
            *("scheduled", "claimed", "attempting", "unknown") * 4, "scheduled", "claimed", "attempting", "accepted"
        ),
    ),
    "never early": _spoiled(accepted=[Accepted(message="m1", attempt="a1", at=DUE - 30)]),
    "nothing after cancellation": _spoiled(events=[EVENT, CANCEL]),
    "states follow the table": _spoiled(history=_history("scheduled", "attempting", "accepted")),
    "fences only grow": _spoiled(**(UNCLEAR | {"attempts": [ATTEMPT, replace(TRIED_TWICE[1], fence=1)]})),
    "accepted is known": _spoiled(accepted=[*CLEAN.accepted, Accepted(message="m7", attempt="a7", at=SENT)]),
    "accepted is believed": _spoiled(accepted=[], posted=[]),
    "requests are valid": _spoiled(refused=["the subject must be one line"]),
}


def test_a_clean_run_violates_nothing() -> None:
    assert check(CLEAN) == []


def test_a_copy_after_an_unclear_attempt_is_policy() -> None:
    assert check(_spoiled(**UNCLEAR)) == []


def test_a_refusal_that_makes_the_shop_come_again_is_no_violation() -> None:
    assert check(_spoiled(turned_away=[Refused(topic="orders/create", order="1", status=503)])) == []


COMPANION = {"shop": "southkettle", "order": "1"}
CLOSES = PLACED + 20 * 3600
EXPIRED: dict[str, Any] = {
    "posted": [replace(POSTED, **COMPANION)],
    "events": [replace(EVENT, **COMPANION)],
    "accepted": [],
    "attempts": [],
    "messages": [replace(MESSAGE, **COMPANION, state="expired", stream="marketing")],
    "history": _history("scheduled", "expired"),
}
UNPLANNED = EXPIRED | {"messages": [], "history": []}


@pytest.mark.parametrize("missed", [EXPIRED, UNPLANNED], ids=["expired", "never planned"])
def test_a_mail_may_be_missed_only_while_no_beat_ran_for_a_day(missed: dict[str, Any]) -> None:
    assert check(_spoiled(days=[(PLACED, CLOSES)], **missed)) == []
    assert {violation.invariant for violation in check(_spoiled(days=[(PLACED, CLOSES - 1)], **missed))} == {
        "wanted is sent"
    }


def test_a_receipt_is_not_missed_over_a_day_without_beat() -> None:
    receipt = EXPIRED | {"posted": [POSTED], "events": [EVENT], "messages": [replace(MESSAGE, state="expired")]}
    assert {v.invariant for v in check(_spoiled(days=[(PLACED, CLOSES)], **receipt))} == {"wanted is sent"}


@pytest.mark.parametrize("invariant", INVARIANTS, ids=name_of)
def test_a_spoiled_run_is_caught_by_the_invariant_that_names_it(invariant: Any) -> None:
    found = {violation.invariant for violation in check(SPOILED[name_of(invariant)])}
    assert found == {name_of(invariant)}


@pytest.mark.parametrize("invariant", INVARIANTS, ids=name_of)
def test_an_invariant_says_in_a_sentence_what_it_demands(invariant: Any) -> None:
    assert invariant.__doc__.strip().count("\n") == 0


def test_business_time_follows_each_jump_and_can_be_read_back() -> None:
    record = _spoiled(offsets=[(0.0, 0.0), (1000.0, 600.0)])
    assert (record.business(999.0), record.business(1001.0)) == (999.0, 1601.0)
    assert (record.real(900.0), record.real(1601.0)) == (900.0, 1001.0)
    assert record.real(1300.0) == 1000.0


def test_times_that_a_clock_showed_while_it_was_set_back_are_put_right() -> None:
    clocks = [(0.0, 0.0), (5000.0, -3600.0), (5002.0, 0.0)]
    assert [righted(reading, clocks) for reading in (4999.0, 1401.0, 5003.0)] == [4999.0, 5001.0, 5003.0]


def test_business_time_is_read_back_by_the_clock_that_was_set_back() -> None:
    clocks, offsets = [(0.0, 0.0), (5000.0, -3600.0), (5002.0, 0.0)], [(0.0, 0.0), (5000.1, 3600.0)]
    record = _spoiled(offsets=offsets, clocks=clocks)
    assert (record.real(4999.0), record.real(5001.0), record.real(8603.0)) == (4999.0, 5001.0, 5003.0)
    assert record.business(5001.0) == 8601.0


def test_what_came_of_each_mail_is_the_same_whenever_it_went() -> None:
    later = _spoiled(accepted=[Accepted(message="m1", attempt="a1", at=SENT + 500)], ended_at=2500.0)
    assert outcomes(later) == outcomes(CLEAN) == {("northkettle", "1", "confirmation"): "sent"}
