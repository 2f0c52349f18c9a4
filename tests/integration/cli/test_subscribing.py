"""`source subscribe`: the shop's webhooks are ordered by a command, over HTTP at stand-ins of the shops' APIs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Cli
from tests.support.misbehaving import SHOPIFY_TOKEN, WOO_KEY, Trouble
from tests.support.webhook_shops import WebhookShop, webhook_shop
from worker.platforms.registry import PLATFORMS, SUBSCRIBERS
from worker.store.session import Database

HOST = "https://mail.northkettle.example"
SHOPIFY = f"{HOST}/webhooks/northkettle/shopify"
WOO = f"{HOST}/webhooks/northkettle/woocommerce"
KEYS = {"shopify": SHOPIFY_TOKEN, "woocommerce": WOO_KEY}


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """What is asked of a shop's API is the same, whichever the database is."""
    return sqlite_database


@pytest.fixture
def there() -> Iterator[WebhookShop]:
    with webhook_shop() as found:
        yield found
        assert found.faults == []


@pytest.fixture(params=["shopify", "woocommerce"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def connect(
    cli: Cli, shop: str, there: WebhookShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[object]:
    monkeypatch.setenv("POSTPURCHASE_PUBLIC_URL", HOST)
    for kind, key in KEYS.items():
        (tmp_path / "secret").write_text(f"{kind}-secret", encoding="utf-8")
        (tmp_path / "key").write_text(key, encoding="utf-8")
        cli("source", "add", shop, kind, "--secret-file", str(tmp_path / "secret"))
        cli("source", "set", shop, kind, "--api-url", there.url, "--api-key-file", str(tmp_path / "key"))
    return iter(())


def _states(cli: Cli, kind: str, *more: str) -> dict[str, str]:
    document = cli("source", "subscribe", "northkettle", kind, *more, "--json").document
    return {line["topic"]: line["state"] for line in document["topics"]}


def test_every_topic_that_can_be_ordered_is_one_that_is_read() -> None:
    for kind, subscriber in SUBSCRIBERS.items():
        assert all(PLATFORMS[kind].is_known(topic) for topic in subscriber.topics)
        assert len(set(subscriber.topics)) == len(subscriber.topics)


@pytest.mark.usefixtures("connect")
def test_all_webhooks_are_ordered_once(cli: Cli, there: WebhookShop, kind: str) -> None:
    assert set(_states(cli, kind, "--dry-run").values()) == {"missing"}
    assert there.ordered == there.hooks == []
    assert set(_states(cli, kind).values()) == {"made"}
    assert set(_states(cli, kind).values()) == {"there"}
    assert len(there.ordered) + len(there.hooks) == len(SUBSCRIBERS[kind].topics)


@pytest.mark.usefixtures("connect")
def test_what_is_there_stays_and_what_is_missing_is_added(cli: Cli, there: WebhookShop) -> None:
    there.ordered = [("ORDERS_CREATE", SHOPIFY), ("ORDERS_PAID", SHOPIFY), ("CARTS_UPDATE", "https://else.example")]
    states = _states(cli, "shopify")
    assert [topic for topic, state in states.items() if state == "there"] == ["orders/create", "orders/paid"]
    assert len(there.ordered) == len(states) + 1


@pytest.mark.usefixtures("connect")
def test_an_old_address_is_named_and_left_alone(cli: Cli, there: WebhookShop) -> None:
    old = "https://old.example/webhooks/northkettle/shopify"
    there.ordered = [("ORDERS_CREATE", old)]
    told = cli("source", "subscribe", "northkettle", "shopify")
    assert f"orders/create go to {old} as well" in told.out
    assert {("ORDERS_CREATE", old), ("ORDERS_CREATE", SHOPIFY)} <= set(there.ordered)


@pytest.mark.usefixtures("connect")
def test_other_plugins_webhooks_are_not_ours_to_speak_of(cli: Cli, there: WebhookShop) -> None:
    other = {"topic": "order.created", "delivery_url": "https://crm.example/hook", "status": "active"}
    old = {"topic": "order.created", "delivery_url": f"http://old.example/webhooks/northkettle/{'woocommerce'}"}
    there.hooks = [{"id": number} | other for number in range(1, 101)] + [{"id": 101, "status": "active"} | old]
    document = cli("source", "subscribe", "northkettle", "woocommerce", "--json").document
    assert document["topics"][0]["elsewhere"] == [old["delivery_url"]]
    assert "crm.example" not in str(document)


@pytest.mark.usefixtures("connect")
def test_woocommerces_webhooks_carry_the_newest_secret_and_are_switched_on_again(
    cli: Cli, there: WebhookShop, tmp_path: Path
) -> None:
    _states(cli, "woocommerce")
    assert {(hook["delivery_url"], hook["secret"]) for hook in there.hooks} == {(WOO, "woocommerce-secret")}
    (tmp_path / "newer").write_text("a newer one", encoding="utf-8")
    cli("source", "rotate", "northkettle", "woocommerce", "--secret-file", str(tmp_path / "newer"))
    there.hooks[0]["status"] = "disabled"
    assert _states(cli, "woocommerce", "--dry-run")["order.created"] == "off"
    assert _states(cli, "woocommerce")["order.created"] == "switched on"
    assert (there.hooks[0]["status"], there.hooks[0]["secret"]) == ("active", "a newer one")


@pytest.mark.usefixtures("connect")
@pytest.mark.parametrize("is_blunt", [True, False])
def test_a_missing_scope_is_named_and_the_other_topics_are_ordered(
    cli: Cli, there: WebhookShop, is_blunt: bool
) -> None:
    there.scopes -= {"read_returns"}
    there.is_blunt = is_blunt
    told = cli("source", "subscribe", "northkettle", "shopify")
    assert told.code == 1
    assert "give the app the scope read_returns" in told.out
    assert not any(topic.startswith("RETURNS") for topic, _ in there.ordered)
    assert ("APP_UNINSTALLED", SHOPIFY) in there.ordered
    there.scopes |= {"read_returns"}
    again = cli("source", "subscribe", "northkettle", "shopify")
    assert again.code == 0
    assert len(there.ordered) == len(SUBSCRIBERS["shopify"].topics)


@pytest.mark.usefixtures("connect")
def test_the_secret_and_what_is_left_to_do_by_hand_are_said(cli: Cli, there: WebhookShop) -> None:
    told = " ".join(cli("source", "subscribe", "northkettle", "shopify").out.split())
    assert "client secret of the app" in told
    assert "customers/redact and shop/redact" in told


@pytest.mark.usefixtures("connect")
@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble(status=401), "the API key is refused"),
        (Trouble(status=404), "answers at this address"),
        (Trouble(status=503), "the shop answers 503"),
        (Trouble(status=200, body=None), "the answer is none of"),
        (Trouble("drop_after"), "the shop does not answer"),
    ],
)
def test_a_shop_that_does_not_answer_stops_it_and_it_can_be_run_again(
    cli: Cli, there: WebhookShop, kind: str, trouble: Trouble, words: str
) -> None:
    """In the list, and after the third that is ordered: one whose answer got lost is not ordered twice."""
    there.meets(trouble, trouble)  # a question that is cut off is asked once more
    first = cli("source", "subscribe", "northkettle", kind)
    assert first.code == 2
    assert words in first.err
    there.troubles.clear()
    there.meets(trouble, trouble)
    told = cli("source", "subscribe", "northkettle", kind, "--json")
    assert (told.code, told.document["exit_code"], words in told.document["error"]) == (2, 2, True)
    assert there.ordered == there.hooks == []
    there.troubles.clear()
    there.meets(*[None] * 4, trouble)
    assert cli("source", "subscribe", "northkettle", kind).code in (1, 2)
    assert 3 <= len(there.ordered) + len(there.hooks) < len(SUBSCRIBERS[kind].topics)
    assert cli("source", "subscribe", "northkettle", kind).code == 0
    assert len(there.ordered) + len(there.hooks) == len(SUBSCRIBERS[kind].topics)


@pytest.mark.usefixtures("connect")
def test_an_address_that_no_shop_can_reach_is_refused(
    cli: Cli, there: WebhookShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTPURCHASE_PUBLIC_URL", "http://127.0.0.1:8000")
    refused = cli("source", "subscribe", "northkettle", "shopify")
    assert refused.code == 2
    assert "POSTPURCHASE_PUBLIC_URL" in refused.err
    assert there.requests == 0


def test_without_a_key_or_a_source_the_next_step_is_named(cli: Cli, shop: str, tmp_path: Path) -> None:
    assert "source add northkettle shopify" in cli("source", "subscribe", shop, "shopify").err
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    cli("source", "add", shop, "shopify", "--secret-file", str(tmp_path / "secret"))
    assert "source set northkettle shopify --api-url" in cli("source", "subscribe", shop, "shopify").err
    assert "shopify and woocommerce" in cli("source", "subscribe", shop, "standard").err
