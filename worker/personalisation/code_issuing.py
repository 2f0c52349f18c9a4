"""A new code for an order: who may have one, how deep, and where its text comes from."""

import secrets
from decimal import Decimal

import structlog
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from schedules.shop import ShopProfile
from worker.personalisation.code_ends import why_revoked
from worker.personalisation.code_requests import CodeRequest
from worker.personalisation.code_terms import (
    Depth,
    Variant,
    cheapest_of,
    depth_under,
    ends_at,
    sold_too_low,
)
from worker.platforms.registry import CODE_MAKERS
from worker.rendering.port import ProductView
from worker.store.codes import code_of, has_live_code, insert_code, last_code_at
from worker.store.models import DiscountCode, Product
from worker.store.pool import Level, level, take_code
from worker.store.types import new_id

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""No letter that is read as another one."""
PREFIX = 3
LENGTH = 8
TRIES = 20
"""How many texts are tried when each was issued before: with 31^8 of them the second never is."""

log = structlog.get_logger()


def issue_code(session: Session, request: CodeRequest) -> DiscountCode | str:
    """A new code, or why there is none."""
    if why_not := _why_none(session, request):
        return why_not
    products = request.discountable
    kind, value = request.sequence.code.depth(request.given)
    depth = depth_under(request.profile, kind, value, cheapest_of(products), request.order.currency)
    if depth is None:
        return "the shop's ceiling or another currency leaves nothing of it"
    if too_low := why_too_low(session, request, depth.kind, depth.value):
        return too_low
    if _needs_products(request) and kind != "free_shipping" and not products:
        return "the shop can tie it to products only, and the mail shows none that may be discounted"
    for _ in range(TRIES):
        made = _from_pool(session, request, depth) if request.maker.kind == "pool" else _drawn(request, depth)
        if isinstance(made, str):
            return made
        insert_code(session, made)
        code = code_of(session, request.order_id, lock=True)
        if code is not None:
            return code
    raise RuntimeError(f"{TRIES} codes in a row were issued before")


def _why_none(session: Session, request: CodeRequest) -> str:
    if request.order.is_b2b:
        return "it is a business order"
    if revoked := why_revoked(request.facts):
        return revoked
    mine, order_id, now = (request.shop_id, request.address), request.order_id, request.now
    last = last_code_at(session, *mine, but_not=order_id)
    if last is not None and now - last <= request.sequence.code.rest:
        return f"the customer got a code on {last:%d %B %Y}"
    if has_live_code(session, *mine, but_not=order_id, now=now):
        return "a code of another order is still valid"
    return ""


def why_too_low(session: Session, request: CodeRequest, kind: str, value: Decimal) -> str:
    products, floor = request.discountable, request.sequence.code.margin_floor
    title = sold_too_low(products, _costs(session, request, products), kind=kind, value=value, floor=floor)
    return f"it would sell {title} below the margin floor of {floor:g} %" if title else ""


def _costs(session: Session, request: CodeRequest, products: tuple[ProductView, ...]) -> dict[Variant, Decimal]:
    names = [(product.product_id, product.variant_id) for product in products]
    if not names:
        return {}
    mine = (Product.shop_id == request.shop_id, tuple_(Product.product_id, Product.variant_id).in_(names))
    rows = session.execute(select(Product.product_id, Product.variant_id, Product.cost).where(*mine))
    return {(row[0], row[1]): row[2] for row in rows if row[2] is not None}


def _drawn(request: CodeRequest, depth: Depth) -> DiscountCode:
    asks = request.maker.kind in CODE_MAKERS
    code = _new_code(request, depth, draw_text(request.profile))
    code.state = "reserved" if asks else "created"
    code.due_at = code.wanted_at = request.now if asks else None
    if _needs_products(request) and depth.kind != "free_shipping":
        code.only = sorted({product.product_id for product in request.discountable})
    return code


def _from_pool(session: Session, request: CodeRequest, depth: Depth) -> DiscountCode | str:
    """A code of the pool that is no deeper; what was taken is never given out again."""
    until = ends_at(request.facts, request.profile, request.sequence, request.now)
    row = take_code(
        session,
        request.shop_id,
        kind=depth.kind,
        most=depth.value,
        currency=request.order.currency,
        valid_until=until,
        now=request.now,
    )
    _watch_pool(request, level(session, request.shop_id, request.now), is_missed=row is None)
    if row is None:
        return "the pool has no code that is deep enough, not too deep, and lasts long enough"
    code = _new_code(request, Depth(kind=depth.kind, value=row.value, minimum=row.minimum_spend), row.code)
    code.state = "created"
    code.told = {"ends_at": row.ends_at.isoformat()} if row.ends_at else {}
    return code


def _watch_pool(request: CodeRequest, now: Level, *, is_missed: bool) -> None:
    """Says when it gets low, and at every tenth code from there on."""
    if is_missed:
        log.error("codes.pool.empty", alarm=True, shop=request.profile.slug, left=now.left)
    elif now.is_low and (now.left == now.low_at or now.left % 10 == 0):
        log.warning("codes.pool.low", alarm=True, shop=request.profile.slug, left=now.left)


def _needs_products(request: CodeRequest) -> bool:
    """Shopify cannot except products: a code is then for a collection, or for what the mails show."""
    is_shopify = request.maker.kind == "shopify"
    return is_shopify and not request.never_on.is_empty and not request.profile.code_collection


def _new_code(request: CodeRequest, depth: Depth, text: str) -> DiscountCode:
    return DiscountCode(
        id=new_id(),
        shop_id=request.shop_id,
        order_id=request.order_id,
        address=request.address,
        code=text,
        kind=depth.kind,
        value=depth.value,
        currency=request.order.currency,
        minimum_spend=depth.minimum,
        starts_at=request.now,
        ends_at=ends_at(request.facts, request.profile, request.sequence, request.now),
        only=[],
        never_on=request.never_on.model_dump(mode="json"),
        segment=request.segment.value,
        reason=f"{request.segment.replace('_', ' ')} customer, {request.step} mail",
        backend=request.maker.kind,
        source_id=request.maker.source_id,
        told={},
        created_at=request.now,
    )


def draw_text(profile: ShopProfile) -> str:
    """A few letters of the shop, so that its staff know the code when they see it; the rest is chance."""
    prefix = [letter for letter in profile.slug.upper() if letter in ALPHABET][:PREFIX]
    return "".join([*prefix, *(secrets.choice(ALPHABET) for _ in range(LENGTH))])
