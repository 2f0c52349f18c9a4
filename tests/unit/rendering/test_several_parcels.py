"""What a shipping mail tells when an order travels in several parcels."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schedules.parcel_facts import Parcel, ParcelLine
from tests.support.mailing import render
from worker.demo.examples import LEFT, parcel
from worker.demo.situations import example
from worker.rendering.port import MailInputs, RenderedMail

DAY = "2026-05-01"


def _parcel(number: int, line: str, *, minutes: int = 0, url: bool = True) -> Parcel:
    changes = {
        "id": f"p{number}",
        "shipped_at": LEFT + timedelta(minutes=minutes),
        "tracking_number": f"TRACK-{number}",
        "tracking_url": f"https://carrier.example/TRACK-{number}" if url else "",
        "lines": (ParcelLine(line_id=line, quantity=1),),
        "tracking": (),
    }
    return parcel().model_copy(update=changes)


def _inputs(*parcels: Parcel, group: str) -> MailInputs:
    base = example("shipping")
    return replace(base, facts=base.facts.model_copy(update={"parcels": parcels}), parcel_group=group)


def _mail(*parcels: Parcel, group: str = DAY) -> RenderedMail:
    return render(_inputs(*parcels, group=group))


def test_the_second_mail_of_a_day_tracks_its_own_parcel() -> None:
    lines = [line.id for line in example("shipping").facts.order.lines]  # type: ignore[union-attr]  # an example has one
    mail = _mail(_parcel(1, lines[0]), _parcel(2, lines[1], minutes=180), group=f"{DAY}+p2")
    for told in (mail.html, mail.text):
        assert "TRACK-2" in told
        assert "TRACK-1" not in told


def test_the_second_mail_of_a_day_lists_what_is_in_its_own_parcel() -> None:
    first, second, *_ = example("shipping").facts.order.lines  # type: ignore[union-attr]  # an example has one
    mail = _mail(_parcel(1, first.id), _parcel(2, second.id, minutes=180), group=f"{DAY}+p2")
    assert f"× {second.title}" in mail.text
    assert f"× {first.title}" not in mail.text


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_further_mail_of_a_day_has_no_number_that_another_had(language: str) -> None:
    """The first was part 1 of 2; how many there were in between nobody knows here."""
    lines = [line.id for line in example("shipping").facts.order.lines]  # type: ignore[union-attr]  # an example has one
    parcels = [_parcel(number + 1, each, minutes=180 * number) for number, each in enumerate(lines)]
    first = render(replace(_inputs(*parcels[:1], group=DAY), locale=language))
    assert first.subject.startswith(("Part 1 of 2", "Bestellung 1042: Teil 1 von 2"))
    for count in (2, 3):
        mail = render(replace(_inputs(*parcels[:count], group=f"{DAY}+p{count}"), locale=language))
        assert mail.variant == "part"
        assert mail.subject in ("Another part of order 1042 is on its way", "Bestellung 1042: noch ein Teil unterwegs")
        assert "art 1 of" not in mail.html + mail.text
        assert "eil 1 von" not in mail.html + mail.text


@pytest.mark.parametrize("language", ["en", "de"])
def test_one_mail_about_two_parcels_tracks_both(language: str) -> None:
    lines = [line.id for line in example("shipping").facts.order.lines]  # type: ignore[union-attr]  # an example has one
    inputs = _inputs(_parcel(1, lines[0]), _parcel(2, lines[1], minutes=5), group=DAY)
    mail = render(replace(inputs, locale=language))
    assert 'href="https://carrier.example/TRACK-2"' in mail.html
    for told in (mail.html, mail.text):
        assert told.count("TRACK-1") >= 1
        assert "TRACK-2" in told


def test_a_further_parcel_without_a_link_is_told_by_its_number() -> None:
    lines = [line.id for line in example("shipping").facts.order.lines]  # type: ignore[union-attr]  # an example has one
    mail = _mail(_parcel(1, lines[0]), _parcel(2, lines[1], minutes=5, url=False))
    assert "TRACK-2" in mail.html
    assert "TRACK-2" in mail.text
    assert "carrier.example/TRACK-2" not in mail.html


def test_of_a_single_parcel_nothing_is_said_twice() -> None:
    mail = _mail(_parcel(1, "1"))
    assert mail.text.count("TRACK-1") == 2  # its number and its link
