"""Who may be written to, country by country: the careful defaults."""

from datetime import UTC, datetime, timedelta

import pytest

from schedules.consent import Permission, may_market
from schedules.facts import ConsentState

NOW = datetime(2031, 5, 14, 8, 0, tzinfo=UTC)
NOT_YES = [state for state in ConsentState if state is not ConsentState.SUBSCRIBED]
NEITHER = [state for state in NOT_YES if state is not ConsentState.UNSUBSCRIBED]
EVERYWHERE = ["DE", "AT", "CH", "SE", "FR", "NO", "GB", "US", "CA", "TW", "TH", "JP", "BR", "ZZ", ""]


def ask(
    country: str,
    consent: ConsentState = ConsentState.NOT_SUBSCRIBED,
    *,
    soft_opt_in: bool = False,
    bought: timedelta = timedelta(days=1),
) -> Permission:
    return may_market(country=country, consent=consent, soft_opt_in=soft_opt_in, purchased_at=NOW - bought, now=NOW)


@pytest.mark.parametrize("country", EVERYWHERE)
def test_a_subscriber_may_be_written_to_everywhere(country: str) -> None:
    assert ask(country, ConsentState.SUBSCRIBED).allowed


@pytest.mark.parametrize("country", EVERYWHERE)
def test_who_unsubscribed_is_never_written_to(country: str) -> None:
    permission = ask(country, ConsentState.UNSUBSCRIBED, soft_opt_in=True)
    assert permission == Permission(False, "the customer unsubscribed")


@pytest.mark.parametrize("consent", NOT_YES)
@pytest.mark.parametrize("country", ["DE", "AT", "CH", "TH", "ID", "JP", "KR", "BR", "IN", "ZZ", ""])
def test_here_only_subscribers_count_even_if_the_checkout_announces_mails(country: str, consent: ConsentState) -> None:
    assert not ask(country, consent, soft_opt_in=True).allowed


@pytest.mark.parametrize("country", ["SE", "FR", "PL", "IE", "NO", "IS", "LI", "GB"])
def test_elsewhere_in_europe_it_takes_a_checkout_that_announces_them(country: str) -> None:
    assert not ask(country).allowed
    assert ask(country, soft_opt_in=True).allowed


@pytest.mark.parametrize("consent", NEITHER)
def test_in_the_usa_everybody_until_they_unsubscribe(consent: ConsentState) -> None:
    assert ask("US", consent, bought=timedelta(days=4000)).allowed


@pytest.mark.parametrize("country", ["CA", "AU", "NZ", "SG", "MY", "TW"])
def test_elsewhere_a_purchase_counts_for_less_than_24_months(country: str) -> None:
    assert ask(country, bought=timedelta(days=729)).allowed
    assert not ask(country, bought=timedelta(days=730)).allowed


def test_pending_is_no_subscription() -> None:
    assert not ask("SE", ConsentState.PENDING).allowed
    assert not ask("DE", ConsentState.PENDING, soft_opt_in=True).allowed


def test_small_letters_name_the_same_country() -> None:
    assert ask("us") == ask("US")


@pytest.mark.parametrize("country", EVERYWHERE)
@pytest.mark.parametrize("consent", list(ConsentState))
def test_every_answer_has_a_reason_to_read(country: str, consent: ConsentState) -> None:
    assert len(ask(country, consent).reason.split()) > 2
