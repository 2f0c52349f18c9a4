"""The time zone of an address: by country where it has one zone, by region where a table tells."""

from functools import cache
from importlib import resources

REGIONS = {
    "US": {
        "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
        "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "CO ID MT NM UT WY",
        "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA NV OR WA",
        "America/Anchorage": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR",
    },
    "CA": {
        "America/Toronto": "ON QC",
        "America/Halifax": "NS NB PE",
        "America/St_Johns": "NL",
        "America/Winnipeg": "MB",
        "America/Regina": "SK",
        "America/Edmonton": "AB NT",
        "America/Vancouver": "BC",
        "America/Whitehorse": "YT",
        "America/Iqaluit": "NU",
    },
    "AU": {
        "Australia/Sydney": "NSW ACT",
        "Australia/Melbourne": "VIC",
        "Australia/Brisbane": "QLD",
        "Australia/Adelaide": "SA",
        "Australia/Perth": "WA",
        "Australia/Hobart": "TAS",
        "Australia/Darwin": "NT",
    },
    "BR": {
        "America/Sao_Paulo": "SP RJ MG ES PR SC RS GO DF",
        "America/Bahia": "BA SE AL",
        "America/Fortaleza": "CE RN PB PI MA",
        "America/Recife": "PE",
        "America/Belem": "PA AP",
        "America/Araguaina": "TO",
        "America/Cuiaba": "MT",
        "America/Campo_Grande": "MS",
        "America/Manaus": "AM",
        "America/Boa_Vista": "RR",
        "America/Porto_Velho": "RO",
        "America/Rio_Branco": "AC",
    },
}
"""Countries with several zones: zone -> its regions. Regions split between zones count to the larger part."""

MOSTLY = {
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "PT": "Europe/Lisbon",
    "CY": "Asia/Nicosia",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "CN": "Asia/Shanghai",
    "UA": "Europe/Kyiv",
    "AR": "America/Argentina/Buenos_Aires",
    "CL": "America/Santiago",
    "EC": "America/Guayaquil",
}
"""Countries whose other zones are small islands, enclaves or one clock in practice."""


def timezone_for(country: str, region: str = "") -> str | None:
    """The IANA zone of an ISO 3166-1 country and its region code; None when it can't be told."""
    country, region = country.upper(), region.upper()
    if country in MOSTLY:
        return MOSTLY[country]
    if country in REGIONS:
        return next((name for name, codes in REGIONS[country].items() if region in codes.split()), None)
    zones = _zones_by_country().get(country, ())
    return zones[0] if len(zones) == 1 else None


def is_country(code: str) -> bool:
    """Whether it is a country's code of ISO 3166-1, or Kosovo's, which shops use although the standard has none."""
    return code in _countries() or code == "XK"


@cache
def _countries() -> frozenset[str]:
    """From the time zone database's own table (iso3166.tab)."""
    return frozenset(line[:2] for line in _table("iso3166.tab"))


@cache
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    """Country -> its zones, from the time zone database's own table (zone.tab)."""
    found: dict[str, list[str]] = {}
    for line in _table("zone.tab"):
        country, _, name = line.split("\t")[:3]
        found.setdefault(country, []).append(name)
    return {country: tuple(names) for country, names in found.items()}


def _table(name: str) -> list[str]:
    text = (resources.files("tzdata") / "zoneinfo" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
