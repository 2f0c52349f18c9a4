"""Who may get offers and marketing mails, by country: careful defaults, not legal advice.

Sources: German courts treat even a survey inside an invoice mail as advertising (BGH VI ZR 225/17); the EU and the UK
know a soft opt-in for existing customers and similar products (directive 2002/58/EC, article 13(2)); CAN-SPAM in the
USA asks for a refusal to be honoured. Everywhere else it needs a subscription, in Germany, Austria and Switzerland too.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from schedules.facts import ConsentState

SOFT_OPT_IN = frozenset(
    {"BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "GR", "HU", "IE", "IT", "LV", "LT", "LU"}
    | {"MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO", "GB"}
)
UNLESS_REFUSED = frozenset({"US"})
RECENT_BUYERS = frozenset({"CA", "AU", "NZ", "SG", "MY", "TW"})
RECENT = timedelta(days=730)


class Permission(NamedTuple):
    allowed: bool
    reason: str


def may_market(
    *, country: str, consent: ConsentState, soft_opt_in: bool, purchased_at: datetime, now: datetime
) -> Permission:
    """Whether a buyer may get offers and marketing mails.

    Args:
        country: ISO 3166-1 alpha-2 of the delivery or the billing address, both are asked; empty when unknown.
        consent: what the shop's platform says; only SUBSCRIBED is a yes.
        soft_opt_in: the owner confirmed that checkout tells buyers about such mails and lets them refuse.
        purchased_at: when the order was placed.
    """
    if consent is ConsentState.SUBSCRIBED:
        return Permission(True, "the customer subscribed")
    if consent is ConsentState.UNSUBSCRIBED:
        return Permission(False, "the customer unsubscribed")
    where = country.upper() or "an unknown country"
    if country.upper() in UNLESS_REFUSED:
        return Permission(True, f"in {where} buyers may be written to until they unsubscribe")
    if country.upper() in RECENT_BUYERS and now - purchased_at < RECENT:
        return Permission(True, f"in {where} buyers of the last 24 months may be written to until they unsubscribe")
    if country.upper() in SOFT_OPT_IN and soft_opt_in:
        return Permission(True, f"in {where} the shop's checkout announces such mails and lets buyers refuse")
    return Permission(False, f"in {where} only subscribers get offers and marketing, and this customer is not one")
