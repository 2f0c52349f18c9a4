"""The lines of an order's story, as `timeline` prints them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from worker.reports.refusals import ChoiceLine, TellingLine


class EventLine(BaseModel):
    """One stored webhook."""

    id: UUID
    topic: str
    state: str
    note: str
    received_at: datetime


class TransitionLine(BaseModel):
    """One change of a message. `at` is business time."""

    at: datetime
    before: str | None
    after: str
    reason: str


class ProductLine(BaseModel):
    """A product shown in a mail, and why."""

    product_id: str
    variant_id: str
    title: str
    kind: str
    why: str
    proof: str


class CodeLine(BaseModel):
    code: str
    kind: str
    value: str
    currency: str
    state: str
    reason: str
    by_other: bool
    ends_at: datetime


class DeliveryLine(BaseModel):
    """What a provider told of the mail. `at` is the provider's time, `kind` its word, `words` its reason or answer."""

    at: datetime
    provider: str
    kind: str
    words: str


class ClickLine(BaseModel):
    """One counted link of a mail that was followed. `title`: the product's, of those that the mail offered.

    `raw` counts all fetches, `human` those that a person seems to have made, the last of them at `human_at`.
    """

    kind: str
    ref: str
    title: str
    raw: int
    human: int
    first_at: datetime
    last_at: datetime
    human_at: datetime | None


class MessageLine(BaseModel):
    """One email. Times are UTC; `send_at_local` is `send_at` on the clocks of the shop.

    `counts_clicks`: it has counted links; `clicks` lists those of them that were followed. `answers`: what its customer
    said to its question.
    """

    id: UUID
    sequence: str
    step: str
    parcel_group: str
    occurrence: int
    template: str
    role: str
    stream: str
    state: str
    reason: str
    send_at: datetime
    send_at_local: datetime
    aim_at: datetime
    offer_until: datetime | None
    expires_at: datetime
    accepted_at: datetime | None
    delivered_at: datetime | None
    tries: int
    revision: int | None
    variant: str
    subject: str
    has_offer: bool
    products: list[ProductLine]
    code: CodeLine | None
    details: dict[str, Any]
    counts_clicks: bool
    clicks: list[ClickLine]
    answers: list[str]
    delivery_events: list[DeliveryLine]
    transitions: list[TransitionLine]


class Timeline(BaseModel):
    """`unsent` maps a step without a message to the reason. `refused`, `told`: of the person, over all their orders."""

    shop: str
    timezone: str
    order: str
    external_id: str
    placed_at: datetime | None
    payment: str
    hold: str | None
    imported: bool
    events: list[EventLine]
    messages: list[MessageLine]
    unsent: dict[str, str]
    refused: list[ChoiceLine]
    told: list[TellingLine]
