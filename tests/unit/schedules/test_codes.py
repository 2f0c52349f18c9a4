"""Who gets which code is read as a marketer means it, or refused by line with what to write instead."""

from decimal import Decimal
from importlib import resources

import pytest

from schedules.catalog import PATH, SequenceError, SequenceFault, above_ceiling, load_sequence, packaged_sequence
from schedules.codes import CodeUse
from schedules.segments import Segment
from schedules.sequence import Sequence

TEXT = (resources.files("schedules") / PATH).read_text(encoding="utf-8")


def changed(old: str, new: str) -> Sequence:
    assert old in TEXT
    return load_sequence({PATH: TEXT.replace(old, new, 1)})


def refusal(old: str, new: str) -> SequenceFault:
    with pytest.raises(SequenceError) as caught:
        changed(old, new)
    return caught.value.faults[0]


def test_by_default_first_time_customers_get_one_and_everybody_sees_theirs_again() -> None:
    steps = packaged_sequence().steps
    uses = {step: {who: steps[step].code_for(who).use for who in Segment} for step in steps}
    assert set(uses["confirmation"].values()) == {CodeUse.NONE}
    assert uses["shipping"].pop(Segment.FIRST_TIME) is CodeUse.STANDARD
    assert set(uses["shipping"].values()) == {CodeUse.NONE}
    assert set(uses["follow_up"].values()) == {CodeUse.REUSE}


def test_a_segment_may_get_a_code_of_its_own() -> None:
    sequence = changed("repeat: none ", "repeat: {kind: free_shipping} ")
    code = sequence.steps["shipping"].code_for(Segment.REPEAT)
    assert code.issues
    assert sequence.code.depth(code) == ("free_shipping", Decimal(0))


def test_one_word_stands_for_everybody() -> None:
    steps = changed("code: reuse ", "code: first_time ").steps
    assert steps["follow_up"].code_for(Segment.FIRST_TIME).use is CodeUse.STANDARD
    assert steps["follow_up"].code_for(Segment.REPEAT).use is CodeUse.NONE


@pytest.mark.parametrize(
    ("old", "new", "problem", "remedy"),
    [
        ("repeat: none ", "repeat: ten ", "'ten' is not a way to give a code", "Write none, reuse, standard"),
        ("repeat: none ", "repeat: {kind: percent} ", "a code needs a value", "like value: 10"),
        ("repeat: none ", "repeat: {value: 101} ", "101 percent is more than the price", "Write at most 100"),
        ("repeat: none ", "repeat: {kind: gift} ", "'percent', 'amount' or 'free_shipping'", ""),
        ("repeat: none ", "regulars: none ", "regulars", ""),
        ("code: reuse ", "code: maybe ", "'maybe' is not a way to give a code", "a line for each segment"),
        ("margin_floor: 20 ", "margin_floor: 100 ", "less than 100", ""),
        ("brands: [] ", "brands: Kettles ", "brands", ""),
    ],
)
def test_what_is_wrong_is_named_by_line_with_a_remedy(old: str, new: str, problem: str, remedy: str) -> None:
    fault = refusal(old, new)
    at = next(number for number, line in enumerate(TEXT.splitlines(), 1) if old in line)
    assert (fault.file, fault.line) == (PATH, at)
    assert problem in fault.problem
    assert remedy in fault.remedy


def test_a_code_above_the_shops_ceiling_is_named_by_line() -> None:
    files = {PATH: TEXT.replace("repeat: none ", "repeat: {value: 18} ", 1)}
    [fault] = above_ceiling(files, Decimal(15))
    at = next(number for number, line in enumerate(files[PATH].splitlines(), 1) if "{value: 18}" in line)
    assert (fault.line, fault.problem) == (
        at,
        "steps.shipping.code.repeat: 18 % is more than this shop's ceiling of 15 %.",
    )
    assert above_ceiling(files, Decimal(20)) == []


def test_what_is_never_discounted_is_found_by_brand_category_tag_or_id() -> None:
    never_on = changed("brands: [] ", "brands: [Reserve] ").code.never_on
    product = {"product_id": "1", "category": "Kettles", "tags": ("new",)}
    assert never_on.covers(brand="RESERVE", **product)
    assert not never_on.covers(brand="", **product)
    tagged = changed("tags: [] ", "tags: [NEW] ").code.never_on
    assert tagged.covers(brand="", **product)
