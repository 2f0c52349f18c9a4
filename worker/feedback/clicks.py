"""Clicks, counted beside the message's state: every fetch, and apart from them those that a person seems to have made.

Guards of mailboxes fetch a mail's links as it arrives, many at once and under a browser's name. So nothing within
seconds of the hand-over counts as human, nor does a fetch among others of the same mail in one breath; once a breath
shows itself as such, what of it had counted as human is taken back.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from worker.bootstrap import Installation
from worker.links import ClickToken
from worker.store.models import Click, Message
from worker.store.models.feedback import ANSWER
from worker.store.session import insert_into
from worker.store.types import new_id

SOON = timedelta(seconds=5)
"""After the provider took the mail: nobody finds, opens and taps faster."""
BREATH = timedelta(seconds=2)
AT_ONCE = 3
"""Different links of one mail within a breath: nobody taps so fast, even into tabs behind."""

log = structlog.get_logger()


def record_click(installation: Installation, click: ClickToken, machine: str) -> None:
    """Counts one fetch of a link. `machine`: why it is no person's; empty when it may be one's.

    A mail that is not known, or whose person was erased, counts nothing.

    Raises:
        StorageUnavailableError: it is not counted.
    """
    now = installation.clock.now()
    with installation.database.write() as session:
        # Locked, so that fetches at once see each other; rows that point at it may still be written.
        mine = select(Message).where(Message.id == click.message_id, Message.address.is_not(None))
        message = session.scalars(mine.with_for_update(key_share=True)).one_or_none()
        if message is None:
            return
        why = _count(session, message, click, machine, now)
    target = click.target
    told = {"message_id": str(message.id), "kind": target.kind.value, "ref": target.ref}
    log.info("feedback.click.counted", **told, human=not why, why=why)


def note_answer(session: Session, message: Message, now: datetime) -> None:
    """Counts an answer to the mail's question: a sign of its person as good as a click, and no machine gives one."""
    whose = {"id": new_id(), "shop_id": message.shop_id, "message_id": message.id, "step": message.step}
    times = dict.fromkeys(("first_at", "last_at", "human_at", "human_first_at"), now)
    row = insert_into(session, Click).values(**whose, **times, kind=ANSWER, ref="", raw=1, human=1)
    again = {"raw": Click.raw + 1, "human": Click.human + 1, "last_at": now, "human_at": now}
    session.execute(row.on_conflict_do_update(index_elements=["message_id", "kind", "ref"], set_=again))


def _count(session: Session, message: Message, click: ClickToken, machine: str, now: datetime) -> str:
    """Why the fetch does not count as human; empty when it does."""
    rows = session.scalars(select(Click).where(Click.message_id == message.id)).all()
    row = _row(session, rows, message, click, now)
    near = [each for each in rows if each is not row and now - each.last_at <= BREATH]
    others = [each for each in near if each.kind != ANSWER]
    why = machine or ("too soon" if _is_soon(message, now) else "")
    if len(others) + 1 >= AT_ONCE:
        why = why or "many at once"
        _take_back([row, *others], now)
    row.raw += 1
    row.last_at = max(row.last_at, now)
    is_repeated = row.human_at is not None and now - row.human_at <= BREATH  # a double tap is one click
    if not why and not is_repeated:
        # Versions that did not keep the first click may have counted earlier ones.
        row.human_first_at = row.human_first_at or row.human_before or row.human_at or now
        row.human, row.human_before, row.human_at = row.human + 1, row.human_at, now
    return why


def _row(session: Session, rows: Sequence[Click], message: Message, click: ClickToken, now: datetime) -> Click:
    link = (click.target.kind.value, click.target.ref)
    found = next((row for row in rows if (row.kind, row.ref) == link), None)
    if found is None:
        named = {"kind": link[0], "ref": link[1], "step": message.step}
        whose = {"id": new_id(), "shop_id": message.shop_id, "message_id": message.id}
        found = Click(**whose, **named, raw=0, human=0, first_at=now, last_at=now)
        session.add(found)
    return found


def _is_soon(message: Message, now: datetime) -> bool:
    """Also while the call to the provider is under way: some servers look into a mail before they take it."""
    if message.accepted_at is None:
        return message.state == State.ATTEMPTING
    return now - message.accepted_at < SOON


def _take_back(rows: Sequence[Click], now: datetime) -> None:
    """What counted as human in this breath does no more; at most one click of each link has."""
    for row in rows:
        if row.human_at is not None and now - row.human_at <= BREATH:
            row.human, row.human_at, row.human_before = row.human - 1, row.human_before, None
            row.human_first_at = row.human_first_at if row.human else None
