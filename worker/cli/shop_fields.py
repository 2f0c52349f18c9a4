"""The options that describe a shop: `shop add` and `shop set` share this table."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from babel.numbers import is_currency
from pydantic import ValidationError

from schedules.sequence import STEPS
from schedules.shop import CodeSource, Role, ShopProfile
from worker.cli.shop_values import (
    delivery_days,
    is_day,
    is_delivery_days,
    is_locale,
    is_order_url,
    is_picture_url,
    is_text,
    is_url,
    is_zone,
)
from worker.delivery.addressing import may_send
from worker.errors import UserError

MOST_DAYS = 3650
LANGUAGES = re.compile(r"none|[a-z]{2,3}(,[a-z]{2,3})*", re.ASCII)
AMOUNTS = re.compile(r"none|[A-Z]{3}=\d{1,7}(\.\d{1,2})?(,[A-Z]{3}=\d{1,7}(\.\d{1,2})?)*", re.ASCII)


@dataclass(frozen=True)
class Field:
    """One option. `paths`: where its value goes in the profile; `accepts` and `wanted` check what was typed."""

    help: str
    paths: tuple[str, ...]
    type: type = str
    accepts: Callable[[str], bool] = is_text
    wanted: str = "some text"
    adapt: Callable[[str], Any] = str


def _text(help: str, *paths: str) -> Field:
    return Field(help, paths)


def _address(help: str, *paths: str) -> Field:
    wanted = "a plain address like hi@shop.com: no other may send mails"
    return Field(help, paths, accepts=may_send, wanted=wanted, adapt=str.strip)


def _url(help: str, *paths: str) -> Field:
    return Field(help, paths, accepts=is_url, wanted="a URL that begins with https://")


def _flag(help: str, *paths: str) -> Field:
    return Field(help, paths, type=bool)


FIELDS: dict[str, Field] = {
    "name": _text("Shown as the sender. Default: from the slug.", "name"),
    "url": _url("The shop's front page.", "url"),
    "currency": Field(
        "Of the catalogue, as ISO 4217. Default: EUR.", ("currency",), accepts=is_currency, wanted="a code like EUR"
    ),
    "locale": Field(
        "Of customers without one. Default: en.", ("locale",), accepts=is_locale, wanted="one like en, de or pt-BR"
    ),
    "timezone": Field(
        "Of the shop, for its reports and windows. Default: UTC.",
        ("timezone",),
        accepts=is_zone,
        wanted="an IANA name like Europe/Berlin",
    ),
    "transactional_from": _address("Sender of receipts and tracking mails.", "transactional.from_address"),
    "marketing_from": _address("Sender of follow-ups; best on another subdomain.", "marketing.from_address"),
    "reply_to": _address("A mailbox that a person reads.", "transactional.reply_to", "marketing.reply_to"),
    "marketing_reply_to": _address("Another mailbox for answers to follow-ups.", "marketing.reply_to"),
    "transactional_link_host": _url("Host of links in receipts and tracking mails.", "transactional.link_host"),
    "marketing_link_host": _url("Host of links in follow-ups; best a subdomain of its own.", "marketing.link_host"),
    "marketing_ramp_since": Field(
        "First day of a new marketing sender: it then sends 50 a day, and twice as many each day after.",
        ("marketing.ramp_since",),
        accepts=is_day,
        wanted="a day like 2026-12-01",
    ),
    "postal_address": Field(
        "In the footer; lines separated by \\n.",
        ("legal.postal_address",),
        adapt=lambda text: text.replace("\\n", "\n"),
    ),
    "company": _text("Legal name of the seller.", "legal.company"),
    "vat_id": _text("VAT id on receipts.", "legal.vat_id"),
    "terms_url": _url("Terms of sale.", "legal.terms_url"),
    "withdrawal_info_url": _url("Instruction on the right of withdrawal (EU, UK).", "legal.withdrawal_info_url"),
    "withdrawal_url": _url("Where customers withdraw from an order (EU, since 19 June 2026).", "legal.withdrawal_url"),
    "privacy_url": _url("Privacy notice.", "legal.privacy_url"),
    "returns_url": _url("How returns work.", "legal.returns_url"),
    "change_url": Field(
        "Where customers change or cancel an order; {number} becomes its number. Default: by answering.",
        ("change_url",),
        accepts=is_order_url,
        wanted="a URL that begins with https:// and holds no braces but {number}",
    ),
    "logo_url": Field(
        "PNG, twice the size it is shown in.",
        ("brand.logo_url",),
        accepts=is_picture_url,
        wanted="a URL of a PNG or JPEG that begins with https://: mailboxes do not show SVG and WebP",
    ),
    "colour": Field(
        "Of the brand, like #1f5c4a.",
        ("brand.colour",),
        accepts=lambda text: bool(re.fullmatch(r"#[0-9a-fA-F]{6}", text)),
        wanted="six hexadecimal digits like #1f5c4a",
    ),
    "return_days": Field(
        "Length of the return window.",
        ("return_days",),
        accepts=lambda text: text.isdecimal() and len(text) <= 5 and int(text) <= MOST_DAYS,
        wanted=f"a number of days, at most {MOST_DAYS}",
        adapt=int,
    ),
    "delivery_days": Field(
        "Working days to pack + to travel, by country, or country/method: DE=0-1+1-2,DE/Express=0+1,*=1+3-6; or none.",
        ("handling",),
        accepts=is_delivery_days,
        wanted="a table like DE=0-1+1-2,DE/Express=0+1,*=1+3-6, or none",
        adapt=delivery_days,
    ),
    "formal": Field(
        "Languages in which customers are addressed formally, like de or de,fr; or none.",
        ("formal_address",),
        accepts=lambda text: bool(LANGUAGES.fullmatch(text)),
        wanted="languages of two or three letters, like de or de,fr, or none",
        adapt=lambda text: {} if text == "none" else dict.fromkeys(text.split(","), True),
    ),
    "codes": Field(
        "Who makes discount codes: shopify, woocommerce, pool (see `codes import`) or none. Default: none.",
        ("codes",),
        accepts=lambda text: text in set(CodeSource),
        wanted="shopify, woocommerce, pool or none",
    ),
    "discount_ceiling": Field(
        "Most that a code takes off, in percent. Default: 15.",
        ("discount_ceiling",),
        accepts=lambda text: bool(re.fullmatch(r"\d{1,3}(\.\d{1,2})?", text)) and float(text) <= 100,
        wanted="a number from 0 to 100, like 20",
    ),
    "code_collection": Field(
        "Shopify: id of the collection that codes are for; leave out there what is never discounted.",
        ("code_collection",),
        accepts=str.isdecimal,
        wanted="the number at the end of the collection's address in the admin",
    ),
    "checkout_links": _flag("WooCommerce 10 or newer: a link fills the cart and applies a code.", "checkout_links"),
    "soft_opt_in": _flag("Your checkout tells buyers about such mails and lets them refuse.", "soft_opt_in"),
    "free_shipping_from": Field(
        "Value of an order from which it ships free, by currency; none: never.",
        ("free_shipping_from",),
        accepts=lambda text: bool(AMOUNTS.fullmatch(text)),
        wanted="amounts like EUR=50 or EUR=50,USD=60, or none",
        adapt=lambda text: dict(pair.split("=") for pair in text.split(",") if text != "none"),
    ),
    "contact_name": _text("Who reads answers; named to the customers who spend most.", "contact_name"),
    "history_imported": _flag("Earlier orders are known here, so first-time buyers are too.", "history_imported"),
    "mails_order_updates": _flag("Your platform mails order edits itself.", "mails_order_updates"),
}

EMPTY = ShopProfile(slug="empty", name="Empty").model_dump(mode="json")
"""A shop of which nothing is told."""
ROLE_HELP = f"STEP=ROLE; steps: {', '.join(STEPS)}; roles: replace, companion, off. Repeatable."


def changed_profile(profile: ShopProfile, options: dict[str, Any]) -> ShopProfile:
    """The profile with the given options put in.

    Raises:
        UserError: a value is not what its option wants; every fault is named.
    """
    document = profile.model_dump(mode="json")
    faults: list[str] = []
    for name, field in FIELDS.items():
        value = options.get(name)
        if value is None:
            continue
        if value == "" and _may_be_empty(field):
            for path in field.paths:
                _put(document, path, _at(EMPTY, path))
            continue
        if field.type is str and not field.accepts(value):
            faults.append(f"--{name.replace('_', '-')} {value!r} cannot be used: give {field.wanted}.")
            continue
        for path in field.paths:
            _put(document, path, field.adapt(value) if field.type is str else value)
    document["roles"] |= _roles(options.get("role") or [], faults)
    if faults:
        raise UserError("\n".join(faults))
    return _validated(document)


def _may_be_empty(field: Field) -> bool:
    """Whether a shop goes without it: an empty text takes back what was set."""
    return all(_at(EMPTY, path) in ("", None) for path in field.paths)


def _at(document: dict[str, Any], path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = value[name]
    return value


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    *folders, leaf = path.split(".")
    for folder in folders:
        document = document[folder]
    document[leaf] = value


def _roles(pairs: list[str], faults: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        step, _, role = pair.partition("=")
        if step in STEPS and role in set(Role):
            found[step] = role
        else:
            faults.append(f"--role {pair!r} cannot be used: give {ROLE_HELP.removesuffix(' Repeatable.')}")
    return found


def _validated(document: dict[str, Any]) -> ShopProfile:
    try:
        return ShopProfile.model_validate(document)
    except ValidationError as error:
        problems = error.errors(include_input=False)
        raise UserError(
            "\n".join(f"{'.'.join(str(part) for part in p['loc'])}: {p['msg']}." for p in problems)
        ) from None
