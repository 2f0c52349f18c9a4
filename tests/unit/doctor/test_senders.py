"""What the DNS must say so that mailboxes believe a shop's senders."""

from collections.abc import Mapping

import pytest

from schedules.shop import ShopProfile, Stream
from tests.support.dns import Records
from worker.doctor.checks import Check, Level
from worker.doctor.senders import SENDGRID_SELECTORS, check_senders

DMARC = "v=DMARC1; p=quarantine; rua=mailto:d@northkettle.example"
KEY = "k=rsa; t=s; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC"
GOOD = {
    "mail.northkettle.example": ["v=spf1 include:sendgrid.net ~all"],
    "news.northkettle.example": ["v=spf1 include:sendgrid.net ~all", "google-site-verification=x"],
    "s1._domainkey.mail.northkettle.example": [KEY],
    "s2._domainkey.news.northkettle.example": [KEY],
    "_dmarc.northkettle.example": [DMARC],
}


def shop(marketing: str = "hello@news.northkettle.example") -> ShopProfile:
    streams = {
        "transactional": Stream(from_address="orders@mail.northkettle.example"),
        "marketing": Stream(from_address=marketing),
    }
    return ShopProfile(slug="northkettle", name="Northkettle", **streams)


def asked(known: Mapping[str, list[str]] | None, profile: ShopProfile | None = None) -> list[Check]:
    return check_senders(profile or shop(), Records(known), selectors=SENDGRID_SELECTORS)


def complaints(known: Mapping[str, list[str]] | None, profile: ShopProfile | None = None) -> list[tuple[Level, str]]:
    return [(check.level, check.text) for check in asked(known, profile) if check.level is not Level.OK]


def test_a_domain_with_all_three_records_is_fine() -> None:
    checks = asked(GOOD)
    assert {check.level for check in checks} == {Level.OK}
    assert len(checks) == 7


@pytest.mark.parametrize(
    ("name", "records", "level", "words"),
    [
        ("mail.northkettle.example", [], Level.WARN, "no SPF record"),
        ("mail.northkettle.example", ["v=spf1 a ~all", "v=spf1 mx -all"], Level.FAIL, "2 SPF records"),
        ("mail.northkettle.example", ["v=spf1 +all"], Level.FAIL, "anybody may send as you"),
        ("s1._domainkey.mail.northkettle.example", [], Level.FAIL, "No DKIM key"),
        ("s1._domainkey.mail.northkettle.example", ["v=DKIM1; p="], Level.FAIL, "No DKIM key"),
        ("_dmarc.northkettle.example", [], Level.FAIL, "no DMARC record"),
        ("_dmarc.northkettle.example", ["v=DMARC1; p=maybe"], Level.FAIL, "cannot be read"),
        ("_dmarc.northkettle.example", [DMARC, DMARC], Level.FAIL, "cannot be read"),
        ("_dmarc.northkettle.example", ["v=DMARC1; p=none; adkim=s"], Level.WARN, "adkim=s"),
    ],
)
def test_each_missing_or_wrong_record_is_told(name: str, records: list[str], level: Level, words: str) -> None:
    found = complaints({**GOOD, name: records})
    assert any(told is level and words in text for told, text in found)


def test_every_complaint_says_what_to_do() -> None:
    assert all(check.remedy for check in asked({}) if check.level is not Level.OK)


def test_the_remedy_names_a_domain_that_is_the_shops_own() -> None:
    """Nobody can add a record above shop.co.uk."""
    checks = asked({}, shop(marketing="hello@shop.co.uk"))
    [remedy] = [check.remedy for check in checks if "shop.co.uk has no DMARC record" in check.text]
    assert "_dmarc.shop.co.uk" in remedy


def test_a_subdomains_own_policy_comes_before_the_one_above_it() -> None:
    assert complaints({**GOOD, "_dmarc.mail.northkettle.example": ["v=DMARC1; p=reject; adkim=s"]}) == []


def test_blanks_around_the_equals_signs_of_a_record_are_none_of_its_words() -> None:
    """RFC 7489, 6.4."""
    assert (
        complaints({**GOOD, "_dmarc.northkettle.example": ["v=DMARC1 ; p = reject ; rua = mailto:d@x.example"]}) == []
    )


def test_a_domain_in_another_script_is_asked_for_as_mails_from_it_are_written() -> None:
    """The DNS knows straße.example by another name than strasse.example, which is another's."""
    records = {**GOOD, "xn--strae-oqa.example": ["v=spf1 -all"], "_dmarc.xn--strae-oqa.example": [DMARC]}
    records["s1._domainkey.xn--strae-oqa.example"] = ["k=rsa; p=abc"]
    assert complaints(records, shop(marketing="hello@straße.example")) == []


def test_one_domain_for_receipts_and_marketing_is_told() -> None:
    [(level, text)] = complaints(GOOD, shop(marketing="hello@mail.northkettle.example"))
    assert level is Level.WARN
    assert "complaints about one hurt the other" in text


def test_silent_name_servers_are_no_verdict() -> None:
    levels = {level for level, _ in complaints(None)}
    assert levels == {Level.WARN}


def test_a_provider_whose_selectors_are_unknown_is_not_judged_by_dkim() -> None:
    checks = check_senders(shop(), Records(GOOD), selectors=())
    assert not any("DKIM" in check.text for check in checks)


def test_what_a_missing_key_costs_is_said_for_both_senders() -> None:
    told = [text for _, text in complaints({}) if "DKIM" in text]
    assert len(told) == 2
    assert not any("receipts" in text for text in told)
