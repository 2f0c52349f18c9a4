"""POST /webhooks/{shop}/{source}: the door shops knock at."""

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from worker import queues
from worker.hints import Hints
from worker.intake.grouping import Group
from worker.intake.service import Answer, Incoming
from worker.web.contract import answers, takes

log = structlog.get_logger()
router = APIRouter()

LARGEST_BODY = 5 * 1024 * 1024
"""Bytes. Shopify's largest order bodies stay below it."""
MOST_READ = 4 * LARGEST_BODY
"""A sender who is told 413 in the middle of sending hears only a broken connection, so up to here it is let finish."""


class TooLargeError(Exception):
    """The body is longer than `LARGEST_BODY`."""


async def whole_body(request: Request) -> bytes:
    """The raw body, read piece by piece so that one that is too large is never held.

    Raises:
        TooLargeError: it is, by its header or by what really came.
    """
    body, size = bytearray(), 0
    async for piece in request.stream():
        size += len(piece)
        if size <= LARGEST_BODY:
            body += piece
        elif size > MOST_READ or _announced(request) > MOST_READ:
            break
    if size > LARGEST_BODY:
        raise TooLargeError
    return bytes(body)


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() else 0


ANSWERS = {
    200: "Known already, or a ping: nothing more was stored.",
    202: "Stored, and safely on disk.",
    400: "The body did not arrive whole.",
    401: "The signature matches no active secret of this source.",
    404: "There is no such shop, or it has no such source.",
    413: "The body is larger than 5 MB.",
    422: "Source `standard` alone: the body is not in its form; `detail` says where.",
}


@router.post(
    "/webhooks/{shop}/{source}",
    status_code=202,
    summary="Take a webhook",
    responses=answers(ANSWERS),
    openapi_extra=takes("application/json"),
    tags=["webhooks"],
)
async def receive(shop: str, source: str, request: Request) -> JSONResponse:
    """Answers 2xx only once the event is committed, so that its sender may forget it.

    `source`: shopify, woocommerce or standard; each signs the raw body in headers of its own.
    """
    # The hint to plan it may be lost: the sweep finds it.
    try:
        body = await whole_body(request)
    except TooLargeError:
        log.warning("intake.webhook.refused", shop=shop, source=source, status=413, reason="larger than 5 MB")
        return _json(Answer(status=413, detail="The body is larger than 5 MB."))
    except ClientDisconnect:
        log.warning("intake.webhook.refused", shop=shop, source=source, status=400, reason="the sender hung up")
        return _json(Answer(status=400, detail="The body did not arrive whole."))
    incoming = Incoming(shop=shop, source=source, headers=dict(request.headers), body=body)
    group: Group = request.app.state.group
    answer = await group.accept(incoming)
    if answer.to_plan is not None:
        hints: Hints = request.app.state.hints
        hints.send(queues.PLAN_EVENT, str(answer.to_plan))
    return _json(answer)


def _json(answer: Answer) -> JSONResponse:
    return JSONResponse({"detail": answer.detail}, status_code=answer.status)
