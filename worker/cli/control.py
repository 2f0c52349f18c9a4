"""`postpurchase pause | resume | hold | release | send-now | cancel`: a person steps in."""

import sys
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from schedules.sequence import STEPS
from worker.cli.context import opened
from worker.cli.output import JsonFlag, say
from worker.cli.shops import Slug
from worker.cli.timeline import Order
from worker.errors import UserError
from worker.planning import by_hand
from worker.planning.service import replan_order
from worker.reports.timeline import find_order
from worker.store.models import OrderRow
from worker.store.orders import lock_order
from worker.store.pauses import pause as pause_step
from worker.store.pauses import paused_steps
from worker.store.pauses import resume as resume_step
from worker.store.shops import get_shop

BY_HAND = "held by hand"
ONE_OF = f"One of: {', '.join(STEPS)}."
Step = Annotated[str, typer.Argument(metavar="STEP", help=ONE_OF)]
StepOrShop = Annotated[str, typer.Argument(metavar="STEP", help=f"{ONE_OF} Without: the whole shop.")]
StepOrOrder = Annotated[str, typer.Argument(metavar="STEP", help=f"{ONE_OF} Without: all that waits for the order.")]
Reason = Annotated[str, typer.Option("--reason", help="Shown in timelines.")]


def pause(shop: Slug, step: StepOrShop = "", reason: Reason = "", json: JsonFlag = False) -> None:
    """Stop sending for a shop, or one step of it, until `resume`. Mails that fall due are held, not lost."""
    _check_step(step)
    with opened() as installation, installation.database.write() as session:
        owner = get_shop(session, shop)
        changed = pause_step(session, owner.id, step, reason=reason, now=installation.clock.now())
    what = f"step {step} of {shop}" if step else shop
    sentence = f"Paused {what}." if changed else f"There is a pause of {what} already; nothing changed."
    say(sentence, json, shop=shop, step=step or None, changed=changed)


def resume(shop: Slug, step: StepOrShop = "", json: JsonFlag = False) -> None:
    """End a pause; what it held goes out if its window is still open."""
    _check_step(step)
    with opened() as installation, installation.database.write() as session:
        owner = get_shop(session, shop)
        changed = resume_step(session, owner.id, step)
        left = paused_steps(session, owner.id)
    what = f"step {step} of {shop}" if step else shop
    sentence = f"Resumed {what}." if changed else f"There is no pause of {what}; nothing changed."
    say(sentence + _still_paused(shop, left), json, shop=shop, step=step or None, changed=changed)


def _still_paused(shop: str, left: list[str]) -> str:
    if not left:
        return ""
    named = ", ".join(step or "everything" for step in left)
    return f" Still paused: {named}. `postpurchase resume {' '.join((shop, left[0])).strip()}` ends it."


def hold(shop: Slug, order: Order, reason: Reason = BY_HAND, json: JsonFlag = False) -> None:
    """Stop every mail of one order until `release`."""
    _change_hold(shop, order, reason.strip() or BY_HAND, as_json=json)


def release(shop: Slug, order: Order, json: JsonFlag = False) -> None:
    """End the hold of an order."""
    _change_hold(shop, order, None, as_json=json)


def send_now(shop: Slug, order: Order, step: Step, json: JsonFlag = False) -> None:
    """Send a waiting mail of one order now, outside its window. Consent, caps, refusals and pauses still count."""
    _check_step(step)
    with opened() as installation:
        with installation.database.read() as session:
            found = _order(session, shop, order)
        by_hand.send_now(installation, found.id, step)
    sentence = f"The {step} of order {found.number} is due now. `postpurchase timeline {shop} {order}` tells what came."
    say(sentence, json, shop=shop, order=found.number, step=step)


def cancel(
    shop: Slug,
    order: Order,
    step: StepOrOrder = "",
    reason: Reason = "",
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Cancel without asking; needed where nobody can be asked.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Cancel the waiting mails of one order, or one step of it, for good. `hold` is the way that can be undone."""
    _check_step(step)
    with opened() as installation:
        with installation.database.read() as session:
            found = _order(session, shop, order)
        what = f"the {step}" if step else "every waiting mail"
        if not yes:
            _ask(f"Cancel {what} of order {found.number}? It cannot be undone.", as_json=json)
        done = by_hand.cancel_by_hand(installation, found.id, step or None, reason)
    if done.steps:
        sentence = f"Cancelled {' and '.join(done.steps)} of order {found.number}."
    elif done.going:
        sentence = "Nothing changed."
    else:
        sentence = f"Nothing waits for order {found.number}; nothing changed. `hold` stops what comes later."
    if done.going:
        sentence += f" The {' and the '.join(done.going)} is being sent at this moment: look at `timeline`."
    say(sentence, json, shop=shop, order=found.number, cancelled=list(done.steps), going=list(done.going))


def _ask(question: str, *, as_json: bool) -> None:
    """Goes on after a yes.

    Raises:
        UserError: there is nobody to ask.
    """
    if as_json or not sys.stdin.isatty():
        raise UserError("It cannot be undone, and there is no terminal to ask at: nothing changed. Add --yes to do it.")
    typer.confirm(question, abort=True)


def _change_hold(shop: str, reference: str, reason: str | None, *, as_json: bool) -> None:
    with opened() as installation:
        with installation.database.write() as session:
            order = lock_order(session, _order(session, shop, reference).id)
            if reason and order.erased_at is not None:
                raise UserError("Its customer was erased: no mail of this order goes out any more. Nothing changed.")
            changed = order.hold != reason
            order.hold = reason
        # also where nothing differs: the command that changed it may have been interrupted here
        replan_order(installation, order.id, f"hold: {reason}" if reason else "released")
    name = order.name
    if not changed:
        sentence = f"Order {name} is {'held for this reason already' if reason else 'not held'}; nothing changed."
    else:
        sentence = f"Order {name} is held: {reason}." if reason else f"Order {name} is released."
    say(sentence, as_json, shop=shop, order=name, hold=reason, changed=changed)


def _order(session: Session, shop: str, reference: str) -> OrderRow:
    return find_order(session, get_shop(session, shop), reference)


def _check_step(step: str) -> None:
    if step and step not in STEPS:
        raise UserError(f"There is no step {step!r}. Steps: {', '.join(STEPS)}.")
