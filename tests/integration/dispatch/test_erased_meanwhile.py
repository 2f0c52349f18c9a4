"""Somebody is erased while a mail of theirs is on its way out: nothing that sending writes down brings them back."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.dispatching import World
from tests.support.locks import until_it_waits
from tests.support.shelf import pair, stock
from worker.dispatch import attempting
from worker.dispatch.service import deliver_batch
from worker.planning.erasure import erase_orders
from worker.planning.unit import Unit
from worker.store.models import OfferedProduct


def _erase(world: World) -> None:
    with world.installation.database.write() as session:
        erase_orders(Unit.begin(session, world.shop_id, None, world.now), [world.order_id], "on demand")


def _kept(world: World) -> list[object]:
    """What is kept of the person beside the mails of their order."""
    with world.installation.database.read() as session:
        offered = session.scalars(select(OfferedProduct.address)).all()
    return [*offered]


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # on SQLite one unit writes at a time
@pytest.mark.parametrize("when", ["_looked_at_again", "record_offers"])
def test_who_is_erased_while_their_mail_is_marked_is_named_nowhere(
    world: World, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    with world.installation.database.write() as session:
        for product in ("product-1", "kettle"):
            stock(session, world.shop_id, product)
        pair(session, world.shop_id, "kettle")
    message_id, erasing = world.add_message(), Thread(target=_erase, args=(world,))
    do: Callable[..., Any] = getattr(attempting, when)

    def erase_after(session: Session, *told: Any, **more: Any) -> Any:
        done = do(session, *told, **more)
        erasing.start()
        until_it_waits(erasing, session)
        return done

    monkeypatch.setattr(attempting, when, erase_after)
    deliver_batch(world.installation)
    erasing.join()
    message = world.message(message_id)
    assert (message.address, message.subject, message.details) == (None, "", {})
    assert set(_kept(world)) <= {""}
