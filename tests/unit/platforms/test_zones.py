"""The time zone of an address."""

from zoneinfo import ZoneInfo

import pytest

from worker.platforms.zones import MOSTLY, REGIONS, timezone_for


@pytest.mark.parametrize(
    ("country", "region", "zone"),
    [
        ("SE", "", "Europe/Stockholm"),
        ("gb", "", "Europe/London"),
        ("DE", "BY", "Europe/Berlin"),
        ("US", "NY", "America/New_York"),
        ("US", "ca", "America/Los_Angeles"),
        ("US", "AZ", "America/Phoenix"),
        ("CA", "NL", "America/St_Johns"),
        ("AU", "QLD", "Australia/Brisbane"),
        ("BR", "AM", "America/Manaus"),
        ("IN", "", "Asia/Kolkata"),
        ("NZ", "AUK", "Pacific/Auckland"),
    ],
)
def test_an_address_tells_its_zone(country: str, region: str, zone: str) -> None:
    assert timezone_for(country, region) == zone


@pytest.mark.parametrize(
    ("country", "region"), [("", ""), ("XX", ""), ("US", ""), ("US", "ZZ"), ("US", "New York"), ("RU", ""), ("M", "")]
)
def test_what_has_several_zones_and_tells_none_stays_open(country: str, region: str) -> None:
    assert timezone_for(country, region) is None


def test_every_zone_named_here_exists() -> None:
    named = {*MOSTLY.values(), *(zone for zones in REGIONS.values() for zone in zones)}
    assert {ZoneInfo(name).key for name in named} == named
