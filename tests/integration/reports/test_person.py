"""What is kept of one address: all of it, and nothing of anybody else."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from tests.support.intake import Connected, connected
from tests.support.rows import NOW, make_click, make_event, make_message, make_order, make_shop
from tests.support.shopify import order
from worker.errors import UserError
from worker.reports.person import KEPT, read_person
from worker.store.models import (
    Attempt,
    Base,
    CustomerRow,
    DeliveryEvent,
    DiscountCode,
    HiddenProduct,
    Message,
    OfferedProduct,
    OrderRow,
    OutboxMail,
    Purchase,
    Shop,
    Transition,
    WriteBack,
)
from worker.store.session import Database
from worker.store.shops import get_shop
from worker.store.suggestions import learning_of, person_of
from worker.store.suppressions import suppress

MIA = "mia@example.com"
HASHED = {"erasure"}
"""Tables that know people by a hash alone: the report tells when somebody was erased."""


def _fill(session: Session, shop: Shop, address: str, mark: str) -> None:
    """A row of every kind about a person, each with the mark in it."""
    own = {"shop_id": shop.id, "address": address}
    row = make_order(session, shop, mark, address=address, pinned={"note": mark})
    about = json.dumps({"email": address.upper(), "note": mark}).encode()
    event = make_event(
        session, shop, dedupe_key=f"{mark} 1", order_ref=row.external_id, body=b'{"note": "%s"}' % mark.encode()
    )
    make_event(session, shop, dedupe_key=f"{mark} 2", order_ref=f"customer:{mark}", body=about)
    make_event(session, shop, dedupe_key=f"{mark} 3", state="ignored", body=about)
    message = make_message(session, row, address=address, subject=mark)
    _fill_message(session, row, message, mark)
    learning = learning_of(session, shop.id)
    session.add_all(
        [
            CustomerRow(**own, external_id=mark, created_at=NOW, updated_at=NOW),
            HiddenProduct(**own, product_id=mark, created_at=NOW),
            WriteBack(**own, source_id=event.source_id, wanted=mark, was="", wanted_at=NOW, due_at=NOW),
            Purchase(
                shop_id=shop.id,
                person=person_of(learning.person_key, address),
                order_ref=mark,
                placed_at=NOW,
                products=["1"],
            ),
        ]
    )
    suppress(session, shop.id, address, "offers", reason="no_offers", source=mark, now=NOW)


def _fill_message(session: Session, row: OrderRow, message: Message, mark: str) -> None:
    own: dict[str, Any] = {"shop_id": row.shop_id, "address": row.address, "created_at": NOW}
    its = {"message_id": message.id}
    make_click(session, message, ref=mark)
    terms = {"kind": "percent", "value": 10, "starts_at": NOW, "ends_at": NOW}
    kept = {"sender": "", "to": "", "headers": {"unsubscribe": "sealed"}, "html": "sealed", "text": "sealed", "at": NOW}
    session.add_all(
        [
            Transition(**its, after="scheduled", reason=mark, at=NOW, real_at=NOW),
            Attempt(**its, number=1, fence=1, provider="smtp", error=mark, started_at=NOW),
            DeliveryEvent(
                **its, attempt_id=uuid4(), provider="x", kind="open", at=NOW, received_at=NOW, details={"reason": mark}
            ),
            OutboxMail(**its, subject=mark, **kept),
            OfferedProduct(**own, **its, position=0, product_id=mark, kind="pairing", why=""),
            DiscountCode(**own, **terms, order_id=row.id, code=mark),
        ]
    )


def _read(database: Database, address: str = MIA, slug: str = "northkettle") -> dict[str, Any]:
    with database.snapshot() as session:
        found = read_person(session, get_shop(session, slug), address, now=NOW)
        return json.loads(json.dumps(found.document()))


def test_everything_of_a_person_is_told_and_nothing_of_anybody_else(database: Database) -> None:
    with database.write() as session:
        here, there = make_shop(session), make_shop(session, "elsewhere")
        _fill(session, here, MIA, "hers")
        _fill(session, here, "noah@example.com", "his")
        _fill(session, here, f"x{MIA}", "another's")
        _fill(session, there, MIA, "of elsewhere")
        same_id = {"order_ref": "customer:hers", "body": b'{"email": "noah@example.com"}'}  # another platform's
        make_event(session, here, dedupe_key="his 4", **same_id)
    told = _read(database, "Mia@Example.com ")
    assert (told["shop"], told["address"], told["made_at"]) == ("northkettle", MIA, "2026-05-14T08:00:00Z")
    assert {kind: len(rows) for kind, rows in told["kept"].items()} == dict.fromkeys(KEPT, 1) | {"webhooks": 3}
    for kind, rows in told["kept"].items():
        assert all("hers" in json.dumps(row) for row in rows), kind
    words = json.dumps(told).lower()
    assert not [word for word in ("his", "another's", "of elsewhere", "noah", "sealed") if f'"{word}' in words]
    assert told["kept"]["customer"][0]["created_at"] == "2026-05-14T08:00:00Z"


def test_every_table_that_knows_people_is_told() -> None:
    parents = {"customer_order", "message"}
    columns = {"address", "person", "body"}
    knowing = {
        table.name
        for table in Base.metadata.tables.values()
        if table.name in parents
        or columns & set(table.c.keys())
        or parents & {key.column.table.name for key in table.foreign_keys}
    }
    assert knowing - HASHED == {kind.__tablename__ for kind in KEPT.values()}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Connected:
    return connected(database, tmp_path / "var")


def redact(order_id: int) -> dict[str, Any]:
    return {"customer": {"id": 700_000 + order_id, "email": MIA}, "orders_to_redact": [order_id]}


def test_of_webhooks_all_is_told_as_the_shop_sent_it(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("orders/create", order(1043, shop.now, email="noah@example.com"))
    shop.plan("orders/updated", b'{"email": "mia@example.com", "id": "\\ud83d"}')
    told = _read(shop.installation.database)["kept"]
    assert [row["external_id"] for row in told["orders"]] == ["1042"]
    assert told["orders"][0]["facts"]["order"]["customer"]["email"] == MIA
    created, unread = (row["body"] for row in told["webhooks"])
    assert created["id"] == 1042
    assert unread == '{"email": "mia@example.com", "id": "\\ud83d"}'
    assert {row["order_id"] for row in told["messages"]} == {told["orders"][0]["id"]}


def test_of_an_erased_person_the_refusal_is_left(shop: Connected) -> None:
    database = shop.installation.database
    shop.plan("orders/create", order(1042, shop.now))
    with database.write() as session:
        suppress(session, get_shop(session, "northkettle").id, MIA, "offers", reason="manual", now=NOW)
    shop.plan("customers/redact", redact(1042))
    told = _read(database)
    assert {kind for kind, rows in told["kept"].items() if rows} == {"suppressions"}
    assert told["erased_at"] is not None


def test_of_an_erased_person_without_a_refusal_nothing_is_left(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("customers/redact", redact(1042))
    with pytest.raises(UserError, match=r"^Nothing is kept of 'mia@example.com' .* They were erased on 20"):
        _read(shop.installation.database)


@pytest.mark.parametrize("address", ["", " ", "mia", "example.com"])
def test_what_is_nobodys_address_finds_nobody(shop: Connected, address: str) -> None:
    """Erased rows have an empty address."""
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("customers/redact", redact(1042))
    shop.plan("orders/create", order(1043, shop.now))
    with pytest.raises(UserError, match=r"^(No address is given|Nothing is kept)"):
        _read(shop.installation.database, address)


def test_a_request_for_data_says_which_command_answers_it(shop: Connected) -> None:
    event = shop.plan("customers/data_request", {"customer": {"id": 701042, "email": MIA}, "orders_requested": []})
    assert (event.state, "`postpurchase person SHOP ADDRESS`" in event.note) == ("ignored", True)
    [row] = _read(shop.installation.database)["kept"]["webhooks"]
    assert row["topic"] == "customers/data_request"
