"""The sequence that an order is planned by."""

from sqlalchemy import select

from schedules.catalog import PATH, packaged_sequence, parsed_sequence
from schedules.sequence import STEPS, Sequence
from worker.planning.unit import Unit
from worker.store.content import newest_sequence
from worker.store.models import OrderRow, Revision


def sequence_for(unit: Unit, order: OrderRow) -> Sequence:
    """The newest published sequence of the shop, or the packaged one. The order keeps the revision it began with."""
    number, sequence = unit.published
    if order.revision is None:
        order.revision = number
    return sequence


def sequence_now(unit: Unit) -> Sequence:
    """The same, where nothing is to be written."""
    return newest_sequence(unit.session, unit.shop.id)[1]


def without_new_steps(unit: Unit, order: OrderRow, sequence: Sequence) -> Sequence:
    """The sequence for one order: a step that was switched on after the order came is for later orders alone."""
    optional = STEPS[-1]
    step = sequence.steps.get(optional)
    if step is None or not step.enabled or _was_on(unit, order, optional):
        return sequence
    steps = sequence.steps | {optional: step.model_copy(update={"enabled": False})}
    return sequence.model_copy(update={"steps": steps})


def _was_on(unit: Unit, order: OrderRow, name: str) -> bool:
    """Whether a step was on by what was published when the order came."""
    published = (Revision.shop_id == unit.shop.id, Revision.created_at <= order.created_at)
    query = select(Revision.files[PATH]).where(*published).order_by(Revision.number.desc()).limit(1)
    text = unit.session.execute(query).scalar_one_or_none()
    step = (packaged_sequence() if text is None else parsed_sequence(text)).steps.get(name)
    return step is not None and step.enabled
