"""Reasons are true, in the mail's language, and never take the giver of a present for its owner."""

import pytest

from worker.personalisation.wording import reason_for


def _reason(**changes: object) -> str:
    given = {"pitch": "", "for_title": "Dripper 02", "is_gift": False, "language": "en"} | changes
    return reason_for(**given)  # type: ignore[arg-type]  # a test's shorthand


def test_the_merchants_pitch_is_printed_as_it_is() -> None:
    assert _reason(pitch="A thin, steady pour", language="de") == "A thin, steady pour"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Goes well with Dripper 02"),
        ("de-AT", "Passt gut zu: Dripper 02"),
        ("de_DE", "Passt gut zu: Dripper 02"),
        ("th", "Goes well with Dripper 02"),
        ("", "Goes well with Dripper 02"),
    ],
)
def test_without_a_pitch_the_pairing_itself_is_the_reason(language: str, said: str) -> None:
    assert _reason(language=language) == said


@pytest.mark.parametrize(
    "pitch",
    [
        "Made for your dripper",
        "Passt zu deinem Dripper",
        "Sitzt auf Ihrer Kanne",
        "Pour vos matins",
        "Para tus mañanas",
        "Per le tue mattine",
        "Voor jouw koffie",
    ],
)
def test_a_gift_is_never_called_the_buyers_own(pitch: str) -> None:
    assert _reason(pitch=pitch, is_gift=True) == "Goes well with what was ordered"
    assert _reason(pitch=pitch) == pitch


def test_a_pitch_that_calls_nobody_the_owner_also_suits_a_gift() -> None:
    assert _reason(pitch="A thin, steady pour", is_gift=True) == "A thin, steady pour"
