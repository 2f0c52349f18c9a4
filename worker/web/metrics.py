"""GET /metrics for Prometheus.

It tells how many orders a shop has, which is nobody's business: with POSTPURCHASE_METRICS_TOKEN set it wants that as a
bearer token; without one it answers direct requests alone, and none that a proxy brings from outside.
"""

import hmac
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from worker.bootstrap import Installation
from worker.reports.metrics import read_metrics
from worker.web.contract import answers, texts

router = APIRouter()
PROXIED = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded")

_counting = threading.Lock()
"""One count at a time: however many ask, the database pays once."""


@dataclass(frozen=True, eq=False)  # a registry keeps its collectors in a dict
class _Found(Collector):
    metrics: list[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.metrics


ANSWERS = texts({200: "Figures in Prometheus' text format."}, "text/plain") | answers(
    {401: "A token is set and was not given as `Authorization: Bearer`.", 404: "No token is set, and a proxy asks."}
)


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses=ANSWERS,
    tags=["health"],
)
def metrics(request: Request) -> Response:
    installation: Installation = request.app.state.installation
    _check(request, installation)
    with _counting, installation.database.snapshot() as session:
        clock = installation.clock
        found = _Found(read_metrics(session, now=clock.now(), real_now=clock.real_now()))
    registry = CollectorRegistry()
    registry.register(found)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _check(request: Request, installation: Installation) -> None:
    token = installation.settings.metrics_token
    if token is None:
        if any(name in request.headers for name in PROXIED):
            raise HTTPException(404)
        return
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
