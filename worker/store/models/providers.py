"""How each provider's key stands: one row for all workers, so that they wait together, and one mail tries for all."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from worker.store.models.base import Base


class ProviderKey(Base):
    """`id`: the key's name, never the key. Times are business time, but for `probe_until`, a lease of database time.

    `failures` in a row; with enough of them nothing goes out until `shut_until`, and then a single mail first, until
    whose answer, or `probe_until`, the others wait. `trips`: how often in a row it was shut. `remaining` mails may go
    until `renews_at`; None: the provider does not say. `error`: what it said last, safe to show.
    """

    __tablename__ = "provider_key"

    id: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str]
    failures: Mapped[int] = mapped_column(default=0)
    trips: Mapped[int] = mapped_column(default=0)
    shut_until: Mapped[datetime | None]
    probe_until: Mapped[datetime | None]
    allowed: Mapped[int | None]
    remaining: Mapped[int | None]
    renews_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime]

    def is_limited(self, now: datetime) -> bool:
        """Whether the provider's limit, as it told it, still runs."""
        return self.remaining is not None and self.renews_at is not None and now < self.renews_at
