"""What an installation has left to do, read from its database."""

from datetime import datetime

from sqlalchemy import and_, func, or_, select

from worker.bootstrap import Installation
from worker.store.events import count_stored
from worker.store.models import Message


def count_open(installation: Installation) -> int:
    """How many events and messages want work now; also those that a pause of the provider keeps."""
    now, state = installation.clock.now(), Message.state
    open_now = or_(
        state.in_(("claimed", "attempting")),
        and_(state == "scheduled", Message.send_at <= now),
        and_(state == "held", Message.expires_at <= now),
        and_(state == "unknown", Message.resolve_at <= now),
    )
    with installation.database.snapshot() as session:
        messages = session.scalar(select(func.count()).select_from(Message).where(open_now)) or 0
        return messages + count_stored(session)


def next_decision(installation: Installation) -> datetime | None:
    """When the next message whose end is unclear is decided about; None: there is none."""
    with installation.database.read() as session:
        return session.scalar(select(func.min(Message.resolve_at)).where(Message.state == "unknown"))
