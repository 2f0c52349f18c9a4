"""The gate: the truth is read at the moment of sending; each claimed message goes on, waits, or ends and says why."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules import reasons
from schedules.conditions import GateInputs, Judgement, judge
from schedules.lifecycle import State
from schedules.records import record
from schedules.shop import Role
from schedules.situations import troubled_at
from worker.bootstrap import Installation
from worker.dispatch.apart import made_of
from worker.dispatch.content import Edition, Shelf
from worker.dispatch.naming import ids
from worker.dispatch.ramping import SHARE_SENT, Ramps
from worker.dispatch.returning import CHANGED, put_back
from worker.errors import StorageUnavailableError
from worker.personalisation.library import Known, Library, Reader
from worker.rendering.port import GuideView, ProductView
from worker.rendering.spoken import spoken
from worker.store.many import is_among
from worker.store.models import Message, OrderRow
from worker.store.models.messages import BY_HAND
from worker.store.session import database_now
from worker.store.siblings import sibling_of
from worker.store.transitions import Change, transition_many
from worker.store.truth import Truth, Truths, read_truths

log = structlog.get_logger()

Consequence = tuple[State, str, dict[str, Any]]
"""A message's next state, why, and what goes with it."""


@record
class Gated:
    """A message with what it was judged by and the judgement. `products`: those behind the order's lines;
    `pictures`: as for `MailInputs`; `locale`: that of the language which the mail comes in."""

    message: Message
    truth: Truth
    edition: Edition
    locale: str
    judgement: Judgement
    products: dict[str, ProductView]
    pictures: dict[str, str]
    guide: GuideView | None
    now: datetime


@record
class _Seen:
    message: Message
    truth: Truth
    edition: Edition
    reader: Reader


def gate(installation: Installation, messages: Sequence[Message]) -> list[Gated]:
    """Judges claimed messages, acts on all that must not go now, and returns those that may."""
    now, stumbled = installation.clock.now(), dict[UUID, tuple[Message, Exception]]()

    def trip(message: Message, error: Exception) -> None:
        stumbled[message.id] = message, error  # maybe not for the last time: a batch is judged again, each alone

    def judge_all(some: Sequence[Message]) -> list[Gated]:
        with installation.database.read() as session:
            return _examined(session, some, now, trip)

    judged = made_of(messages, judge_all, trip)
    for each in judged:
        stumbled.pop(each.message.id, None)
    for message, error in stumbled.values():
        put_back(installation, message, error, "it could not be judged")
    stopped = [each for each in judged if each.judgement.action != "send"]
    if stopped:
        act_on(installation, stopped, now)
    return [each for each in judged if each.judgement.action == "send"]


def examine(session: Session, message: Message, now: datetime) -> Gated:
    """The truth about one message, with the judgement on it; changes nothing."""

    def trip(_message: Message, error: Exception) -> None:
        raise error

    [gated] = _examined(session, [message], now, trip)
    return gated


def _examined(
    session: Session, messages: Sequence[Message], now: datetime, trip: Callable[[Message, Exception], None]
) -> list[Gated]:
    """Judges each; one that cannot be judged is handed to `trip` and must not stop the others."""
    truths, shelf, ramps = read_truths(session, messages, now), Shelf(), Ramps(session, now)
    seen = [each for message in messages if (each := _seen(session, truths, shelf, message, trip)) is not None]
    library = Library(session, [each.reader for each in seen])
    judged = []
    for each in seen:
        try:
            judged.append(_ramped(ramps, _judged(library, each, now)))
        except StorageUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            trip(each.message, error)
    return judged


def _seen(
    session: Session, truths: Truths, shelf: Shelf, message: Message, trip: Callable[[Message, Exception], None]
) -> _Seen | None:
    try:
        truth, edition = truths.of(message), shelf.edition(session, message.shop_id)
        _, locale = spoken(edition.content, message.step, wanted=truth.locale, shop_locale=truth.profile.locale)
        reader = Reader(message.shop_id, truth.facts, locale)
        return _Seen(message=message, truth=truth, edition=edition, reader=reader)
    except StorageUnavailableError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with what is stored of it, the others go on
        trip(message, error)
        return None


def _judged(library: Library, seen: _Seen, now: datetime) -> Gated:
    known = library.of(seen.reader)
    return Gated(
        message=seen.message,
        truth=seen.truth,
        edition=seen.edition,
        locale=seen.reader.language,
        judgement=_refusal(seen.truth) or judge(_inputs(seen, known, now)),
        products=known.products,
        pictures=known.pictures,
        guide=known.guide,
        now=now,
    )


def _ramped(ramps: Ramps, gated: Gated) -> Gated:
    """Lets marketing of a new stream wait for another day once today's share has gone."""
    if gated.judgement.action != "send" or gated.message.stream != "marketing":
        return gated
    until = ramps.resumes_at(gated.message.shop_id, gated.truth.profile)
    if until is None:
        return gated
    if until > gated.message.expires_at:
        reason = f"{SHARE_SENT}, and its window closes today"
        return replace(gated, judgement=Judgement(action="expire", reason=reason))
    return replace(gated, judgement=Judgement(action="postpone", reason=SHARE_SENT, until=until))


def _refusal(truth: Truth) -> Judgement | None:
    if not truth.is_disconnected:
        return None
    return Judgement(action="cancel", reason=reasons.DISCONNECTED)


def _inputs(seen: _Seen, known: Known, now: datetime) -> GateInputs:
    message, truth, sequence = seen.message, seen.truth, seen.edition.sequence
    assumed = sequence.assume_delivered_after
    siblings = [sibling_of(order.external_id, facts, assumed) for order, facts in truth.siblings]
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
        sequence=sequence,
        consent=truth.consent,
        suppressed=truth.suppressed,
        hold=truth.order.hold,
        paused=truth.paused,
        marketing_sent=truth.sent,
        panels_sent=truth.panels,
        siblings=tuple([each for each in siblings if each is not None]),
        timezone=truth.timezone,
        now=now,
        has_guide=known.guide is not None,
        is_discreet=known.is_discreet,
        is_resting=truth.is_resting,
        is_by_hand=bool(message.details.get(BY_HAND)),
        troubles=tuple([at for facts in truth.other_facts if (at := troubled_at(facts)) is not None]),
    )


def act_on(installation: Installation, stopped: Sequence[Gated], now: datetime) -> None:
    """Lets each of these messages, none of which may go now, wait or end."""
    over = [each for each in stopped if each.judgement.action != "hold"]
    held = [each for each in stopped if each.judgement.action == "hold"]
    if over:
        with installation.database.write() as session:
            _move(session, [Change(each.message, *_consequence(each)) for each in over], now)
    if not held:
        return
    with installation.database.write() as session:
        free = _at_rest(session, held)
        rests = [each for each in held if each.truth.order.id in free]
        _move(session, [Change(each.message, *_consequence(each)) for each in rests], now)
    if moving := [each for each in held if each.truth.order.id not in free]:
        with installation.database.write() as session:  # apart: whoever has locked their orders may want ours
            again = (State.SCHEDULED, CHANGED, {"claims": 0})
            _move(session, [Change(each.message, *again) for each in moving], now)


def _move(session: Session, changes: Sequence[Change], now: datetime) -> None:
    moved = {change.message.id for change in transition_many(session, changes, now=now, real_at=database_now(session))}
    for message in (change.message for change in changes):
        if message.id in moved:
            is_loss = message.state == State.EXPIRED and message.stream == "transactional"
            log.info("dispatch.message.stopped", alarm=is_loss, **ids(message), state=message.state)
        else:
            log.info("dispatch.message.left", **ids(message), reason="its claim has ended")


def _at_rest(session: Session, held: Sequence[Gated]) -> set[UUID]:
    """Orders that nobody changes now, nor has changed since they were read; they stay as they are until the unit ends.

    A release that came between found the message claimed and left it; held now, it would wait for the next event.
    """
    orders = {each.truth.order.id: each.truth.order for each in held}
    mine = is_among(session, OrderRow.id, orders)
    rows = select(OrderRow.id, OrderRow.version, OrderRow.hold).where(mine).order_by(OrderRow.id)
    free = session.execute(rows.with_for_update(read=True, skip_locked=True))
    return {row.id for row in free if (row.version, row.hold) == (orders[row.id].version, orders[row.id].hold)}


def _consequence(gated: Gated) -> Consequence:
    """Every way in which the gate may stop a message: a state, why, and what goes with it."""
    judgement = gated.judgement
    if judgement.action == "postpone":
        assert judgement.until is not None, "a postponement says until when"
        return State.SCHEDULED, judgement.reason, {"send_at": judgement.until, "claims": 0}
    if judgement.action == "hold":
        held_by = "pause" if gated.truth.paused else "plan"
        return State.HELD, judgement.reason, {"held_by": held_by, "claims": 0}
    ends = {"skip": State.SKIPPED, "cancel": State.CANCELLED, "expire": State.EXPIRED}
    return ends[judgement.action], judgement.reason, {}
