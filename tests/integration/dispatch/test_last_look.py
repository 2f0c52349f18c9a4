"""What changes between the gate and the call keeps a mail from going out, or lets it go after all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from schedules.lifecycle import State
from schedules.shop import Role
from tests.integration.dispatch.lives import pause
from tests.support.dispatching import World, delivered_facts
from tests.support.shelf import pair, stock
from worker.dispatch import gating
from worker.dispatch.service import deliver_batch
from worker.feedback.people import act
from worker.links import LinkToken, Purpose
from worker.planning.erasure import erase_orders
from worker.planning.unit import Unit
from worker.store.models import OrderRow, Shop, Suppression


def _while_rendering(world: World, change: Callable[[], None]) -> None:
    """Something happens between the gate and the call, once."""

    def once() -> None:
        world.renderer.during = lambda: None
        change()

    world.renderer.during = once


def _cancel_order(world: World) -> None:
    world.change_order(cancelled_at=world.now)


def _suppress(world: World) -> None:
    row = {"shop_id": world.shop_id, "address": "mia@example.com", "scope": "all", "reason": "hard_bounce"}
    with world.installation.database.write() as session:
        session.add(Suppression(**row, created_at=world.now))


def _hold(world: World) -> None:
    with world.installation.database.write() as session:
        session.get_one(OrderRow, world.order_id).hold = "support talks to the customer"


def _disconnect(world: World) -> None:
    with world.installation.database.write() as session:
        session.get_one(Shop, world.shop_id).uninstalled_at = world.now


def _erase(world: World) -> None:
    with world.installation.database.write() as session:
        shop = session.get_one(Shop, world.shop_id)
        erase_orders(Unit(session=session, shop=shop, source_id=None, now=world.now), [world.order_id], "on demand")


@pytest.mark.parametrize(
    ("change", "then"),
    [
        (_erase, State.CANCELLED),
        (_cancel_order, State.CANCELLED),
        (_suppress, State.SKIPPED),
        (pause, State.HELD),
        (_hold, State.HELD),
        (_disconnect, State.CANCELLED),
    ],
)
def test_what_changes_while_a_mail_is_prepared_keeps_it_from_going_out(
    world: World, change: Callable[[World], None], then: State
) -> None:
    message_id = world.add_message()
    _while_rendering(world, lambda: change(world))
    deliver_batch(world.installation)
    assert world.state(message_id) is State.SCHEDULED
    assert "changed" in world.message(message_id).reason
    assert world.attempts(message_id) == []
    deliver_batch(world.installation)
    assert world.state(message_id) is then
    assert world.provider.mails == []


def test_what_is_released_while_the_gate_would_hold_it_goes_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id, act = world.add_message(), gating.act_on
    _hold(world)

    def release_first(*told: Any) -> None:
        monkeypatch.setattr(gating, "act_on", act)
        with (
            world.installation.database.write() as session
        ):  # what a release does to a message that is claimed: nothing
            session.get_one(OrderRow, world.order_id).hold = None
        act(*told)

    monkeypatch.setattr(gating, "act_on", release_first)
    deliver_batch(world.installation)
    assert world.state(message_id) is State.SCHEDULED
    deliver_batch(world.installation)
    assert world.state(message_id) is State.ACCEPTED


def test_a_product_that_is_hidden_while_a_mail_is_prepared_is_not_shown_in_it(world: World) -> None:
    with world.installation.database.write() as session:
        for product in ("product-1", "kettle"):
            stock(session, world.shop_id, product)
        pair(session, world.shop_id, "kettle")
    message_id = world.add_message()
    hide = LinkToken(Purpose.HIDE, message_id, "kettle")
    _while_rendering(world, lambda: act(world.installation, hide))
    deliver_batch(world.installation)
    deliver_batch(world.installation)
    shown = [bool(inputs.offer and inputs.offer.cards) for inputs in world.renderer.inputs]
    assert (shown, world.state(message_id)) == ([True, False], State.ACCEPTED)


def test_a_harmless_change_on_the_way_only_delays_by_a_claim(world: World) -> None:
    message_id = world.add_message()
    _while_rendering(world, lambda: world.change_order(tags=("vip",)))
    deliver_batch(world.installation)
    assert deliver_batch(world.installation) == 1
    assert world.state(message_id) is State.ACCEPTED
    assert world.message(message_id).claims == 0


def test_a_claim_that_somebody_else_took_over_is_left_alone(world: World) -> None:
    message_id = world.add_message()
    _while_rendering(world, lambda: world.change(message_id, fence=7))
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert (message.state, message.fence) == ("claimed", 7)
    assert world.provider.mails == []


def test_two_marketing_mails_to_one_person_never_pass_the_cap_together(world: World) -> None:
    world.become(delivered_facts(world.now))
    first, second = world.add_message("follow_up"), world.add_message("follow_up", occurrence=1)
    deliver_batch(world.installation)
    deliver_batch(world.installation)
    states = {world.state(first), world.state(second)}
    assert len(world.provider.mails) == 1
    assert State.ACCEPTED in states
    assert states <= {State.ACCEPTED, State.SCHEDULED, State.EXPIRED}


def test_a_companion_waits_for_the_customers_morning(world: World) -> None:
    world.pass_time(timedelta(hours=14))
    message_id = world.add_message(stream="marketing", role=Role.COMPANION.value)
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert message.state == "scheduled"
    assert message.send_at > world.now + timedelta(hours=5)
    assert world.provider.mails == []
