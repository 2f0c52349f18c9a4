"""What a person does to the waiting emails of one order: send one now, or cancel some for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.lifecycle import PENDING, State
from worker.bootstrap import Installation
from worker.errors import StaleFenceError, UserError
from worker.store.messages import messages_of
from worker.store.models import Message, Shop
from worker.store.models.messages import BY_HAND
from worker.store.orders import lock_order
from worker.store.pauses import paused_steps
from worker.store.transitions import reschedule, transition

GOING = frozenset({State.CLAIMED, State.ATTEMPTING})


@dataclass(frozen=True, kw_only=True)
class Done:
    """Steps of the messages that were changed. `going`: those that are being sent at this moment, and stay."""

    steps: tuple[str, ...]
    going: tuple[str, ...] = ()


def send_now(installation: Installation, order_id: UUID, step: str) -> Done:
    """Makes the waiting email of a step due at once. The gate still looks: consent, suppression, caps, the order.

    Raises:
        UserError: none is scheduled; says why.
    """
    now = installation.clock.now()
    with installation.database.write() as session:
        lock_order(session, order_id)
        mine = [message for message in messages_of(session, order_id) if message.step == step]
        due = [message for message in mine if message.state == State.SCHEDULED]
        if not due:
            raise UserError(_why_not(mine, step))
        _check_pauses(session, due[0].shop_id, step)
        for message in due:
            details = message.details | {BY_HAND: True}
            expires_at = max(message.expires_at, now + (message.expires_at - message.send_at))
            times: dict[str, Any] = {"send_at": now, "expires_at": expires_at, "details": details}
            try:
                reschedule(session, message, "sent now by hand", now=now, **times)
            except StaleFenceError:
                raise UserError(f"The {step} is being sent at this moment.") from None
    return Done(steps=tuple(message.step for message in due))


def cancel_by_hand(installation: Installation, order_id: UUID, step: str | None, reason: str) -> Done:
    """Cancels the waiting emails of an order, or of one step of it. For good: a cancelled email is final."""
    now = installation.clock.now()
    with installation.database.write() as session:
        lock_order(session, order_id)
        meant = [message for message in messages_of(session, order_id) if step in (None, message.step)]
        waiting = [message for message in meant if State(message.state) in PENDING]
        going = [message.step for message in meant if State(message.state) in GOING]
        done = []
        for message in waiting:
            text = f"cancelled by hand: {reason}" if reason else "cancelled by hand"
            try:
                transition(session, message, State.CANCELLED, text, now=now)
                done.append(message.step)
            except StaleFenceError:  # a dispatcher took it meanwhile
                going.append(message.step)
    return Done(steps=tuple(done), going=tuple(going))


def _check_pauses(session: Session, shop_id: UUID, step: str) -> None:
    stopping = [each for each in paused_steps(session, shop_id) if each in ("", step)]
    if stopping:
        slug = session.get_one(Shop, shop_id).slug
        what = f"The {step}" if stopping[0] else slug
        resume = " ".join(word for word in ("postpurchase resume", slug, stopping[0]) if word)
        raise UserError(f"{what} is paused, so nothing would go now. `{resume}` ends the pause.")


def _why_not(mine: Sequence[Message], step: str) -> str:
    if not mine:
        return f"No {step} is planned for this order. `postpurchase timeline` says why."
    newest = mine[-1]
    if newest.state == State.HELD:
        return f"The {step} is held ({newest.reason}). End that first: `postpurchase release` or `resume`."
    return f"The {step} is {newest.state} already: {newest.reason or 'no reason given'}."
