"""A product body as catalogue entries, one a variant.

Since API 2025 bodies no longer say whether stock is counted (`inventory_management`): what they tell is then taken as
counted, unless the variant goes on selling without stock.
"""

from collections.abc import Iterator

from schedules.events import ProductStated, VariantsStated
from worker.platforms.bodies import MOST, Body, amount, identifier, mapping, moment, needed_id, objects, short, text
from worker.platforms.shopify.orders import read_tags

LARGEST_LIST = 100
"""Bodies list no more variants than this; `variant_gids` names them all."""


def read_product(body: Body, domain: str) -> Iterator[ProductStated | VariantsStated]:
    """Every variant, and then which there are."""
    variants = objects(body.get("variants"))
    for variant in variants or [{}]:
        yield _variant(body, variant, domain)
    known = _variant_ids(body, variants)
    if known:
        yield VariantsStated(
            product_id=needed_id(body, "id"), variant_ids=known, updated_at=moment(body.get("updated_at"))
        )


def _variant(body: Body, variant: Body, domain: str) -> ProductStated:
    handle = text(body.get("handle"))
    price = text(variant.get("price"))
    return ProductStated(
        product_id=needed_id(body, "id"),
        variant_id=identifier(variant.get("id")),
        title=text(body.get("title")),
        url=f"https://{domain}/products/{handle}" if handle and domain else None,
        image_url=_image(body, variant),
        price=str(amount(price)) if price else None,
        category=short(body.get("product_type")),
        brand=short(body.get("vendor")),
        tags=read_tags(body.get("tags")),
        inventory=_inventory(variant),
        is_active=text(body.get("status") or "active") == "active" and body.get("published_at", "always") is not None,
        updated_at=moment(body.get("updated_at")),
    )


def _variant_ids(body: Body, variants: list[Body]) -> tuple[str, ...]:
    """The ids of all variants; none when not all are told."""
    gids = [text(each.get("admin_graphql_api_id")) for each in objects(body.get("variant_gids"))]
    if gids:
        return tuple(gid.rpartition("/")[2] for gid in gids)
    told = tuple(needed_id(each, "id") for each in variants if each.get("id") is not None)
    return told if len(told) < LARGEST_LIST else ()


def _image(body: Body, variant: Body) -> str | None:
    """The variant's own picture, else the product's first, wherever the body has it."""
    pictures = objects(body.get("images"))
    chosen = identifier(variant.get("image_id"))
    own = [each for each in pictures if chosen is not None and identifier(each.get("id")) == chosen]
    media = [mapping(each.get("preview_image")) for each in objects(body.get("media"))]
    ranked = [*own, mapping(body.get("image")), *pictures, *media]
    return next((url for each in ranked if (url := text(each.get("src")))), None)


def _inventory(variant: Body) -> int | None:
    """Pieces left; None where stock is not counted, or the variant is sold without."""
    is_counted = variant.get("inventory_management", "unsaid") is not None
    stock = variant.get("inventory_quantity")
    if not is_counted or stock is None or text(variant.get("inventory_policy")) == "continue":
        return None
    return min(max(int(amount(stock)), 0), MOST)
