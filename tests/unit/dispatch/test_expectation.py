"""When the customer can expect the goods."""

from datetime import UTC, date, datetime, timedelta

import pytest

from schedules.facts import DeliveryKind, Facts
from schedules.parcel_facts import Parcel, ParcelState, Tracking, TrackingStatus
from schedules.shop import Handling, ShopProfile
from tests.support.orders import NORTHKETTLE, an_order
from worker.dispatch.expectation import Span, expected_days, return_ends_on

THURSDAY = datetime(2026, 5, 14, 10, 0, tzinfo=UTC)


def _shop(*rows: Handling) -> ShopProfile:
    return NORTHKETTLE.model_copy(update={"handling": rows})


def _expected(profile: ShopProfile, *parcels: Parcel, placed_at: datetime = THURSDAY, method: str = "") -> Span | None:
    facts = Facts(order=an_order(placed_at, shipping_method=method), parcels=parcels)
    return expected_days(facts=facts, profile=profile, parcels=parcels, timezone="Europe/Stockholm")


def _returns_until(facts: Facts) -> date | None:
    assumed = timedelta(days=10)
    return return_ends_on(facts=facts, profile=_shop(), timezone="Europe/Stockholm", assume_after=assumed)


def _parcel(*promised: date | None) -> Parcel:
    reports = tuple(
        Tracking(id=str(number), parcel_id="p", status=TrackingStatus.IN_TRANSIT, at=THURSDAY, expected_on=day)
        for number, day in enumerate(promised)
    )
    return Parcel(id="p", state=ParcelState.SHIPPED, shipped_at=THURSDAY, updated_at=THURSDAY, tracking=reports)


def test_without_a_table_or_a_carriers_word_nothing_is_promised() -> None:
    assert _expected(_shop()) is None
    assert _expected(_shop(), _parcel(None)) is None


def test_before_shipping_handling_and_transit_add_up_in_working_days() -> None:
    table = _shop(Handling(handling_days=(0, 1), transit_days=(1, 3)))
    assert _expected(table) == (date(2026, 5, 15), date(2026, 5, 20))


def test_after_shipping_only_transit_counts() -> None:
    table = _shop(Handling(handling_days=(2, 4), transit_days=(1, 2)))
    assert _expected(table, _parcel(None)) == (date(2026, 5, 15), date(2026, 5, 18))


def test_a_carriers_newest_word_beats_the_table() -> None:
    table = _shop(Handling(transit_days=(1, 2)))
    newest = _parcel(date(2026, 5, 18), date(2026, 5, 20), None)
    assert _expected(table, newest) == (date(2026, 5, 20), date(2026, 5, 20))


def test_the_most_exact_row_counts() -> None:
    table = _shop(
        Handling(handling_days=(0, 0), transit_days=(9, 9)),
        Handling(country="SE", handling_days=(0, 0), transit_days=(5, 5)),
        Handling(country="SE", method="Express", handling_days=(0, 0), transit_days=(1, 1)),
        Handling(country="DE", method="Express", handling_days=(0, 0), transit_days=(2, 2)),
    )
    assert _expected(table, method="Express") == (date(2026, 5, 15), date(2026, 5, 15))
    assert _expected(table, method="Standard") == (date(2026, 5, 21), date(2026, 5, 21))


def test_a_country_without_a_row_is_promised_nothing() -> None:
    assert _expected(_shop(Handling(country="DE"))) is None


def test_an_order_of_which_everything_comes_later_is_not_expected_now() -> None:
    table = _shop(Handling(handling_days=(0, 1), transit_days=(1, 3)))
    first, last = an_order(THURSDAY).lines
    later = first.model_copy(update={"expected_on": date(2026, 8, 1)})
    for lines, expected in (((later,), None), ((later, last), (date(2026, 5, 15), date(2026, 5, 20)))):
        facts = Facts(order=an_order(THURSDAY, lines=lines))
        found = expected_days(facts=facts, profile=table, parcels=(), timezone="Europe/Stockholm")
        assert found == expected


@pytest.mark.parametrize("delivery", [DeliveryKind.PICKUP, DeliveryKind.DIGITAL])
def test_what_is_not_shipped_is_not_expected_on_the_days_of_parcels(delivery: DeliveryKind) -> None:
    """Otherwise who collects an order reads "Not arrived by Fri 8 May?" in the mail that it is ready."""
    order = an_order(THURSDAY, delivery=delivery)
    profile = _shop(Handling(handling_days=(0, 1), transit_days=(1, 3)))
    for parcels in ((), (_parcel(None),), (_parcel(date(2026, 5, 18)),)):
        facts = Facts(order=order, parcels=parcels)
        assert expected_days(facts=facts, profile=profile, parcels=parcels, timezone="Europe/Stockholm") is None


def test_an_order_late_in_the_evening_counts_from_the_customers_day() -> None:
    same_day = _shop(Handling(handling_days=(0, 0), transit_days=(0, 0)))
    late = datetime(2026, 5, 14, 22, 30, tzinfo=UTC)
    assert _expected(same_day, placed_at=late) == (date(2026, 5, 15), date(2026, 5, 15))


def test_nothing_is_expected_on_a_weekend() -> None:
    same_day = _shop(Handling(handling_days=(0, 0), transit_days=(0, 0)))
    saturday = datetime(2026, 5, 16, 10, 0, tzinfo=UTC)
    assert _expected(same_day, placed_at=saturday) == (date(2026, 5, 18), date(2026, 5, 18))


def test_the_return_window_begins_when_everything_has_arrived() -> None:
    arrived = Tracking(
        id="t", parcel_id="p", status=TrackingStatus.DELIVERED, at=datetime(2026, 5, 15, 22, 30, tzinfo=UTC)
    )
    facts = Facts(order=an_order(THURSDAY), parcels=(_parcel().model_copy(update={"tracking": (arrived,)}),))
    assert _returns_until(facts) == date(2026, 6, 15)


def test_there_is_no_end_of_the_return_window_before_anything_left() -> None:
    assert _returns_until(Facts(order=an_order(THURSDAY))) is None
