"""/health/live: the process answers. /health/ready: its database answers and is migrated; the broker may be down."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from worker.errors import StorageUnavailableError
from worker.store.migrate import why_not_migrated
from worker.store.session import Database
from worker.web.contract import Detail, answers

router = APIRouter(prefix="/health")


@router.get("/live", summary="Whether the process answers", response_model=Detail, tags=["health"])
async def live() -> JSONResponse:
    return JSONResponse({"detail": "alive"})


@router.get(
    "/ready",
    summary="Whether the database answers and is migrated",
    responses=answers({200: "It does; the broker may be down."}),
    tags=["health"],
)
def ready(request: Request) -> JSONResponse:
    detail = why_not_ready(request.app.state.installation.database)
    return JSONResponse({"detail": detail or "ready"}, status_code=503 if detail else 200)


def why_not_ready(database: Database) -> str:
    """Why requests cannot be served; empty when they can."""
    try:
        return why_not_migrated(database)
    except (SQLAlchemyError, StorageUnavailableError, OSError):
        return "The database does not answer."
