"""Learning from a million orders of 20,000 products, in a process of its own; and looking up an offer."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import insert

from schedules.facts import Facts
from tests.bench.figures import Figure, judged, percentile
from tests.support.installation import installed
from tests.support.orders import a_line, an_order, keep_shop
from worker.bootstrap import Installation
from worker.dispatch.policies import BATCH
from worker.personalisation.learning.fitting import fit
from worker.personalisation.offers import choose_offer
from worker.personalisation.requests import OfferRequest
from worker.personalisation.stock import Stock
from worker.store.migrate import upgrade
from worker.store.models import Product, Purchase
from worker.store.session import Database
from worker.store.types import new_id

ORDERS, PRODUCTS, PEOPLE, CHUNK = 1_000_000, 20_000, 400_000, 20_000
START = datetime(2030, 1, 1, tzinfo=UTC)
LOOKUPS = 5_000


def purchases(shop_id: UUID, orders: int) -> Any:
    """Rows in chunks: popular products first (Zipf), each with eight complements of its own that often come along."""
    chance = np.random.default_rng(7)
    weights = 1 / np.arange(1, PRODUCTS + 1) ** 0.8
    weights /= weights.sum()
    complements = chance.choice(PRODUCTS, size=(PRODUCTS, 8), p=weights)
    for start in range(0, orders, CHUNK):
        first = chance.choice(PRODUCTS, size=CHUNK, p=weights)
        beside = complements[first[:, None], chance.integers(0, 8, size=(CHUNK, 2))]
        other = chance.choice(PRODUCTS, size=(CHUNK, 1), p=weights)
        taken = np.concatenate([first[:, None], np.where(chance.random((CHUNK, 2)) < 0.6, beside, -1), other], axis=1)
        people, days = chance.integers(0, PEOPLE, size=CHUNK), np.sort(chance.random(CHUNK)) * CHUNK / orders
        yield [
            {
                "id": new_id(),
                "shop_id": shop_id,
                "order_ref": str(start + place),
                "person": f"{people[place]:064x}",
                "placed_at": START + timedelta(days=700 * float(start / orders + days[place])),
                "products": sorted({f"product-{number}" for number in taken[place] if number >= 0}),
                "imported": True,
            }
            for place in range(CHUNK)
        ]


def fill(database: Database, orders: int) -> UUID:
    """A shop with that history and a catalogue."""
    with database.write() as session:
        shop_id = keep_shop(session, START).id
        fields = {"shop_id": shop_id, "currency": "EUR", "updated_at": START, "tags": []}
        rows = [
            {
                "id": new_id(),
                "product_id": f"product-{number}",
                "title": f"Product {number}",
                "price": Decimal("9.00"),
                "category": f"category {number % 60}",
                "url": "https://northkettle.example/p",
                "image_url": "https://northkettle.example/p.jpg",
            }
            | fields
            for number in range(PRODUCTS)
        ]
        session.execute(insert(Product), rows)
    for chunk in purchases(shop_id, orders):
        with database.write() as session:
            session.execute(insert(Purchase), chunk)
    return shop_id


def measure(orders: int) -> dict[str, float]:
    """Fills, fits, looks up. Peak memory is this process's, and the filling needs little."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        upgrade(database)
        installation = installed(database, Path(folder), clock="simulated", secret_key="a bench's secret key")
        shop_id = fill(database, orders)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        figures = fit(installation, shop_id, force=True)
        seconds = time.perf_counter() - start
        assert figures is not None
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found = lookups(installation, shop_id)
        database.close()
    return {"seconds": seconds, "before_gb": before / 1e6, "peak_gb": peak / 1e6, "coverage": figures.coverage} | found


def lookups(installation: Installation, shop_id: UUID) -> dict[str, float]:
    """Choosing offers for batches of mails, as dispatch does, and for one: what a batch is chosen from is read once."""
    took = _took(installation, shop_id, LOOKUPS // BATCH, BATCH)
    alone = _took(installation, shop_id, LOOKUPS // 10, 1)
    return {
        "lookup_ms": percentile(took, 0.5),
        "lookup_p95_ms": percentile(took, 0.95),
        "lookup_alone_ms": percentile(alone, 0.5),
    }


def _took(installation: Installation, shop_id: UUID, batches: int, size: int) -> list[float]:
    """Milliseconds a mail, of each batch."""
    took, served = [], 0
    with installation.database.read() as session:
        for batch in range(batches):
            requests = [_request(shop_id, batch * size + number) for number in range(size)]
            start = time.perf_counter()
            stock = Stock(session, requests)
            served += sum(choose_offer(stock, request).offer is not None for request in requests)
            took.append((time.perf_counter() - start) * 1000 / size)
            session.expunge_all()
    assert served, "there is something to offer"
    return took


def _request(shop_id: UUID, number: int) -> OfferRequest:
    """A mail to one person, who bought one of the 900 favourites."""
    return OfferRequest(
        shop_id=shop_id,
        message_id=UUID(int=number),
        address=f"mia{number}@example.com",
        step="confirmation",
        facts=Facts(order=an_order(START, lines=(a_line(number % 900, "Product", "38.00"),))),
        most=3,
        hide_link=str,
        earlier=(),
    )


def run(*, quick: bool = False) -> list[Figure]:
    orders = ORDERS // 20 if quick else ORDERS
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.recommendations", str(orders)],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return [
        judged(
            name=f"recommendations: rebuild, {orders:,} orders, 20,000 products",
            value=found["seconds"],
            unit="s",
            must=lambda value, _: value <= 60,
            aim=lambda value, _: value <= 15,
            must_says="≤ 60 s",
            aim_says="≤ 15 s",
        ),
        judged(
            name="recommendations: peak memory of the rebuild",
            value=found["peak_gb"],
            unit="GB",
            must=lambda value, _: value <= 2,
            aim=lambda value, _: value <= 1,
            must_says="≤ 2 GB",
            aim_says="≤ 1 GB",
        ),
        judged(
            name="recommendations: choosing one offer of a batch, median",
            value=found["lookup_ms"],
            unit="ms",
            must=lambda value, _: value <= 1,
            must_says="≤ 1 ms",
        ),
        Figure(name="recommendations: choosing one offer of a batch, p95", value=found["lookup_p95_ms"], unit="ms"),
        judged(
            name="recommendations: choosing one offer alone, median",
            value=found["lookup_alone_ms"],
            unit="ms",
            must=lambda value, _: value <= 1,
            must_says="≤ 1 ms",
        ),
    ]


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ORDERS)))
