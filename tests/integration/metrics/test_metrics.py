"""GET /metrics over HTTP: what a Prometheus would read, counted from SQL."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from schedules.facts import ConsentState
from tests.integration.web.conftest import serving
from tests.support.dispatching import MORNING, World, build_world
from tests.support.installation import installed
from tests.support.rows import make_click, make_event
from worker.heartbeats import record_life
from worker.store.models import DiscountCode, Message, ProviderKey, Shop, Suppression
from worker.store.pauses import pause
from worker.store.session import Database
from worker.store.shops import list_sources
from worker.store.write_backs import Wish, wish

DASHBOARD = Path(__file__).parents[3] / "docs" / "grafana-dashboard.json"
NAME = re.compile(r"\bpostpurchase_\w+")


@contextmanager
def _served(database: Database, folder: Path, **settings: Any) -> Iterator[tuple[World, str]]:
    world = build_world(installed(database, folder, clock="simulated", secret_key="a test's secret key", **settings))
    for url in serving(world.installation):
        yield world, url


@pytest.fixture
def served(database: Database, tmp_path: Path) -> Iterator[tuple[World, str]]:
    with _served(database, tmp_path) as found:
        yield found


def _text(url: str, **headers: str) -> str:
    with urllib.request.urlopen(urllib.request.Request(f"{url}/metrics", headers=headers), timeout=20) as reply:
        assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return str(reply.read().decode())


def _refusal(url: str, **headers: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as refused:
        _text(url, **headers)
    return refused.value.code


def _samples(text: str) -> dict[tuple[str, frozenset[str]], float]:
    """Value by name without its prefix, and label values."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(each.name.removeprefix("postpurchase_"), frozenset(each.labels.values())): each.value for each in samples}


def _fill(world: World) -> None:
    """One of everything that is counted."""
    at = {"accepted_at": world.now, "aim_at": world.now - timedelta(seconds=30)}
    clicked = world.add_message("confirmation", state="accepted", **at)
    world.add_message("confirmation", occurrence=1, due=timedelta(minutes=-10))
    world.add_message("confirmation", parcel_group="edit-2026-05-14", state="delivered", **at)
    world.add_message("follow_up", state="unknown")
    database = world.installation.database
    record_life(database, {"beat:here:1": "beat"})
    with database.write() as session:
        shop = session.get_one(Shop, world.shop_id)
        make_click(session, session.get_one(Message, clicked), raw=4, human=2)
        make_click(session, session.get_one(Message, clicked), ref="7103", raw=1, human=0)
        make_event(session, shop, state="planned", received_at=world.now - timedelta(minutes=5))
        make_event(session, shop, state="failed", dedupe_key="2", received_at=world.now - timedelta(minutes=9))
        pause(session, shop.id, "shipping", reason="stock-taking", now=MORNING)
        suppressed = {"address": "mia@example.com", "scope": "offers", "reason": "manual", "created_at": MORNING}
        session.add(Suppression(shop_id=shop.id, **suppressed))
        limit = {"allowed": 500, "remaining": 12, "renews_at": world.now + timedelta(hours=1), "updated_at": MORNING}
        shop.profile = shop.profile | {"codes": "pool"}
        code = {"address": "mia@example.com", "code": "NRTAAAA", "kind": "percent", "value": 10, "state": "created"}
        times = {"starts_at": MORNING, "ends_at": MORNING, "created_at": MORNING}
        session.add(DiscountCode(shop_id=shop.id, order_id=world.order_id, **code, **times))
        session.add(ProviderKey(id="sendgrid:5f1c", provider="sendgrid", **limit))
        [source] = list_sources(session, shop.id)
        refused = Wish(
            shop_id=shop.id, address="mia@example.com", wanted=ConsentState.UNSUBSCRIBED, now=MORNING, due_at=MORNING
        )
        wish(session, source, refused, was=ConsentState.SUBSCRIBED)


def test_everything_is_counted_under_its_labels(served: tuple[World, str]) -> None:
    world, url = served
    _fill(world)
    found = _samples(_text(url))
    expected: dict[tuple[str, tuple[str, ...]], float] = {
        ("events", ("northkettle", "shopify", "planned")): 1,
        ("events", ("northkettle", "shopify", "failed")): 1,
        ("events", ("northkettle", "shopify", "stored")): 0,
        ("messages", ("northkettle", "confirmation", "transactional", "accepted")): 1,
        ("messages", ("northkettle", "confirmation", "transactional", "delivered")): 1,
        ("messages", ("northkettle", "confirmation", "transactional", "scheduled")): 1,
        ("messages", ("northkettle", "follow_up", "marketing", "unknown")): 1,
        ("messages_unknown", ()): 1,
        ("messages_overdue", ()): 1,
        ("mails_untold", ()): 0,
        ("orders", ("northkettle",)): 1,
        ("orders_confirmed", ("northkettle",)): 1,
        ("mails", ("northkettle", "confirmation")): 2,
        ("mails", ("northkettle", "follow_up")): 0,
        ("lateness_mails", ()): 2,
        ("mails_of_30_days", ("northkettle", "transactional")): 2,
        ("complaints_of_30_days", ("northkettle", "transactional")): 0,
        ("suppressions", ("northkettle", "offers")): 1,
        ("clicks", ("northkettle", "confirmation", "product", "raw")): 5,
        ("clicks", ("northkettle", "confirmation", "product", "human")): 2,
        ("refusals", ("northkettle", "shopify", "waiting")): 1,
        ("refusals", ("northkettle", "shopify", "lost")): 0,
        ("codes", ("northkettle", "created")): 1,
        ("codes_redeemed_by_others", ("northkettle",)): 0,
        ("codes_waiting", ("northkettle",)): 0,
        ("codes_left", ("northkettle",)): 0,
        ("paused", ("northkettle", "shipping")): 1,
        ("provider_closed", ("sendgrid:5f1c", "paused")): 0,
        ("provider_failures", ("sendgrid:5f1c",)): 0,
        ("provider_limit_remaining", ("sendgrid:5f1c",)): 12,
        ("processes_alive", ("beat",)): 1,
        ("processes_alive", ("worker",)): 0,
    }
    by_key = {(name, frozenset(labels)): value for (name, labels), value in expected.items()}
    assert {key: found.get(key) for key in by_key} == by_key
    assert found["lateness_seconds", frozenset(("0.95",))] == pytest.approx(30, abs=1)
    assert 600 <= found["oldest_overdue_seconds", frozenset(())] < 900
    assert 300 <= found["source_silence_seconds", frozenset(("northkettle", "shopify"))] < 540


def test_an_empty_installation_has_metrics_too(database: Database, tmp_path: Path) -> None:
    for url in serving(installed(database, tmp_path)):
        found = _samples(_text(url))
    assert (found["messages_overdue", frozenset(())], found["messages_unknown", frozenset(())]) == (0, 0)


def test_every_metric_of_the_dashboard_exists_and_every_metric_is_on_it(served: tuple[World, str]) -> None:
    world, url = served
    _fill(world)
    told = {sample[0] for sample in _samples(_text(url))}
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    shown = {name for panel in panels for target in panel["targets"] for name in NAME.findall(target["expr"])}
    assert {f"postpurchase_{name}" for name in told} == shown


def test_every_panel_of_the_dashboard_has_a_number_of_its_own() -> None:
    numbers = [panel["id"] for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]]
    assert len(numbers) == len(set(numbers))


def test_no_address_and_no_order_shows(served: tuple[World, str]) -> None:
    world, url = served
    _fill(world)
    assert not re.search("mia|1042", _text(url))


def test_what_a_proxy_brings_from_outside_is_turned_away(served: tuple[World, str]) -> None:
    assert _refusal(served[1], **{"X-Forwarded-For": "203.0.113.9"}) == 404


def test_with_a_token_only_its_bearer_reads(database: Database, tmp_path: Path) -> None:
    with _served(database, tmp_path, metrics_token="let Prometheus in") as (_, url):
        assert (_refusal(url), _refusal(url, Authorization="Bearer let me in")) == (401, 401)
        read = _text(url, **{"Authorization": "Bearer let Prometheus in", "X-Forwarded-For": "203.0.113.9"})
        assert "postpurchase_orders" in read
