"""The buyer, their consent, and addresses."""

from datetime import datetime
from typing import Any

from schedules.facts import Address, ConsentState, Customer
from worker.platforms.bodies import Body, identifier, mapping, moment, text, whole
from worker.platforms.shopify import tables


def read_customer(body: Body, placed_at: datetime) -> Customer:
    """The buyer; `customer` may be null and `email` absent, null or empty.

    Where the customer's record tells no consent, a box that was ticked at checkout does, as of then: the order may
    change long after they unsubscribed. One left unticked says nothing, and does not unsubscribe who had subscribed.
    """
    known = mapping(body.get("customer"))
    given = (text(each) for each in (body.get("email"), body.get("contact_email"), known.get("email")))
    consent = mapping(known.get("email_marketing_consent"))
    state = read_consent(consent, body.get("buyer_accepts_marketing") or None)
    has_record = read_consent(consent) is not ConsentState.UNKNOWN
    billing = mapping(body.get("billing_address") or body.get("shipping_address"))
    return Customer(
        id=identifier(known.get("id")),
        email=next(filter(None, given), None),
        first_name=text(known.get("first_name") or billing.get("first_name")),
        last_name=text(known.get("last_name") or billing.get("last_name")),
        consent=state,
        consent_at=moment(consent.get("consent_updated_at")) if has_record else placed_at,
        orders_count=whole(known["orders_count"]) if known.get("orders_count") is not None else None,
    )


def read_consent(consent: Body, accepts: Any = None) -> ConsentState:
    """Consent as the customer's record says, else as `accepts` does: yes, no or nothing."""
    state = tables.CONSENT.get(text(consent.get("state")).lower())
    if state is not None:
        return state
    if accepts is True:
        return ConsentState.SUBSCRIBED
    return ConsentState.NOT_SUBSCRIBED if accepts is False else ConsentState.UNKNOWN


def read_address(value: Any) -> Address | None:
    body = mapping(value)
    if not body:
        return None
    return Address(
        name=text(body.get("name")) or f"{text(body.get('first_name'))} {text(body.get('last_name'))}".strip(),
        company=text(body.get("company")),
        line1=text(body.get("address1")),
        line2=text(body.get("address2")),
        postal_code=text(body.get("zip")),
        city=text(body.get("city")),
        region=text(body.get("province_code") or body.get("province")),
        country=text(body.get("country_code")).upper()[:2],
    )
