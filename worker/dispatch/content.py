"""Content and sequence of each shop, read once per batch."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.catalog import PATH, parsed_sequence
from schedules.sequence import Sequence
from worker.rendering.port import Content
from worker.store.content import load


@dataclass(frozen=True, kw_only=True)
class Edition:
    """The newest content of a shop, with its number."""

    revision: int
    content: Content
    sequence: Sequence


@dataclass
class Shelf:
    """Editions by shop, for one batch: content published meanwhile counts from the next batch on."""

    _editions: dict[UUID, Edition] = field(default_factory=dict)

    def edition(self, session: Session, shop_id: UUID) -> Edition:
        """The shop's newest edition."""
        found = self._editions.get(shop_id)
        if found is None:
            revision, content = load(session, shop_id, None)
            found = Edition(revision=revision, content=content, sequence=parsed_sequence(content.files[PATH]))
            self._editions[shop_id] = found
        return found
