"""Messages: one row is one email; their attempts, their history, and mails kept in the outbox."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from schedules.lifecycle import RETURNED, State
from worker.store.models.base import Base, partial_index
from worker.store.types import new_id


def _listed(states: tuple[State, ...]) -> str:
    return ", ".join(f"'{state}'" for state in states)


COUNTED = (State.ATTEMPTING, State.UNKNOWN, State.ABANDONED, State.ACCEPTED, State.DELIVERED)
"""States in which a mail reached the person, or may have."""
CAPPED = "(stream = 'marketing' OR has_offer)"
"""Mails that count for caps."""
LATE_BY = ("aim_at", "send_at", "stream", "tries")
"""What tells how late a mail that went out was."""
AGAIN = "step = 'confirmation' AND (parcel_group <> '' OR occurrence > 0)"
"""Confirmations that are not the first planned for their order: few, while most orders have one."""
BY_HAND = "by_hand"
"""In a message's details: a person asked for it, so it waits for no window and no daytime."""
KNEW = "knew"
"""In a message's details: ids of the parcels that were known when it was handed over."""
SHOWED = "showed"
"""In a message's details: `updated_at` of the order as the mail showed it."""


class Message(Base):
    """Unique per (shop, order, sequence, step, parcel group, occurrence).

    `fence` grows with every claim; a write that carries an older one changes nothing. `claims` counts claims since the
    last orderly end of one. `lease_until` and `attempted_at` are database time; everything else is business time, also
    `resolve_at` (when the policy decides an unknown one). `held_by`: what keeps a held message: `pause` (released when
    the pause ends) or `plan` (released by the planner).
    `details` keeps what is worth showing; under `KNEW` and `SHOWED`, what it told of. `role`: replace | companion;
    `stream`: transactional | marketing.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("order_id", "sequence", "step", "parcel_group", "occurrence"),
        partial_index("ix_message_due", "state = 'scheduled'", "send_at", "id"),
        partial_index(
            "ix_message_due_of_shop", "state = 'scheduled' AND claims < 2", "shop_id", "stream", "send_at", "id"
        ),
        partial_index("ix_message_suspect", "state = 'scheduled' AND claims >= 2", "send_at", "id"),
        partial_index("ix_message_expiring", "state = 'scheduled'", "expires_at", "id"),
        partial_index("ix_message_paused", "state = 'held' AND held_by = 'pause'", "shop_id", "id"),
        partial_index("ix_message_held", "state = 'held'", "expires_at", "id"),
        partial_index("ix_message_claimed", "state = 'claimed'", "lease_until"),
        partial_index("ix_message_attempting", "state = 'attempting'", "lease_until"),
        partial_index("ix_message_unknown", "state = 'unknown'", "resolve_at"),
        partial_index("ix_message_returned", f"state IN ({_listed(RETURNED)})", "expires_at"),
        Index("ix_message_address", "shop_id", "address", "accepted_at"),
        partial_index("ix_message_counted", f"{CAPPED} AND state IN ({_listed(COUNTED)})", "shop_id", "address"),
        Index("ix_message_shop_state", "shop_id", "state", "step", "stream"),  # counting reads the index alone
        partial_index("ix_message_again", AGAIN, "shop_id", "state"),
        partial_index("ix_message_accepted", "accepted_at IS NOT NULL", "accepted_at", *LATE_BY, "shop_id", "step"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("customer_order.id"))
    sequence: Mapped[str]
    step: Mapped[str]
    parcel_group: Mapped[str] = mapped_column(default="")
    occurrence: Mapped[int] = mapped_column(default=0)
    role: Mapped[str]
    stream: Mapped[str]
    template: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    held_by: Mapped[str] = mapped_column(default="")
    send_at: Mapped[datetime]
    aim_at: Mapped[
        datetime
    ]  # when it was meant to go; `offer_until`, and a receipt's lateness, count from the plan, not a postponement
    offer_until: Mapped[datetime | None]  # after this the mail goes without its offer
    expires_at: Mapped[datetime]
    address: Mapped[str | None]  # lower case; set when planned, re-read at the gate
    fence: Mapped[int] = mapped_column(default=0)
    claims: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)  # attempts that reached the provider
    lease_until: Mapped[datetime | None]
    attempted_at: Mapped[datetime | None]
    resolve_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    provider: Mapped[str] = mapped_column(default="")
    provider_id: Mapped[str] = mapped_column(default="")
    revision: Mapped[int | None]
    variant: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(default="")
    has_offer: Mapped[bool] = mapped_column(default=False)
    counts_clicks: Mapped[bool] = mapped_column(default=False)  # it has links that are counted, for its own person
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Attempt(Base):
    """One call to a provider. `outcome`: open | accepted | retry | refused | unknown. Times are database time."""

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("message_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    number: Mapped[int]
    fence: Mapped[int]
    provider: Mapped[str]
    outcome: Mapped[str] = mapped_column(default="open")
    receipt: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Transition(Base):
    """Every change of a message's state or time, with its reason; `at` is business time, `real_at` database time."""

    __tablename__ = "transition"
    __table_args__ = (Index("ix_transition_message", "message_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    before: Mapped[str | None]
    after: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    real_at: Mapped[datetime]


class OutboxMail(Base):
    """A mail kept instead of sent. One row per attempt: the outbox is never ambiguous."""

    __tablename__ = "outbox_mail"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"), index=True)
    attempt_id: Mapped[UUID | None] = mapped_column(unique=True)
    sender: Mapped[str]
    to: Mapped[str]
    reply_to: Mapped[str] = mapped_column(default="")
    subject: Mapped[str]
    preview: Mapped[str] = mapped_column(default="")
    headers: Mapped[dict[str, Any]]
    html: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]
