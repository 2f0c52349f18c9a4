"""POST /events/sendgrid: where SendGrid tells what became of mails."""

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from worker.bootstrap import Installation
from worker.errors import SettingsError
from worker.feedback.delivery_events import record_events
from worker.feedback.sendgrid_events import read_batch
from worker.feedback.sendgrid_signature import event_keys, is_signed
from worker.web.contract import answers, takes
from worker.web.here import Here
from worker.web.webhooks import TooLargeError, whole_body

log = structlog.get_logger()
router = APIRouter()

UNSET = "SendGrid's events are not set up: set POSTPURCHASE_SENDGRID_EVENT_PUBLIC_KEY."


ANSWERS = {
    200: "The whole batch is safely on disk; `detail` counts what was new.",
    400: "The batch did not arrive whole, or is no JSON list.",
    401: "The signature does not match.",
    404: "No public key is set: events are not taken.",
    413: "The batch is larger than 5 MB.",
}


@router.post(
    "/events/sendgrid",
    summary="Take a batch of SendGrid's signed events",
    responses=answers(ANSWERS),
    openapi_extra=takes("application/json"),
    tags=["events"],
)
async def receive(request: Request, installation: Here) -> JSONResponse:
    """Answers 200 only once the whole batch is committed; until then SendGrid sends it again, for 24 hours."""
    try:
        body = await whole_body(request)
    except TooLargeError:
        return _refused(413, "The batch is larger than 5 MB.")
    except ClientDisconnect:
        return _refused(400, "The batch did not arrive whole.")
    return await run_in_threadpool(_take, installation, dict(request.headers), body)


def _take(installation: Installation, headers: dict[str, str], body: bytes) -> JSONResponse:
    keys = event_keys(installation.settings.sendgrid_event_public_key or "")
    if not keys:
        return _refused(404, UNSET)
    try:
        if not is_signed(keys=keys, headers=headers, body=body):
            return _refused(401, "The signature does not match.")
    except SettingsError as error:
        log.error("feedback.key.unusable", alarm=True, error=str(error))
        return _refused(503, "The signature cannot be checked at the moment. Please try again.")
    try:
        batch = read_batch(body)
    except ValueError as error:
        log.error("feedback.batch.unreadable", alarm=True, size=len(body), error=type(error).__name__)
        return _refused(400, "The batch is no JSON list of events.")
    tally = record_events(installation, batch)
    return JSONResponse({"detail": f"{tally.new} new, {tally.known} known, {tally.foreign} of other mails."})


def _refused(status: int, detail: str) -> JSONResponse:
    log.warning("feedback.batch.refused", status=status, reason=detail)
    return JSONResponse({"detail": detail}, status_code=status)
