"""An imaginary order of a shop: Mia's, told by the demo's own webhooks, for somewhere and somebody else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from schedules.events import ORDER_EVENTS, OrderCancelled, OrderStated
from schedules.facts import Address, ConsentState, Order
from schedules.rehearsal import Happening
from worker.demo.bodies import ORDER_ID
from worker.demo.webhooks import Webhook, order_delivered, order_placed, order_shipped
from worker.platforms.registry import PLATFORMS
from worker.platforms.zones import timezone_for


@dataclass(frozen=True, kw_only=True)
class Imagined:
    """What happens to the order, and when; None: it never does.

    `country`: ISO 3166-1 alpha-2 of the delivery; empty: that of the example.
    """

    placed_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None = None
    country: str = ""
    consent: ConsentState = ConsentState.SUBSCRIBED

    def happenings(self) -> Iterator[Happening]:
        """All that the shop would tell of it."""
        for webhook in self._webhooks():
            told = PLATFORMS["shopify"].read(
                topic=webhook.topic, body=webhook.body, headers={}, received_at=webhook.at, options={}
            )
            for event in told.events:
                if isinstance(event, OrderStated):
                    yield Happening(webhook.at, OrderStated(order=self._elsewhere(event.order)))
                elif isinstance(event, ORDER_EVENTS):
                    yield Happening(webhook.at, event)
        if self.cancelled_at is not None:
            yield Happening(self.cancelled_at, OrderCancelled(order_id=str(ORDER_ID), at=self.cancelled_at))

    def _webhooks(self) -> Iterator[Webhook]:
        yield order_placed(self.placed_at)
        if self.shipped_at is not None:
            yield order_shipped(self.shipped_at)
        if self.delivered_at is not None:
            yield order_delivered(self.delivered_at)

    def _elsewhere(self, order: Order) -> Order:
        customer = order.customer.model_copy(update={"consent": self.consent})
        moved = {"customer": customer, "timezone": timezone_for(self.country) or order.timezone}
        if self.country:
            there = Address(country=self.country)
            moved |= {"shipping_address": there, "billing_address": there}
        return order.model_copy(update=moved)
