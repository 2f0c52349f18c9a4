"""A product or variation body as a catalogue entry."""

import re
from collections.abc import Mapping
from typing import Any

from schedules.events import ProductStated
from worker.platforms.bodies import MOST, Body, amount, mapping, moment, needed_id, objects, short, text, web_url
from worker.platforms.woocommerce.prices import shown_price
from worker.platforms.woocommerce.values import listed, plain

SOLD_AS_THEY_ARE = frozenset({"simple", "subscription", "variation", "subscription_variation"})
"""Types of what lands in a cart by its own number; of all else customers choose what, first."""
PARENT_LINK = re.compile(r"/products/(\d+)/?$")


def read_product(body: Body, options: Mapping[str, Any]) -> ProductStated | None:
    """The entry; None for a variation that does not tell its name or product."""
    parent = _parent(body)
    title = plain(body.get("name"))
    if not title or (parent is None and _is_variation(body)):
        return None
    own = needed_id(body, "id")
    categories = [plain(each.get("name")) for each in listed(body.get("categories"))]
    return ProductStated(
        product_id=parent or own,
        variant_id=own if parent else None,
        title=title,
        url=web_url(body.get("permalink")) or None,
        image_url=_image(body),
        price=shown_price(body, options),
        category=short(next((name for name in categories if name.lower() != "uncategorized"), "")),
        brand=short(next((plain(each.get("name")) for each in listed(body.get("brands"))), "")),
        tags=tuple(name for each in listed(body.get("tags")) if (name := plain(each.get("name")))),
        inventory=_inventory(body),
        is_active=_is_sold(body),
        updated_at=moment(body.get("date_modified_gmt")),
        on_sale=body.get("on_sale") is True,
        needs_choice=text(body.get("type") or "simple") not in SOLD_AS_THEY_ARE,
    )


def _is_variation(body: Body) -> bool:
    return text(body.get("type")) == "variation" or ("type" not in body and "image" in body)


def _parent(body: Body) -> str | None:
    """The product a variation belongs to, by number, else by its link; None for anything else."""
    if not _is_variation(body):
        return None
    told = text(body.get("parent_id"))
    if told not in ("", "0"):
        return told
    links = (PARENT_LINK.search(text(up.get("href"))) for up in objects(mapping(body.get("_links")).get("up")))
    return next((link[1] for link in links if link), None)


def _image(body: Body) -> str | None:
    pictures = [*listed(body.get("images")), mapping(body.get("image"))]
    return next((url for picture in pictures if (url := web_url(picture.get("src")))), None)


def _inventory(body: Body) -> int | None:
    """Pieces left; None where stock is not counted or back-orders are taken."""
    if text(body.get("stock_status")) == "outofstock":
        return 0
    is_counted = body.get("manage_stock") not in (None, False, "")
    if not is_counted or body.get("backorders_allowed") is True or body.get("stock_quantity") is None:
        return None
    return min(max(int(amount(body.get("stock_quantity"))), 0), MOST)


def _is_sold(body: Body) -> bool:
    """Whether the shop itself sells and shows it to everybody; external products are sold elsewhere."""
    is_published = body.get("status") is True or text(body.get("status") or "publish") == "publish"
    is_shown = text(body.get("catalog_visibility")) != "hidden" and not text(body.get("post_password"))
    is_ours = text(body.get("type")) != "external"
    return is_published and is_shown and is_ours and body.get("purchasable") is not False
