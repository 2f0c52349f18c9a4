"""The web application of one installation."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio.to_thread
import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response

from worker.bootstrap import Installation
from worker.errors import StorageUnavailableError
from worker.hints import Hints
from worker.intake.grouping import Group
from worker.version import own_version
from worker.web import clicks, events, health, icon, links, metrics, outbox, webhooks

log = structlog.get_logger()

THREADS = 16
"""How many requests may work on the database at once; more than the connection pool holds would only wait there."""


def create_app(installation: Installation, hints: Hints, *, routers: Sequence[APIRouter] = ()) -> FastAPI:
    """All routes; handlers find the installation and the hints in `app.state`. `routers`: more of them (the demo's)."""
    app = FastAPI(title="Postpurchase", version=own_version(), docs_url=None, redoc_url=None, lifespan=_lifespan)
    app.state.installation = installation
    app.state.hints = hints
    app.add_exception_handler(StorageUnavailableError, _storage_gone)
    app.include_router(webhooks.router)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(links.router)
    app.include_router(clicks.router)
    app.include_router(events.router)
    app.include_router(icon.router)
    if installation.settings.is_embedded and not installation.settings.has_provider:
        app.include_router(outbox.front)
        app.include_router(outbox.router)
    for router in routers:
        app.include_router(router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    app.state.group = Group(app.state.installation)
    app.state.counting = clicks.Counting(app.state.installation)
    try:
        yield
    finally:
        app.state.group.close()


async def _storage_gone(request: Request, error: Exception) -> Response:
    log.error("web.storage.unavailable", path=request.url.path, error=str(error))
    answer = links.away_page(request) or JSONResponse({"detail": "Storage does not answer. Please try again."}, 503)
    answer.headers["Retry-After"] = "10"
    return answer
