"""The web application on a real port, for a connected shop."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.intake import SECRET, Connected, connected
from tests.support.shopify import ShopifyShop
from worker.bootstrap import Installation
from worker.celery import Postpurchase
from worker.store.session import Database
from worker.web.thread import WebThread


@dataclass(frozen=True)
class Served:
    """A connected shop that reaches Postpurchase over HTTP."""

    shop: Connected
    sender: ShopifyShop
    url: str


def serving(installation: Installation) -> Iterator[str]:
    """Runs the web part alone; its URL."""
    app = Postpurchase(installation)
    web = WebThread(app, host="127.0.0.1", port=0)
    web.start()
    yield web.url
    web.ask_to_stop()
    web.join()
    app.close()


@pytest.fixture
def served(database: Database, tmp_path: Path) -> Iterator[Served]:
    shop = connected(database, tmp_path / "var")
    for url in serving(shop.installation):
        yield Served(shop=shop, sender=ShopifyShop(url, SECRET), url=url)
