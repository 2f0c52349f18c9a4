"""Webhooks come in any order: what was told before an erasure brings nobody back, what comes after begins anew."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.intake import Connected
from tests.support.shopify import order
from worker.feedback import people
from worker.links import PAGES, LinkToken, Purpose
from worker.planning.replay import replay
from worker.retention import purge_bodies
from worker.store.models import Click, Erasure, HiddenProduct, OrderRow, Suppression, WriteBack
from worker.store.orders import facts_of

MIA = {"id": 701042, "email": "Mia@example.com", "phone": None}


def redact(shop: Connected, **customer: Any) -> Any:
    told = {"shop_id": 1, "shop_domain": "x.myshopify.com", "customer": MIA | customer, "orders_to_redact": []}
    return shop.plan("customers/redact", told)


def consent(shop: Connected, minutes: float) -> dict[str, Any]:
    at = (shop.now + timedelta(minutes=minutes)).isoformat()
    told = {"state": "subscribed", "consent_updated_at": at}
    return MIA | {"created_at": at, "updated_at": at, "email_marketing_consent": told}


@pytest.mark.parametrize("unknown", [{"id": None}, {"email": None}, {}])
def test_what_was_told_of_a_customer_before_brings_them_not_back(shop: Connected, unknown: dict[str, Any]) -> None:
    shop.plan("orders/create", order(1042, shop.now - timedelta(minutes=9)))
    redact(shop, **unknown)
    late = shop.plan("customers/update", consent(shop, minutes=-5))
    assert (shop.customers(), late.state, late.body) == ([], "planned", None)


def test_an_order_placed_before_and_told_of_after_is_kept_without_its_person(shop: Connected) -> None:
    redact(shop)
    late = shop.plan("orders/create", order(1042, shop.now - timedelta(minutes=5)))
    row = shop.order(1042)
    known = facts_of(row).order
    assert known is not None
    assert (row.address, known.customer.email, known.customer.last_name) == (None, None, "")
    assert known.totals.total.amount > 0
    assert (shop.customers(), shop.messages(), late.body) == ([], [], None)
    assert {each.after for each in replay(shop.installation)} == {"purged"}


def test_whoever_comes_back_begins_anew(shop: Connected) -> None:
    redact(shop)
    shop.plan("customers/update", consent(shop, minutes=5))
    shop.plan("orders/create", order(1043, shop.now + timedelta(minutes=6), customer=MIA))
    assert [customer.address for customer in shop.customers()] == ["mia@example.com"]
    assert shop.order(1043).address == "mia@example.com"
    assert [message.step for message in shop.messages()] == ["confirmation"]


def test_what_comes_later_of_an_erased_order_keeps_no_body(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    redact(shop)
    later = (shop.now + timedelta(minutes=5)).isoformat()
    assert shop.plan("orders/updated", order(1042, shop.now, updated_at=later)).body is None


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
@pytest.mark.parametrize("purpose", PAGES)
def test_whatever_a_person_does_by_a_link_while_they_are_erased_keeps_nothing_of_them(
    shop: Connected, monkeypatch: pytest.MonkeyPatch, purpose: Purpose
) -> None:
    """SQLite has one writer: there nobody is erased meanwhile."""
    shop.plan("orders/create", order(1042, shop.now))
    [message], lock = shop.messages(), people.lock_order

    def erase_first(session: Session, order_id: UUID) -> OrderRow:
        monkeypatch.setattr(people, "lock_order", lock)
        redact(shop)
        return lock(session, order_id)

    monkeypatch.setattr(people, "lock_order", erase_first)
    assert not people.act(shop.installation, LinkToken(purpose, message.id, "kettle"))
    with shop.installation.database.read() as session:
        for table in (HiddenProduct, Click, Suppression, WriteBack):
            assert session.scalars(select(table)).all() == []
    [message] = shop.messages()
    assert (message.details, facts_of(shop.order(1042)).cases) == ({}, ())


def test_a_demand_that_names_an_address_alone_does_not_keep_it(shop: Connected) -> None:
    assert redact(shop, id=None).body is None


def test_an_erasure_is_remembered_without_a_name_and_only_as_long_as_bodies_are(shop: Connected) -> None:
    redact(shop)
    with shop.installation.database.write() as session:
        kept = session.scalars(select(Erasure)).all()
        assert len(kept) == 2
        assert not any("mia" in each.person or "701042" in each.person for each in kept)
        for each in kept:
            each.at -= timedelta(days=31)
    purge_bodies(shop.installation)
    with shop.installation.database.read() as session:
        assert session.scalars(select(Erasure)).all() == []
