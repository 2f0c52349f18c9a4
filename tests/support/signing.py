"""Webhooks of every kind of source, signed as each does it."""

import base64
import hashlib
import hmac
import time

from sqlalchemy.orm import Session

from tests.support import woocommerce
from tests.support.intake import SECRET, delivery
from tests.support.orders import NORTHKETTLE
from worker.bootstrap import Installation
from worker.store.models import Source
from worker.store.shops import add_source, get_shop

STANDARD_SECRET = "whsec_" + base64.b64encode(b"northkettle-standard-secret-0123").decode()
SECRETS = {"shopify": SECRET, "woocommerce": SECRET, "standard": STANDARD_SECRET}
TOPICS = {
    "shopify": (
        "orders/create",
        "fulfillments/create",
        "fulfillment_events/create",
        "refunds/create",
        "products/update",
    ),
    "woocommerce": ("order.created", "order.updated", "product.updated"),
    "standard": ("order.placed",),
}


def connect_everywhere(installation: Installation) -> None:
    """Gives Northkettle a source of every kind that it has not."""
    with installation.database.write() as session:
        for kind in sorted(SECRETS.keys() - _kinds(session)):
            owner = get_shop(session, NORTHKETTLE.slug)
            add_source(session, installation.sealer, owner, kind, SECRETS[kind], now=installation.clock.now())


def signed(kind: str, topic: str, body: bytes) -> dict[str, str]:
    """The headers of a delivery of this body; the standard form has its topic in the body."""
    if kind == "shopify":
        return dict(delivery(topic, body).headers)
    name = hashlib.sha256(body).hexdigest()
    if kind == "woocommerce":
        return woocommerce.signed(topic, body, SECRET, delivery_id=name)
    stamp = str(int(time.time()))
    key = base64.b64decode(STANDARD_SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}


def _kinds(session: Session) -> set[str]:
    return {source.kind for source in session.query(Source)}
