"""A mail goes out while its order is planned: what it could not tell is told by another."""

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.intake import Connected
from tests.support.locks import until_it_waits
from tests.support.shopify import fulfillment, order
from worker.dispatch.service import deliver_batch
from worker.planning import scheduling
from worker.planning.service import plan_event
from worker.planning.unit import Unit
from worker.store.models import Message
from worker.store.models.messages import KNEW
from worker.store.suppressions import suppress
from worker.store.transitions import lock_rows


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # on SQLite one unit writes at a time
def test_a_parcel_that_is_told_of_while_the_mail_about_another_goes_out_is_told_too(
    shop: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_of, left_at = scheduling.plan_of, shop.now - timedelta(hours=1)
    shop.plan("orders/create", order(1042, shop.now - timedelta(hours=3)))
    shop.plan("fulfillments/create", fulfillment(1042, left_at, number=1))
    with shop.installation.database.write() as session:  # else it waits for its code
        suppress(session, shop.messages()[0].shop_id, "mia@example.com", "offers", reason="no_offers", now=shop.now)
    sending = Thread(target=deliver_batch, args=(shop.installation,))

    def send_before_it_is_kept(unit: Unit, *told: Any) -> Any:
        monkeypatch.setattr(scheduling, "plan_of", plan_of)
        result = plan_of(unit, *told)
        sending.start()
        until_it_waits(sending, unit.session)
        return result

    monkeypatch.setattr(scheduling, "plan_of", send_before_it_is_kept)
    shop.plan("fulfillments/create", fulfillment(1042, left_at, number=2))
    sending.join()
    deliver_batch(shop.installation)
    told = {parcel for message in shop.messages() for parcel in message.details.get(KNEW, ())}
    assert told == {"10421", "10422"}


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # on SQLite one unit writes at a time
def test_who_waits_for_a_neighbours_mail_that_is_handed_over_keeps_no_other_mail_from_it(shop: Connected) -> None:
    for number in (1042, 1043):
        shop.plan("orders/create", order(number, shop.now - timedelta(hours=3)))
    first, second = (message.id for message in shop.messages())
    now = shop.now.isoformat()
    told = shop.take("orders/cancelled", order(1043, shop.now - timedelta(hours=3), cancelled_at=now, updated_at=now))
    planning = Thread(target=plan_event, args=(shop.installation, told.to_plan))
    with shop.installation.database.write() as session:
        lock_rows(session, [first])
        planning.start()
        until_it_waits(planning, session)
        assert session.scalar(select(Message.id).where(Message.id == second).with_for_update(nowait=True)) == second
    planning.join()
