"""Shops, where their webhooks come from, and who must not get mail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from worker.store.models.base import Base
from worker.store.types import new_id


class Shop(Base):
    """`profile` is a `schedules.shop.ShopProfile` as JSON; slug stands beside it for look-ups.

    `stream_keys`: stream -> {"sealed": its own SendGrid key, encrypted}; others use the installation's.
    """

    __tablename__ = "shop"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(unique=True)
    profile: Mapped[dict[str, Any]]
    stream_keys: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_demo: Mapped[bool] = mapped_column(default=False)
    uninstalled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Source(Base):
    """`secrets`: list of {"sealed": text encrypted with the secret key, "added_at": iso}; newest first, all valid.

    `proved_at` beside them: when a webhook first came with it; `used_at`: when one last did, see `store/secret_use.py`.

    `api`: how the shop's own API is reached, {"url": …, "sealed": its key, encrypted}; empty: not at all.
    """

    __tablename__ = "source"
    __table_args__ = (UniqueConstraint("shop_id", "kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    kind: Mapped[str]
    secrets: Mapped[list[Any]]
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    api: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]


class Suppression(Base):
    """An address that must not get mails of a scope: `all`, `marketing` (and offers), `offers`, or `fewer`.

    `fewer` lets one marketing mail in 30 days pass. `address` is lower case. Reasons: unsubscribed, no_offers,
    fewer_mails, manual, hard_bounce, complaint. Sources: link, cli, a provider. Whoever says so, for whatever reason,
    has a row of their own: what one takes back still holds for the others.
    """

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("shop_id", "address", "scope", "source", "reason"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    address: Mapped[str]
    scope: Mapped[str]
    reason: Mapped[str]
    source: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
