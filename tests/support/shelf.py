"""A catalogue of the example shop, for tests of what is offered."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from tests.support.dispatching import MORNING
from worker.store.models import Pairing, Product

TITLES = {
    "product-1": "Dripper 02",
    "product-2": "Paper filters 02",
    "kettle": "Kettle 0.9",
    "grinder": "Hand grinder",
    "beans": "House espresso beans",
}


def stock(session: Session, shop_id: UUID, product_id: str, price: str = "24.00", **changes: Any) -> None:
    """Puts a product on the shelf; what Mia bought is `product-1` and `product-2`."""
    fields: dict[str, Any] = {
        "title": f"{TITLES.get(product_id, product_id)}, in full",
        "short_title": TITLES.get(product_id, product_id),
        "url": f"https://northkettle.example/{product_id}",
        "image_url": f"https://northkettle.example/{product_id}.jpg",
        "price": Decimal(price),
        "currency": "EUR",
        "updated_at": MORNING,
    }
    session.add(Product(shop_id=shop_id, product_id=product_id, **(fields | changes)))


def pair(session: Session, shop_id: UUID, offer: str, **changes: Any) -> None:
    """Who bought the dripper may be offered this."""
    fields = changes if "when_category" in changes or "when_tag" in changes else {"when_product": "product-1"} | changes
    session.add(Pairing(shop_id=shop_id, offer_product=offer, **fields))
