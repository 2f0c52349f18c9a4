"""Discount codes made in WooCommerce, by its REST API v3, resource `coupons` (a key with the right to write).

Source: WooCommerce REST API documentation, "Coupons". Codes are kept in lower case; `email_restrictions` ties a coupon
to the customer's billing address; a text that exists is refused: `woocommerce_rest_coupon_code_already_exists`. Free
shipping works where the shop's free shipping method asks for a coupon.
"""

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from worker.platforms.bodies import mapping, objects, text
from worker.platforms.calling import Reply, trouble
from worker.platforms.codes import (
    GONE,
    NOT_THERE,
    TAKEN,
    CodeTerms,
    Existing,
    Told,
    as_told,
    is_used,
    plain,
    utc,
    why_not_changed,
    why_not_deleted,
)
from worker.platforms.woocommerce.rest import ask, none_of_theirs
from worker.platforms.writing import Access, Result, Written

EXISTS = "woocommerce_rest_coupon_code_already_exists"


class WooCommerceCodes:
    kind = "woocommerce"
    names_owner = True
    takes_exclusions = True

    def put(self, access: Access, terms: CodeTerms, told: Mapping[str, Any]) -> Told:
        found = _find(access, terms.code)
        if isinstance(found, Written):
            return as_told(found)
        if found:
            return why_not_changed(_existing(found), terms, told) or _brought_up(access, terms, found)
        return GONE if told else _made(access, terms)

    def take_back(self, access: Access, terms: CodeTerms) -> Told:
        found = _find(access, terms.code)
        if isinstance(found, Written):
            return as_told(found)
        if not found:
            return NOT_THERE
        gone = why_not_deleted(_existing(found), terms)
        return gone or _outcome(ask(access, "DELETE", f"coupons/{found['id']}?force=true"), gone_is_fine=True)

    def fault(self, access: Access) -> str:
        found = ask(access, "GET", "coupons?per_page=1")
        why = found if isinstance(found, Written) else trouble(found)
        if why is None:
            return ""
        return (
            f"Coupons cannot be read: {why.note}. Make a key with read and write rights, and name it in `source set`."
        )


def _find(access: Access, code: str) -> Mapping[str, Any] | Written:
    """The coupon of this text; empty: there is none."""
    reply = ask(access, "GET", f"coupons?code={quote(code.lower(), safe='')}")
    if isinstance(reply, Written):
        return reply
    if (why := _trouble(reply)) is not None:
        return why
    if not isinstance(reply.body, list):
        return none_of_theirs()
    # Shops with a plugin that ignores the filter list all coupons.
    return next((each for each in objects(reply.body) if text(each.get("code")).lower() == code.lower()), {})


def _existing(coupon: Mapping[str, Any]) -> Existing:
    return Existing(
        title=text(coupon.get("description")),
        ends_at=utc(coupon.get("date_expires_gmt")),
        is_used=is_used(coupon.get("usage_count")),
    )


def _made(access: Access, terms: CodeTerms) -> Told:
    told = _outcome(ask(access, "POST", "coupons", _body(terms)))
    if not told.is_taken:
        return told
    found = _find(access, terms.code)
    if isinstance(found, Written):
        return as_told(found)
    return _brought_up(access, terms, found) if found and _existing(found).title == terms.title else TAKEN


def _brought_up(access: Access, terms: CodeTerms, found: Mapping[str, Any]) -> Told:
    wanted = _terms(terms)
    allowed = [text(each) for each in found.get("email_restrictions") or ()]
    is_shut_out = bool(allowed) and terms.email.lower() not in map(str.lower, allowed)
    if is_shut_out:  # they were erased, or have another address; what the shop allowed somebody by hand stays
        wanted["email_restrictions"] = [*allowed, terms.email] if terms.email else []
    same = (
        utc(found.get("date_expires_gmt")) == terms.ends_at.replace(microsecond=0)
        and _amount(found.get("minimum_amount")) == _amount(wanted["minimum_amount"])
        and set(found.get("excluded_product_ids") or ()) == set(wanted["excluded_product_ids"])
        and not is_shut_out
    )
    if same:
        return Told(result=Result.WRITTEN)
    return _outcome(ask(access, "PUT", f"coupons/{found.get('id')}", wanted))


def _body(terms: CodeTerms) -> dict[str, Any]:
    return _terms(terms) | {
        "code": terms.code.lower(),
        "description": terms.title,
        "discount_type": "percent" if terms.kind == "percent" else "fixed_cart",
        "amount": "0" if terms.kind == "free_shipping" else plain(terms.value),
        "free_shipping": terms.kind == "free_shipping",
        "individual_use": True,
        "exclude_sale_items": True,
        "usage_limit": 1,
        "usage_limit_per_user": 1,
        "email_restrictions": [terms.email] if terms.email else [],
    }


def _terms(terms: CodeTerms) -> dict[str, Any]:
    """What may change in the life of a coupon."""
    return {
        "date_expires_gmt": terms.ends_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "minimum_amount": plain(terms.minimum or Decimal(0)),
        "excluded_product_ids": sorted(int(each) for each in terms.excluded if each.isdecimal()),
    }


def _outcome(reply: Reply | Written, *, gone_is_fine: bool = False) -> Told:
    if isinstance(reply, Written):
        return as_told(reply)
    if gone_is_fine and reply.status == 404:
        return Told(result=Result.WRITTEN)
    if reply.status == 400 and mapping(reply.body).get("code") == EXISTS:
        return TAKEN
    if (why := _trouble(reply)) is not None:
        return as_told(why)
    if not isinstance(reply.body, dict) or "id" not in reply.body:
        return as_told(none_of_theirs())
    return Told(result=Result.WRITTEN)


def _trouble(reply: Reply) -> Written | None:
    """Where no WooCommerce answers a person must look; what it refuses by name it will refuse again."""
    why = trouble(reply)
    if why is None or why.result is not Result.NEVER:
        return why
    code = text(mapping(reply.body).get("code"))
    if code == "rest_no_route" or not code:
        return Written(result=Result.LATER, note=f"{why.note}: no WooCommerce answers there", needs_person=True)
    return Written(result=Result.NEVER, note=f"WooCommerce refuses it ({code})")


def _amount(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value or 0))
    except InvalidOperation:
        return None
