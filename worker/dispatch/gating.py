"""The gate: the truth is read at the moment of sending; each claimed message goes on, waits, or ends and says why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from schedules.conditions import GateInputs, Judgement, judge
from schedules.lifecycle import State
from schedules.shop import Role
from worker.bootstrap import Installation
from worker.dispatch.content import Edition, Shelf
from worker.dispatch.naming import ids
from worker.dispatch.returning import put_back
from worker.errors import StaleFenceError, StorageUnavailableError
from worker.personalisation.guides import find_guide
from worker.rendering.port import GuideView
from worker.store.models import Message
from worker.store.session import database_now
from worker.store.siblings import sibling_of
from worker.store.transitions import transition
from worker.store.truth import Truth, read_truth

log = structlog.get_logger()

DISCONNECTED = "the shop disconnected: nothing more is sent for it"


@dataclass(frozen=True, kw_only=True)
class Gated:
    """A message with what it was judged by and the judgement."""

    message: Message
    truth: Truth
    edition: Edition
    judgement: Judgement
    guide: GuideView | None
    now: datetime


def gate(installation: Installation, messages: Sequence[Message]) -> list[Gated]:
    """Judges claimed messages, acts on all that must not go now, and returns those that may."""
    now = installation.clock.now()
    shelf, judged = Shelf(), []
    with installation.database.read() as session:
        for message in messages:
            try:
                judged.append(examine(session, shelf, message, now))
            except StorageUnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 - one message that cannot be judged must not stop the others
                put_back(installation, message, error, "it could not be judged")
    stopped = [each for each in judged if each.judgement.action != "send"]
    if stopped:
        with installation.database.write() as session:
            real_at = database_now(session)
            for each in stopped:
                _act(session, each, real_at)
    return [each for each in judged if each.judgement.action == "send"]


def examine(session: Session, shelf: Shelf, message: Message, now: datetime) -> Gated:
    """The truth about one message, with the judgement on it; changes nothing."""
    truth = read_truth(session, message, now)
    edition = shelf.edition(session, message.shop_id)
    guide = find_guide(session, message.shop_id, truth.facts, truth.locale)
    judgement = _refusal(truth) or judge(_inputs(message, truth, edition, now, has_guide=guide is not None))
    return Gated(message=message, truth=truth, edition=edition, judgement=judgement, guide=guide, now=now)


def _refusal(truth: Truth) -> Judgement | None:
    if not truth.is_disconnected:
        return None
    return Judgement(action="cancel", reason=DISCONNECTED, until=None, with_offer=False, offer_reason="")


def _inputs(message: Message, truth: Truth, edition: Edition, now: datetime, *, has_guide: bool) -> GateInputs:
    siblings = (sibling_of(order) for order in truth.siblings)
    return GateInputs(
        facts=truth.facts,
        step=message.step,
        role=Role(message.role),
        stream=message.stream,
        parcel_group=message.parcel_group,
        send_at=message.send_at,
        aim_at=message.aim_at,
        offer_until=message.offer_until,
        expires_at=message.expires_at,
        shop=truth.profile,
        sequence=edition.sequence,
        consent=truth.consent,
        suppressed=truth.suppressed,
        hold=truth.order.hold,
        paused=truth.paused,
        marketing_sent=truth.sent,
        panels_sent=truth.panels,
        siblings=tuple(sibling for sibling in siblings if sibling is not None),
        timezone=truth.timezone,
        now=now,
        has_guide=has_guide,
    )


def _act(session: Session, gated: Gated, real_at: datetime) -> None:
    state, values = _consequence(gated)
    message, reason = gated.message, gated.judgement.reason
    try:
        transition(session, message, state, reason, now=gated.now, real_at=real_at, **values)
        is_loss = state is State.EXPIRED and message.stream == "transactional"
        log.info("dispatch.message.stopped", alarm=is_loss, **ids(message), state=state.value)
    except StaleFenceError:
        log.info("dispatch.message.left", **ids(message), reason="its claim has ended")


def _consequence(gated: Gated) -> tuple[State, dict[str, Any]]:
    """Every way in which the gate may stop a message, as a state and what goes with it."""
    judgement = gated.judgement
    if judgement.action == "postpone":
        assert judgement.until is not None, "a postponement says until when"
        return State.SCHEDULED, {"send_at": judgement.until, "claims": 0}
    if judgement.action == "hold":
        return State.HELD, {"held_by": "pause" if gated.truth.paused else "plan", "claims": 0}
    ends = {"skip": State.SKIPPED, "cancel": State.CANCELLED, "expire": State.EXPIRED}
    return ends[judgement.action], {}
