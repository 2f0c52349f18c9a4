"""Webhooks are answered at once, whatever has become of the mail provider and of the broker."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.web.conftest import serving
from tests.support.intake import SECRET, Connected, connected
from tests.support.sendgrid import Behaviour, stand_in
from tests.support.servers import free_port
from tests.support.shopify import ShopifyShop, order
from worker.delivery.sendgrid import SendGrid
from worker.dispatch.service import deliver_batch
from worker.store.session import Database

ACCEPTED_WITHIN_S = 1.0
"""What Shopify grants a connection; for the whole answer it waits five."""


@contextmanager
def silent_server() -> Iterator[int]:
    """Takes connections and never says a word; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture(params=["gone", "silent"])
def broker(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "gone":
        yield f"redis://127.0.0.1:{free_port()}/0"
    else:
        with silent_server() as port:
            yield f"redis://127.0.0.1:{port}/0"


def test_webhooks_are_answered_while_provider_and_broker_are_silent(
    database: Database, tmp_path: Path, broker: str
) -> None:
    shop = connected(database, tmp_path / "var", clock="simulated", broker_url=broker, secret_key="a test's secret key")
    shop.plan("orders/create", order(1041, shop.now))
    shop.installation.clock.move_to(shop.now + timedelta(minutes=5))
    for url in serving(shop.installation):
        with _hanging_mail(shop):
            took = [_seconds(ShopifyShop(url, SECRET), order(number, shop.now)) for number in range(1042, 1052)]
    assert max(took) < ACCEPTED_WITHIN_S
    assert len(shop.events()) == 11
    assert {message.state for message in shop.messages()} == {"unknown"}


@contextmanager
def _hanging_mail(shop: Connected) -> Iterator[None]:
    """A mail is under way to a provider that took it and never answers, until the block ends."""
    with stand_in() as provider:
        provider.always = Behaviour(kind="black_hole")
        calling = SendGrid(api_key=provider.key, base_url=provider.url, can_reconcile=True, total_timeout_s=60)
        shop.installation.__dict__["provider"] = calling
        sending = threading.Thread(target=lambda: deliver_batch(shop.installation), daemon=True)
        sending.start()
        while provider.requests == 0:
            assert sending.is_alive()
            time.sleep(0.01)
        yield
        assert sending.is_alive(), "the provider has answered"
    sending.join(timeout=10)
    calling.close()


def _seconds(shop: ShopifyShop, body: dict[str, Any]) -> float:
    began = time.monotonic()
    assert shop.post("orders/create", body) == 202
    return time.monotonic() - began
