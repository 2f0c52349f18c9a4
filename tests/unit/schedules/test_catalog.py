"""What marketers write is read as they mean it, or refused by file, line and remedy."""

from datetime import time, timedelta
from importlib import resources

import pytest

from schedules.catalog import PATH, SequenceError, SequenceFault, load_sequence, packaged_sequence
from schedules.sequence import Anchor
from schedules.shop import Role
from schedules.words import parse_duration

TEXT = (resources.files("schedules") / PATH).read_text(encoding="utf-8")


def line_of(words: str) -> int:
    return next(number for number, line in enumerate(TEXT.splitlines(), 1) if words in line)


def refusal(old: str, new: str, words: str = "") -> SequenceFault:
    """The fault, with these words, of the packaged file with one passage changed."""
    assert old in TEXT
    with pytest.raises(SequenceError) as caught:
        load_sequence({PATH: TEXT.replace(old, new, 1)})
    return next(fault for fault in caught.value.faults if words in fault.problem)


def test_the_packaged_sequence_keeps_the_default_windows() -> None:
    steps = packaged_sequence().steps
    receipt, tracking, last = (steps[name].replace for name in ("confirmation", "shipping", "follow_up"))
    assert (receipt.send, receipt.offer_until) == (timedelta(minutes=2), timedelta(hours=2))
    assert (tracking.counts_from, tracking.send) == (Anchor.SHIPPED, timedelta(minutes=10))
    assert receipt.give_up == tracking.give_up == timedelta(hours=72)
    days = [each.days for each in (last.earliest, last.send, last.latest, last.give_up)]
    assert days == [7, 9, 14, 15]
    beside = steps["shipping"].timing(Role.COMPANION)
    assert (beside.earliest, beside.latest) == (timedelta(hours=24), timedelta(hours=48))


def test_every_setting_is_explained_beside_or_above_it() -> None:
    """By a comment on its line or above it, where it first stands."""
    explained: set[str] = set()
    above = ""
    for line in TEXT.splitlines():
        name = line.strip().partition(":")[0]
        if line.strip() and not line.strip().startswith("#") and name not in ("confirmation", "shipping", "follow_up"):
            assert "#" in line or above.startswith("#") or name in explained, line
            explained.add(name)
        above = line.strip()


def test_a_delay_may_be_written_with_capitals() -> None:
    assert parse_duration("12 Days") == parse_duration(" 12 DAYS ") == timedelta(days=12)


def test_a_delay_of_soon_is_refused_with_file_line_and_remedy() -> None:
    fault = refusal("send: 2 minutes", "send: soon")
    assert (fault.file, fault.line) == ("sequences/post_purchase.yaml", line_of("send: 2 minutes"))
    assert fault.problem == "steps.confirmation.replace.send: 'soon' is not a delay."
    assert "'36 hours' or '9 days'" in fault.remedy


@pytest.mark.parametrize(
    ("old", "new", "words", "remedy"),
    [
        ("send: 9 days", "sned: 9 days", "sned: it is not a setting", "spelling"),
        ("caps:", "cap:", "cap: it is not a setting", "spelling"),
        ("send: 9 days", "send: 15 days", "send lies outside its window", "at most latest"),
        ("send: 9 days", "send: 6 days", "send lies outside its window", "earliest"),
        ("give_up: 15 days", "give_up: 13 days", "give_up comes before latest", "at least as long"),
        ("give_up: 72 hours", "give_up: 400 days", "longer than a year", "shorter"),
        ("send: 9 days", "send: -9 days", "'-9 days' is not a delay", "9 days"),
        ("send: 9 days", "send: 9", "'9' is not a delay", "9 days"),
        ('end: "8:00"', 'end: "25:00"', "'25:00' is not a time of day", "0:00 to 23:59"),
        ('end: "8:00"', 'end: "21:00"', "the same hour", "two different"),
        ('"9:00", end: "20:00"', '"20:00", end: "9:00"', "daytime ends before it starts", "earlier hour"),
        ('"9:00", end: "20:00"', '"21:30", end: "23:00"', "wholly in the quiet hours", "quiet_hours"),
        ("counts_from: delivered", "counts_from: order", "cannot count from order", "counts_from: delivered"),
        ("counts_from: delivered", "counts_from: christmas", "'order', 'shipped' or 'delivered'", "packaged"),
        ("aim: 2, most: 3", "aim: 3, most: 2", "aim is more than most", "at most"),
        ("aim: 2, most: 3", "aim: 2, most: 9", "less than or equal to 3", "packaged"),
        ("value: 10 ", "value: 110 ", "110 percent is more than the price", "at most 100"),
        ("value: 10 ", "value: ten ", "valid decimal", "packaged"),
        ("offer_until: 2 hours", "offer_until: 73 hours", "offer_until comes after give_up", "at most give_up"),
    ],
)
def test_a_wrong_setting_is_refused_at_its_line(old: str, new: str, words: str, remedy: str) -> None:
    fault = refusal(old, new, words)
    assert remedy in fault.remedy
    assert fault.line == line_of(old)


def test_a_setting_written_twice_is_refused_instead_of_silently_taking_the_last() -> None:
    fault = refusal("      send: 9 days", "      earliest: 7 days\n      send: 9 days")
    assert fault.problem == "earliest is written twice."


def test_a_part_used_by_reference_is_refused_because_it_hides_a_value() -> None:
    fault = refusal("caps:", "x: &x {a: *x}\ncaps:")
    assert "by reference" in fault.problem


def test_steps_may_not_be_renamed() -> None:
    fault = refusal("  follow_up:", "  followup:")
    assert (fault.line, "in this order" in fault.remedy) == (line_of("steps:"), True)


def test_all_faults_are_told_at_once() -> None:
    broken = TEXT.replace("send: 2 minutes", "send: soon").replace("send: 9 days", "send: later")
    with pytest.raises(SequenceError) as caught:
        load_sequence({PATH: broken})
    assert [fault.line for fault in caught.value.faults] == [line_of("send: 2 minutes"), line_of("send: 9 days")]


@pytest.mark.parametrize("text", ["", "- a list", "just words", "a: [", "\tname: x", "name: 'open", "[" * 5000])
def test_what_is_no_sequence_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(SequenceError) as caught:
        load_sequence({PATH: text})
    assert all(fault.file == PATH and fault.problem and fault.remedy for fault in caught.value.faults)


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(SequenceError, match="missing"):
        load_sequence({})


@pytest.mark.parametrize("words", ["8:00", "'8:00'", "08:00"])
def test_a_time_of_day_may_stand_with_or_without_quotes(words: str) -> None:
    """YAML itself would read 8:00 as the number 480."""
    assert load_sequence({PATH: TEXT.replace('"8:00"', words, 1)}).quiet_hours.end == time(8, 0)


@pytest.mark.parametrize(
    ("words", "delay"),
    [
        ("1 minute", timedelta(minutes=1)),
        ("90 minutes", timedelta(minutes=90)),
        ("1.5 hours", timedelta(minutes=90)),
        ("2hours", timedelta(hours=2)),
    ],
)
def test_delays_are_words(words: str, delay: timedelta) -> None:
    changed = load_sequence({PATH: TEXT.replace("wait_for_hold: 60 minutes", f"wait_for_hold: {words}")})
    assert changed.wait_for_hold == delay


def test_a_sequence_without_the_newer_settings_keeps_their_defaults() -> None:
    older = "\n".join(line for line in TEXT.splitlines() if not line.startswith(("wait_for", "rest_after")))
    assert load_sequence({PATH: older}) == packaged_sequence()
