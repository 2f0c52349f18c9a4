"""Events become facts, facts become scheduled messages: one transaction per event."""

import time
from collections.abc import Callable
from uuid import UUID

import structlog

from schedules.events import AppUninstalled, ShopRedacted
from worker.bootstrap import Installation
from worker.errors import StorageFullError, StorageUnavailableError, UnreadableEventError
from worker.planning.apply import apply_reading
from worker.planning.disconnecting import cancel_waiting, disconnect_shop
from worker.planning.erasure import person_ref
from worker.planning.reading import read_event
from worker.planning.scheduling import replan
from worker.planning.shop_erasure import close_shop, erase_people
from worker.planning.unit import Unit
from worker.platforms.port import Reading
from worker.store.events import (
    MAX_CLAIMS,
    claim_event,
    finish_event,
    forgive_claim,
    lock_event,
    reopen_events,
    waiting_events,
)
from worker.store.models import InboundEvent, OrderRow, Source
from worker.store.orders import lock_order
from worker.telemetry import bound

log = structlog.get_logger()

LongWork = Callable[[Installation, InboundEvent], bool]
"""Does a part of what an event asks for; whether nothing is left."""
SWEPT_AT_ONCE = 50
TRIES = 3
"""How often a transaction is run again at once when the database broke it off, for example over a deadlock."""


def plan_event(installation: Installation, event_id: UUID) -> str | None:
    """Plans a stored event; its new state, or None when there was nothing to do or somebody else does it.

    Erasing or disconnecting a large shop takes many of these calls: until it is done its event stays stored.

    An event that cannot be read, or whose planning fails or dies repeatedly, ends as failed and is kept for `replay`.

    Raises:
        StorageUnavailableError: the event stays stored; the sweep tries again once the claim has ended.
    """
    with bound(event_id=event_id):
        with installation.database.write() as session:
            claims = claim_event(session, event_id)
        if claims is None:
            return None
        if claims > MAX_CLAIMS:
            return _fail(installation, event_id, f"planning it died {MAX_CLAIMS} times without an outcome")
        try:
            return _again(lambda: _plan(installation, event_id))
        except UnreadableEventError as error:
            return _fail(installation, event_id, str(error))
        except StorageFullError:
            _forgive(installation, event_id)
            raise
        except StorageUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug of ours must not lose the event: it is kept, with an alarm
            return _fail(installation, event_id, f"planning it broke: {type(error).__name__}", bug=error)


def sweep_events(installation: Installation, *, for_s: float) -> int:
    """Plans stored events that nobody has claimed, oldest first, for at most about `for_s` seconds; how many."""
    until = time.monotonic() + for_s
    done = 0
    while time.monotonic() < until:
        with installation.database.read() as session:
            waiting = waiting_events(session, SWEPT_AT_ONCE)
        for event_id in waiting:
            done += plan_event(installation, event_id) is not None
            if time.monotonic() > until:
                break
        if len(waiting) < SWEPT_AT_ONCE:
            break
    return done


def replan_order(installation: Installation, order_id: UUID, reason: str) -> None:
    """Plans an order anew from its facts, for example after a hold was set or released.

    Raises:
        StorageUnavailableError: nothing was changed.
    """
    with bound(order_id=order_id):
        _again(lambda: _replan(installation, order_id))
        log.info("planning.order.replanned", reason=reason)


def _replan(installation: Installation, order_id: UUID) -> None:
    now = installation.clock.now()
    with installation.database.write() as session:
        known = session.get_one(OrderRow, order_id)
        unit = Unit.begin(session, known.shop_id, known.source_id, now)  # before it locks rows, which others may want
        replan(unit, lock_order(session, order_id))


def _plan(installation: Installation, event_id: UUID, *, is_worked_off: bool = False) -> str | None:
    """`is_worked_off`: the long work that the event asks for is done."""
    now = installation.clock.now()
    with installation.database.write() as session:
        event = lock_event(session, event_id)
        if event is None:
            return None
        if event.body is None:
            finish_event(event, "ignored", note="erased on demand before it was planned", now=now)
            return event.state
        reading = read_event(event, session.get_one(Source, event.source_id))
        unit = Unit.begin(session, event.shop_id, event.source_id, now)
        work = None if is_worked_off else _begun(unit, event, reading)
        if work is None:
            _work_in(unit, event, reading)
    if work is not None:
        return _go_on(installation, event, work)
    told = {"state": event.state, "topic": event.topic, "note": reading.note}
    log.info("planning.event.planned", shop=unit.shop.slug, order=reading.order_ref, **told)
    if reading.is_for_people:
        asked = {"event_id": str(event.id), "note": reading.note}
        log.warning("planning.person.asked", alarm=True, shop=unit.shop.slug, **asked)
    return event.state


def _begun(unit: Unit, event: InboundEvent, reading: Reading) -> LongWork | None:
    """The long work that the event asks for, begun by closing the shop; None: it asks for none."""
    for each in reading.events:
        if isinstance(each, ShopRedacted):
            close_shop(unit, event.received_at)
            return erase_people
        if isinstance(each, AppUninstalled):
            disconnect_shop(unit, each)
            return cancel_waiting
    return None


def _go_on(installation: Installation, event: InboundEvent, work: LongWork) -> str | None:
    """Does a part of it; the event waits on until the last part is done."""
    if work(installation, event):
        return _plan(installation, event.id, is_worked_off=True)
    with installation.database.write() as session:
        reopen_events(session, [event.id])
    return "stored"


def _work_in(unit: Unit, event: InboundEvent, reading: Reading) -> None:
    event.order_ref = reading.order_ref or person_ref(reading.events)
    if reading.events:
        with bound(shop=unit.shop.slug, order=reading.order_ref or "none"):
            is_erased = apply_reading(unit, reading.events)
        event.body = None if is_erased else event.body
    finish_event(event, "planned" if reading.events else "ignored", note=reading.note, now=unit.now)


def _again(work: Callable[[], str | None]) -> str | None:
    for _ in range(TRIES - 1):
        try:
            return work()
        except StorageUnavailableError as error:
            log.info("planning.transaction.broken", error=str(error))
    return work()


def _forgive(installation: Installation, event_id: UUID) -> None:
    """A full disk may last for longer than all the claims of an event; where even this finds no room, it counts."""
    try:
        with installation.database.write() as session:
            forgive_claim(session, event_id)
    except StorageUnavailableError as error:
        log.warning("planning.claim.counted", error=str(error))


def _fail(installation: Installation, event_id: UUID, note: str, *, bug: Exception | None = None) -> str | None:
    now = installation.clock.now()
    with installation.database.write() as session:
        event = lock_event(session, event_id)
        if event is None:
            return None
        finish_event(event, "failed", note=note, now=now)
    about = {"note": note, "topic": event.topic, "kind": event.kind}
    log.error("planning.event.failed", alarm=True, exc_info=bug, **about)
    return "failed"
