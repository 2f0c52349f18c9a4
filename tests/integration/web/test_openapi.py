"""Requests made from the program's own OpenAPI document, right and wrong: answered as documented, at once.

`pytest tests/integration/web/test_openapi.py --hypothesis-profile=long` makes forty times as many.
"""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests.auth import AuthBase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import func, select

from tests.integration.web.conftest import serving
from tests.support.dispatching import World, build_world
from tests.support.effort import effort
from tests.support.installation import installed
from tests.support.orders import NORTHKETTLE
from tests.support.signing import TOPICS, connect_everywhere, signed
from worker.links import PAGES, LinkKind, Target
from worker.store.models import InboundEvent
from worker.store.session import Database

PATIENCE_S = 20
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@dataclass(frozen=True)
class Open:
    """An installation with a shop that has every source and a mail that was delivered, on a real port."""

    world: World
    url: str
    document: dict[str, Any]
    tokens: list[str]

    def stored(self) -> int:
        with self.world.installation.database.read() as session:
            return session.scalar(select(func.count()).select_from(InboundEvent)) or 0


@pytest.fixture
def opened(database: Database, tmp_path: Path) -> Iterator[Open]:
    world = build_world(installed(database, tmp_path, clock="simulated", secret_key="a test's secret key"))
    connect_everywhere(world.installation)
    message_id = world.add_message("follow_up", state="delivered")
    links = [world.installation.links.url(purpose, message_id, "product-1") for purpose in PAGES]
    links.append(world.installation.links.counted(message_id, Target(LinkKind.SHOP, NORTHKETTLE.url)))
    for url in serving(world.installation):
        with urllib.request.urlopen(f"{url}/openapi.json", timeout=PATIENCE_S) as reply:
            document = json.load(reply)
        yield Open(world, url, document, [link.rpartition("/")[2] for link in links])


class Signed(AuthBase):
    """Signs what goes to a known source, or the search would end at its door."""

    def __init__(self, topic: int) -> None:
        self.topic = topic

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        raw = request.body or b""
        body = raw.encode() if isinstance(raw, str) else bytes(raw)
        source = urlsplit(request.url or "").path.rpartition("/")[2]
        topics = TOPICS.get(source)
        if topics:
            request.headers.update(signed(source, topics[self.topic % len(topics)], body))
        return request


@settings(
    max_examples=effort(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(data=st.data())
def test_no_request_meets_an_error_of_ours_or_an_answer_that_is_not_documented(
    opened: Open, data: st.DataObject
) -> None:
    schema = schemathesis.openapi.from_dict(opened.document)
    operations = [found.ok() for found in schema.get_all_operations()]
    doors = [each for each in operations if each.path.startswith(("/webhooks", "/events"))]
    operation = data.draw(st.sampled_from(operations) | st.sampled_from(doors))
    case = data.draw(operation.as_strategy(data.draw(st.sampled_from(list(schemathesis.GenerationMode)))))
    if "shop" in case.path_parameters and data.draw(st.booleans()):
        case.path_parameters |= {"shop": NORTHKETTLE.slug, "source": data.draw(st.sampled_from(sorted(TOPICS)))}
    if "token" in case.path_parameters and data.draw(st.booleans()):
        case.path_parameters["token"] = data.draw(st.sampled_from(opened.tokens))
    before = opened.stored()
    answer = case.call(opened.url, auth=Signed(data.draw(st.integers(0, 4))), timeout=PATIENCE_S)
    case.validate_response(answer, checks=CHECKS)
    if answer.status_code == 202:
        assert opened.stored() == before + 1


def test_every_route_says_what_it_answers(opened: Open) -> None:
    paths = opened.document["paths"]
    assert {"/webhooks/{shop}/{source}", "/events/sendgrid", "/metrics", "/u/{token}", "/c/{token}"} <= set(paths)
    assert set(paths["/webhooks/{shop}/{source}"]["post"]["responses"]) == {
        *("200", "202", "400", "401", "404", "413", "422", "503")
    }
    assert set(paths["/c/{token}"]["get"]["responses"]) == {"302", "404", "422"}
    assert "content" not in paths["/c/{token}"]["get"]["responses"]["302"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            assert operation.get("summary"), (method, path)
            assert all(told["description"] for told in operation["responses"].values()), (method, path)
