"""Records: values, equal and hashed by what they hold."""

from dataclasses import field, replace

import pytest

from schedules.records import record


@record
class Parcel:
    number: str
    pieces: tuple[str, ...] = field(default_factory=tuple)


def test_records_of_the_same_values_are_equal_and_count_once_in_a_set() -> None:
    assert Parcel(number="A1", pieces=("cup",)) == Parcel(number="A1", pieces=("cup",))
    assert len({Parcel(number="A1"), Parcel(number="A1"), Parcel(number="B2")}) == 2


def test_a_record_with_another_value_is_another_record() -> None:
    first = Parcel(number="A1")
    assert replace(first, number="B2") == Parcel(number="B2")
    assert first == Parcel(number="A1")


def test_fields_of_a_record_are_given_by_name() -> None:
    with pytest.raises(TypeError):
        Parcel("A1")  # type: ignore[misc]  # that is what is tried
