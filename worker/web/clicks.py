"""GET /c/{token}: a link of a mail that is counted and leads on, only to an address that we signed.

It leads on first and counts afterwards: who wants to the shop must reach it while the database hangs or is away, and
no thread that waits for the database is needed for it. What then cannot be counted is lost, and said in the log.
"""

import anyio
import structlog
from anyio import CapacityLimiter
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.background import BackgroundTask

from worker.bootstrap import Installation
from worker.errors import StorageUnavailableError
from worker.feedback.clicks import record_click
from worker.feedback.machines import why_machine
from worker.links import ClickToken
from worker.web.contract import texts
from worker.web.links import HEADERS, gone_page

THREADS = 2
"""How many clicks are counted at once: more would take threads and connections from webhooks."""
MOST_WAITING = 1000
"""Clicks that wait to be counted; further ones are let go, or memory would fill while the database is away."""

log = structlog.get_logger()
router = APIRouter()


class Counting:
    """Counts the clicks of a web process, after their answers have gone out."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._limiter = CapacityLimiter(THREADS)
        self._waiting = 0

    async def count(self, click: ClickToken, machine: str) -> None:
        """Counts it as soon as a thread is free; whatever prevents it is said in the log and harms nobody."""
        if self._waiting >= MOST_WAITING:
            log.warning("feedback.click.lost", message_id=str(click.message_id), reason="too many are waiting")
            return
        self._waiting += 1
        try:
            await anyio.to_thread.run_sync(self._count, click, machine, limiter=self._limiter)
        finally:
            self._waiting -= 1

    def _count(self, click: ClickToken, machine: str) -> None:
        try:
            record_click(self._installation, click, machine)
        except StorageUnavailableError as error:
            log.warning("feedback.click.lost", message_id=str(click.message_id), reason=str(error))


def _leads_on() -> dict[int | str, dict[str, object]]:
    where = {"Location": {"description": "The address that was signed.", "schema": {"type": "string"}}}
    return {302: {"description": "Leads on to the shop.", "headers": where}}


ANSWERS = _leads_on() | texts({404: "A page that says that this link is none of ours."})


@router.head("/c/{token}", include_in_schema=False)
@router.get(
    "/c/{token}",
    summary="Follow a counted link",
    status_code=302,
    response_class=RedirectResponse,
    responses=ANSWERS,
    tags=["links"],
)
async def follow(token: str, request: Request) -> Response:
    """Leads on to the address that the token was signed with, and to no other."""
    installation: Installation = request.app.state.installation
    click = installation.links.read_click(token)
    if click is None:
        return gone_page(request)
    counting: Counting = request.app.state.counting
    after = BackgroundTask(counting.count, click, why_machine(request.method, request.headers))
    return RedirectResponse(click.target.url, 302, HEADERS, after)
