"""Verified, then stored once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog.testing

from tests.support.installation import installed
from tests.support.intake import SECRET, Connected, delivery
from tests.support.shopify import order
from worker.intake.service import accept
from worker.store.secret_use import retire_secrets
from worker.store.session import Database
from worker.store.shops import add_source, find_source, get_shop


def test_a_signed_webhook_is_stored_with_its_raw_bytes(shop: Connected) -> None:
    answer = shop.take("orders/create", b'{"id": 1,   "odd":"spacing"}')
    [event] = shop.events()
    assert (answer.status, answer.to_plan) == (202, event.id)
    assert event.body == b'{"id": 1,   "odd":"spacing"}'
    assert (event.state, event.topic, event.kind) == ("stored", "orders/create", "shopify")


def test_a_signature_is_never_stored(shop: Connected) -> None:
    shop.take("orders/create", {"id": 1})
    assert not any("hmac" in name.lower() for name in shop.events()[0].headers)


def test_a_redelivered_webhook_is_stored_once(shop: Connected) -> None:
    first = shop.take("orders/create", order(1042, shop.now), event_id="e1")
    second = shop.take("orders/create", order(1042, shop.now), event_id="e1")
    assert (first.status, second.status, second.to_plan) == (202, 200, None)
    assert len(shop.events()) == 1


def test_the_same_id_under_another_topic_is_stored(shop: Connected) -> None:
    shop.take("orders/create", order(1042, shop.now), event_id="e1")
    assert shop.take("orders/paid", order(1042, shop.now), event_id="e1").status == 202
    assert [event.topic for event in shop.events()] == ["orders/create", "orders/paid"]


def test_a_batch_is_answered_in_its_order_and_stored_in_one_go(shop: Connected) -> None:
    batch = [
        delivery("orders/create", {"id": 1}, event_id="a"),
        delivery("orders/create", {"id": 2}, event_id="b", secret="wrong"),
        delivery("orders/create", {"id": 1}, event_id="a"),
        delivery("orders/create", {"id": 3}, event_id="c"),
    ]
    assert [answer.status for answer in accept(shop.installation, batch)] == [202, 401, 200, 202]
    assert len(shop.events()) == 2


def test_the_same_webhook_at_the_same_moment_is_stored_once(shop: Connected) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shop.take("orders/create", {"id": 1}, event_id="e1").status, range(16)))
    assert sorted(answers) == [200] * 15 + [202]
    assert len(shop.events()) == 1


@pytest.mark.parametrize("secret", ["wrong", "", SECRET + " "])
def test_a_wrong_signature_is_refused_and_leaves_nothing(shop: Connected, secret: str) -> None:
    assert shop.take("orders/create", {"id": 1}, secret=secret).status == 401
    assert shop.events() == []


def test_every_active_secret_is_good_until_it_is_retired(shop: Connected) -> None:
    installation = shop.installation
    with installation.database.write() as session:
        owner = get_shop(session, "northkettle")
        assert add_source(session, installation.sealer, owner, "shopify", "newer", now=shop.now)
        assert not add_source(session, installation.sealer, owner, "shopify", "newer", now=shop.now)
    assert [shop.take("orders/create", {"id": 1}, secret=secret).status for secret in ("newer", SECRET)] == [202, 202]
    with installation.database.write() as session:
        found = find_source(session, "northkettle", "shopify")
        assert found is not None
        retire_secrets(session, found[1], with_used=True)
    assert [shop.take("orders/create", {"id": 1}, secret=secret).status for secret in ("newer", SECRET)] == [202, 401]


def test_an_unknown_topic_is_stored_and_ignored_with_a_reason(shop: Connected) -> None:
    answer = shop.take("themes/publish", {"id": 1})
    [event] = shop.events()
    assert (answer.status, answer.to_plan, event.state) == (202, None, "ignored")
    assert event.note


def test_a_signed_body_that_is_no_json_is_stored_all_the_same(shop: Connected) -> None:
    assert shop.take("orders/create", b"\xff\x00 not json").status == 202
    assert shop.events()[0].state == "stored"


def test_a_shop_or_source_that_is_not_there_is_not_found(shop: Connected) -> None:
    good = delivery("orders/create", {"id": 1})
    for changed in ({"shop": "elsewhere"}, {"source": "standard"}, {"source": "nonsense"}):
        incoming = type(good)(**({"shop": good.shop, "source": good.source} | changed), headers={}, body=good.body)
        assert accept(shop.installation, [incoming])[0].status == 404


def test_a_refusal_is_one_log_line_without_the_body(shop: Connected) -> None:
    with structlog.testing.capture_logs() as lines:
        shop.take("orders/create", {"email": "mia@example.com"}, secret="wrong")
    assert [line["event"] for line in lines] == ["intake.webhook.refused"]
    assert lines[0]["status"] == 401
    assert "mia" not in str(lines)


def test_a_lost_secret_key_is_trouble_of_ours_not_of_the_shop(shop: Connected, tmp_path: Path) -> None:
    other = installed(shop.installation.database, tmp_path / "elsewhere")
    assert accept(other, [delivery("orders/create", {"id": 1})])[0].status == 503


def test_nothing_is_readable_in_a_stored_secret(database: Database, shop: Connected) -> None:
    with database.read() as session:
        found = find_source(session, "northkettle", "shopify")
    assert found is not None
    assert SECRET not in str(found[1].secrets)
