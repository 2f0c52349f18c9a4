"""GET /metrics for Prometheus.

It tells how many orders a shop has, which is nobody's business: with POSTPURCHASE_METRICS_TOKEN set it wants that as a
bearer token; without one it answers direct requests alone, and none that a proxy brings from outside.
"""

import hmac
import threading

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from worker.bootstrap import Installation
from worker.web.contract import answers, texts

router = APIRouter()
PROXIED = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded")

_counting = threading.Lock()
"""One count at a time: however many ask, the database pays once."""


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
    from worker.web.figures import CONTENT_TYPE, figures

    with _counting, installation.database.snapshot() as session:
        clock = installation.clock
        told = figures(session, now=clock.now(), real_now=clock.real_now())
    return Response(told, media_type=CONTENT_TYPE)


def _check(request: Request, installation: Installation) -> None:
    token = installation.settings.metrics_token
    if token is None:
        if any(name in request.headers for name in PROXIED):
            raise HTTPException(404)
        return
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
