"""What mails say of orders that are no plain parcel to the buyer's home: presents, things to collect, downloads."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from schedules.facts import DeliveryKind, Gift, LineKind, PaymentState
from schedules.parcel_facts import DeliverySource
from tests.support.mailing import render, rendered
from worker.demo.examples import GUIDE, line
from worker.demo.situations import example, with_order


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_no_parcel_is_never_looked_for(language: str) -> None:
    """Nobody reports the delivery of a course, so it counts as estimated; there is no parcel to look for."""
    base = replace(example("follow_up", "digital"), delivery_source=DeliverySource.ESTIMATED, return_ends_on=None)
    mail = render(base, locale=language)
    for told in (mail.html, mail.text):
        assert "Not there?" not in told
        assert "Nicht angekommen?" not in told
        assert "send something back" not in told
        assert "zurückgeben" not in told


@pytest.mark.parametrize(("language", "last_day"), [("en", "Thu 4 Jun"), ("de", "Do., 4. Juni")])
def test_the_last_day_for_returns_is_told_until_it_has_passed(language: str, last_day: str) -> None:
    base = example("follow_up", "upgrade")
    for now, is_told in ((datetime(2026, 6, 4, 12, tzinfo=UTC), True), (datetime(2026, 6, 5, 12, tzinfo=UTC), False)):
        mail = render(base, now=now, locale=language)
        assert (last_day in mail.html) is is_told
        assert ("send something back" in mail.html or "zurückgeben" in mail.html) is is_told


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("source", list(DeliverySource))
def test_who_gave_a_present_is_asked_how_it_was_received(language: str, source: DeliverySource) -> None:
    """The buyer never had it: no guide to it, nothing of having it for days, nothing of its being with them."""
    mail = render(example("follow_up", "gift"), locale=language, guide=GUIDE, delivery_source=source)
    assert mail.variant == "how_is_it"
    assert mail.subject in ("How was it received?", "Wie kam das Geschenk an?")
    for told in (mail.html, mail.text):
        for claim in ("You have had it", "bei dir", "should be with you", "Rinse the filter", "you hoped for"):
            assert claim not in told


def test_a_present_that_hides_its_prices_tells_them_nowhere() -> None:
    """Neither in the preview nor in what mailboxes show of the order beside the mail."""
    for situation in ("gift", "digital"):
        hidden = with_order(example("confirmation", situation), gift=Gift(hide_prices=True))
        mail = render(hidden, offer=None)
        for told in (mail.html, mail.text, mail.preview):
            assert "64.00" not in told
        assert "ld+json" not in mail.html
        assert 40 <= len(mail.preview) <= 90


@pytest.mark.parametrize(
    ("language", "said", "until"),
    [
        ("en", "when it is ready", "Reply before it is ready."),
        ("de", "wenn alles bereitliegt", "Antworte, bevor alles bereitliegt."),
        ("fr", "dès qu’elle sera prête", "avant qu’elle soit prête."),
        ("es", "cuando esté listo", "antes de que esté listo."),
        ("it", "quando è pronto", "prima che sia pronto."),
        ("nl", "zodra alles klaarligt", "voordat alles klaarligt."),
    ],
)
def test_what_is_collected_will_be_ready_not_leave(language: str, said: str, until: str) -> None:
    mail = rendered("confirmation", "pickup", locale=language)
    assert said in mail.preview
    assert until in " ".join(mail.text.split())


def test_where_nobody_told_the_place_to_collect_no_delivery_is_promised() -> None:
    for step in ("confirmation", "shipping"):
        mail = render(with_order(example(step), delivery=DeliveryKind.PICKUP), expected=None)
        assert "Delivery address" not in mail.html + mail.text
        assert "12 Quay Street" not in mail.html + mail.text


def test_a_course_is_not_expected_on_a_day() -> None:
    base = replace(example("confirmation", "digital"), expected=(date(2026, 5, 4), date(2026, 5, 5)))
    assert "Expected" not in render(base).text


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    ("changes", "never"),
    [
        ({"delivery": DeliveryKind.DIGITAL}, ("pack", "leaves", "losgeht", "unterwegs")),
        ({"delivery": DeliveryKind.PICKUP}, ("leaves", "losgeht")),
        (
            {"payment": PaymentState.ACCEPTED, "payment_method": "Bank transfer"},
            ("We pack it next", "Als Nächstes packen wir"),
        ),
    ],
)
def test_what_happens_next_is_what_happens_to_this_order(
    language: str, changes: dict[str, Any], never: tuple[str, ...]
) -> None:
    mail = render(with_order(example("confirmation", "companion"), **changes), locale=language, expected=None)
    head = mail.text.partition("://")[0]
    for told in (mail.preview, head):
        assert [words for words in never if words in told] == []
    assert 40 <= len(mail.preview) <= 90
    assert len(mail.subject) <= 45


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_collected_does_not_travel_in_companions_either(language: str) -> None:
    base = with_order(example("shipping", "companion"), delivery=DeliveryKind.PICKUP)
    for gift in (None, Gift()):
        mail = render(with_order(base, gift=gift), locale=language, expected=None)
        for told in (mail.subject, mail.preview, mail.text.partition("://")[0]):
            for words in ("unpack", "carrier", "travel", "arrives", "unterwegs", "dem Weg", "ankommt", "Paket"):
                assert words not in told
        assert 40 <= len(mail.preview) <= 90
        assert len(mail.subject) <= 45


def test_tips_and_wrapping_are_not_counted_as_things() -> None:
    extras = ((LineKind.TIP, "Tip"), (LineKind.PROTECTION, "Shipping protection"), (LineKind.GIFT_WRAP, "Wrapping"))
    lines = (line(1, "Dripper 02", "38.00"), line(2, "Filters", "6.50"))
    lines += tuple(line(90 + n, title, "2.00", kind=kind) for n, (kind, title) in enumerate(extras))
    assert render(with_order(example("confirmation"), lines=lines)).preview.startswith("Dripper 02 and 1 more, ")
