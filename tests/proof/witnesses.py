"""What stands around an installation under proof: a broker that can be stopped, and a shop that never gives up."""

import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException
from typing import Any
from uuid import uuid4

from tests.support.journal import Journal
from tests.support.shopify import ShopifyShop

SECRET = "shpss_proof"
RETRY_S = 0.1
POSTERS = 8
"""Deliveries at once: enough for some of them to share a commit."""


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """One delivery; posted until it is acknowledged. `told_at`: the business time it tells of."""

    shop: str
    topic: str
    order: int
    told_at: datetime
    body: Mapping[str, Any]
    event_id: str = field(default_factory=lambda: uuid4().hex)


class Shops:
    """Posts webhooks from threads of its own and tries each again until 2xx, as a platform does; writes down which."""

    def __init__(self, base_url: str, journal: Journal) -> None:
        self._base_url, self._journal = base_url, journal
        self._waiting: queue.Queue[Webhook | None] = queue.Queue()
        self._threads = [threading.Thread(target=self._post_on, daemon=True) for _ in range(POSTERS)]
        self._is_over = False
        for thread in self._threads:
            thread.start()

    def post(self, webhook: Webhook, *, times: int = 1) -> None:
        """Hands it over; returns at once. With more `times` it is delivered again."""
        for _ in range(times):
            self._waiting.put(webhook)

    @property
    def waiting(self) -> int:
        """How many are not acknowledged."""
        return self._waiting.unfinished_tasks

    def wait(self, patience_s: float) -> bool:
        """Whether everything was acknowledged; it may take as long as one more is every `patience_s`."""
        left, since = -1, time.monotonic()
        while now := self.waiting:
            if now != left:
                left, since = now, time.monotonic()
            if time.monotonic() - since > patience_s:
                return False
            time.sleep(0.02)
        return True

    def close(self) -> None:
        self._is_over = True
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(30)

    def _post_on(self) -> None:
        while (webhook := self._waiting.get()) is not None:
            while not self._is_over and self._answer(webhook) // 100 != 2:
                time.sleep(RETRY_S)
            self._waiting.task_done()

    def _answer(self, webhook: Webhook) -> int:
        shop = ShopifyShop(self._base_url, SECRET, slug=webhook.shop)
        try:
            status = shop.post(webhook.topic, dict(webhook.body), event_id=webhook.event_id)
        except (OSError, HTTPException):
            return 0
        about = {"topic": webhook.topic, "order": str(webhook.order)}
        if status // 100 == 2:
            told_at = webhook.told_at.timestamp()
            self._journal.write("posted", shop=webhook.shop, event_id=webhook.event_id, told_at=told_at, **about)
        else:
            self._journal.write("turned_away", status=status, **about)
        return status
