"""What a person does with a link: refuses mails or offers, takes it back, hides a product, says how it was.

Marketing mails that are already scheduled are left to the gate, which skips them and says why: a skipped message is
final, and the page offers a way back.
"""

from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from schedules.events import CaseStated
from schedules.facts import Case, CaseKind, Facts
from schedules.merging import merge
from worker.bootstrap import Installation
from worker.feedback.clicks import note_answer
from worker.feedback.preferences import CHOICE_OF, choice_meant, choose
from worker.links import LinkToken, Purpose
from worker.store.hidden import hide, unhide
from worker.store.models import Message, OrderRow
from worker.store.orders import addresses_of_person, facts_of, lock_order

log = structlog.get_logger()


def act(installation: Installation, token: LinkToken, *, said: str = "", undo: bool = False) -> bool:
    """Does what the link stands for, or takes it back; doing it twice changes nothing twice.

    `said`: another choice than the link's own, from the preferences page; a word that is none changes nothing.
    Whoever reads the mails of test mode is not their customer: what they tap changes nothing.
    Returns False when the mail is not known any more, or its person was erased.
    """
    if token.is_test:
        log.info("feedback.link.tested", purpose=token.purpose.name, message_id=str(token.message_id))
        return True
    now = installation.clock.now()
    with installation.database.write() as session:
        message = _locked(session, token.message_id)
        if message is None:
            return False
        changed = _done(session, message, token, now, said=said, undo=undo)
    choice = choice_meant(token, said) or ""
    log.info(
        "feedback.link.used",
        purpose=token.purpose.name,
        choice=str(choice),
        message_id=str(message.id),
        undo=undo,
        changed=changed,
    )
    return True


def unhappy_case_id(message: Message) -> str:
    """The id of the case that "Not really" in this mail opens."""
    return f"unhappy:{message.id.hex}"


def answers_of(message: Message, facts: Facts) -> list[str]:
    """What the person answered to the mail's question, and whether it still stands. `facts`: those of its order."""
    happy = ["happy"] if message.details.get("feedback") == "happy" else []
    cases = [case for case in facts.cases if case.id == unhappy_case_id(message)]
    return happy + ["not really, taken back" if case.closed else "not really" for case in cases]


def _locked(session: Session, message_id: UUID) -> Message | None:
    """The message, whose person nobody erases until the unit ends; None when it is not known, or they were erased.

    Its order is locked: whoever erases its person waits, and finds what is written here, or has come before.
    """
    message = session.get(Message, message_id)
    if message is None:
        return None
    lock_order(session, message.order_id)
    session.refresh(message)
    return message if message.address is not None else None


def _done(session: Session, message: Message, token: LinkToken, now: datetime, *, said: str, undo: bool) -> bool:
    if token.purpose in CHOICE_OF:
        choice = choice_meant(token, said)
        return choice is not None and choose(session, message, choice, now, undo=undo)
    if token.purpose is Purpose.HIDE:
        return _hide(session, message, token.extra, now, undo=undo)
    is_no = token.purpose is Purpose.FEEDBACK_NO
    has_answered = _unhappy(session, message, now, undo=undo) if is_no else _happy(message)
    if has_answered and not undo:
        note_answer(session, message, now)
    return has_answered


def _hide(session: Session, message: Message, product_id: str, now: datetime, *, undo: bool) -> bool:
    """Mails that are being prepared are looked at again: the order's version is a part of what they were judged by."""
    order = session.get_one(OrderRow, message.order_id)
    changed = _hidden(session, message, product_id, now, undo=undo)
    if changed:
        order.version += 1
        order.updated_at = now
    return changed


def _hidden(session: Session, message: Message, product_id: str, now: datetime, *, undo: bool) -> bool:
    """It is the person's choice: it holds for all addresses that the platform knows them by."""
    shop_id, mine = message.shop_id, addresses_of_person(session, message.shop_id, message.address or "")
    if undo:
        changed = [unhide(session, shop_id, address, product_id) for address in mine]
    else:
        changed = [hide(session, shop_id, address, product_id, now=now) for address in mine]
    return any(changed)


def _unhappy(session: Session, message: Message, now: datetime, *, undo: bool) -> bool:
    """Opens a case on the order, which stops its offers and its follow-up, and tells support by an alarm."""
    order = session.get_one(OrderRow, message.order_id)
    facts = facts_of(order)
    known = next((case for case in facts.cases if case.id == unhappy_case_id(message)), None)
    is_open = known is not None and not known.closed
    if is_open is not undo:
        return False
    case = Case(
        id=unhappy_case_id(message),
        kind=CaseKind.UNHAPPY,
        opened_at=known.opened_at if known else now,
        updated_at=now,
        closed=undo,
    )
    merged = merge(facts, CaseStated(order_id=order.external_id, case=case))
    order.facts = merged.model_dump(mode="json")  # what neighbours look at is the same, whatever cases there are
    order.version += 1
    order.updated_at = now
    log.warning("feedback.customer.unhappy", alarm=not undo, order_id=str(order.id), number=order.number)
    return True


def _happy(message: Message) -> bool:
    if message.details.get("feedback") == "happy":
        return False
    message.details = message.details | {"feedback": "happy"}
    return True
