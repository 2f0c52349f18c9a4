"""The pages behind links in mails: /u which mails one wants, /o "Not for me", /f feedback.

GET shows a page and changes nothing: scanners fetch every link. POST acts, without cookies and without a redirect
(RFC 8058), whatever its body is: urlencoded, multipart or none. Works without scripts.
"""

from contextlib import suppress
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from starlette.requests import ClientDisconnect

from worker.bootstrap import Installation
from worker.feedback.pages import Person, person_behind
from worker.feedback.people import act
from worker.links import PAGES, PATHS, LinkToken
from worker.rendering.colours import EDGE, FALLBACK, button_ground, darkened_for, readable_on
from worker.rendering.formats import web_url
from worker.web.contract import takes, texts
from worker.web.here import Here
from worker.web.views import View, away, gone, view_of
from worker.web.words.languages import WORDS

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""The only picture is the icon."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
LARGEST_BODY = 64 * 1024
OURS = tuple(f"/{PATHS[purpose]}/" for purpose in PAGES)

router = APIRouter()


ANSWERS = texts(
    {
        200: "The page behind the link.",
        404: "A page that says that this link is none of ours.",
        503: "A page that asks to come back later: the database does not answer.",
    }
)
PAGE: dict[str, Any] = {"response_class": HTMLResponse, "responses": ANSWERS, "tags": ["links"]}
FORMS = takes("application/x-www-form-urlencoded", "multipart/form-data", is_required=False)


@router.head("/u/{token}", include_in_schema=False)
@router.head("/o/{token}", include_in_schema=False)
@router.head("/f/{token}", include_in_schema=False)
@router.get("/u/{token}", summary="Preferences", **PAGE)
@router.get("/o/{token}", summary='"Not for me"', **PAGE)
@router.get("/f/{token}", summary="Feedback", **PAGE)
def show(token: str, request: Request, installation: Here) -> HTMLResponse:
    """The page with its button; nothing is changed."""
    link = _link(installation, request, token)
    person = person_behind(installation, link) if link else None
    return _page(link, person) if link and person else gone_page(request)


@router.post("/u/{token}", summary="Unsubscribe, or choose", openapi_extra=FORMS, **PAGE)
@router.post("/o/{token}", summary="Hide a product", openapi_extra=FORMS, **PAGE)
@router.post("/f/{token}", summary="Give feedback", openapi_extra=FORMS, **PAGE)
async def submit(token: str, request: Request, installation: Here, choice: str = "", undo: str = "") -> HTMLResponse:
    """Acts. A mailbox's one-click POST and the page's button do the same; `undo` takes it back.

    `choice`: another one of the preferences page; `undo`: 1. Whatever else the body or the query holds is nobody's
    wish, and keeps nobody from theirs.
    """
    await _drain(request)
    return await run_in_threadpool(_submitted, installation, request, token, choice, undo == "1")


def _submitted(installation: Installation, request: Request, token: str, choice: str, undo: bool) -> HTMLResponse:
    link = _link(installation, request, token)
    if link is None or not act(installation, link, said=choice, undo=undo):
        return gone_page(request)
    person = person_behind(installation, link)
    return _page(link, person, was_saved=bool(choice)) if person else gone_page(request)


async def _drain(request: Request) -> None:
    """Reads the body away, so that its sender hears the answer; more than a form holds is cut off.

    Who hangs up without waiting for the answer has said by the address what they want.
    """
    size = 0
    with suppress(ClientDisconnect):
        async for chunk in request.stream():
            size += len(chunk)
            if size > LARGEST_BODY:
                return


def _link(installation: Installation, request: Request, token: str) -> LinkToken | None:
    """What a link says, if it was written for this path."""
    link = installation.links.read(token)
    return link if link and request.url.path.startswith(f"/{PATHS[link.purpose]}/") else None


def _page(link: LinkToken, person: Person, *, was_saved: bool = False) -> HTMLResponse:
    view, profile = view_of(link, person, was_saved=was_saved), person.profile
    back = WORDS[view.language].back.format(shop=profile.name)
    return _rendered(view, shop=profile.name, colour=profile.brand.colour, shop_url=web_url(profile.url), back=back)


def gone_page(request: Request) -> HTMLResponse:
    """What a link that is none of ours leads to."""
    return _rendered(gone(request.headers.get("accept-language", "")), status=404)


def away_page(request: Request) -> HTMLResponse | None:
    """What a customer reads while the database does not answer; None where the path is not for customers."""
    if not request.url.path.startswith(OURS):
        return None
    return _rendered(away(request.headers.get("accept-language", "")), status=503)


def _rendered(
    view: View, *, status: int = 200, shop: str = "", colour: str = FALLBACK, shop_url: str = "", back: str = ""
) -> HTMLResponse:
    ground = button_ground(colour)
    colours = {"colour": ground, "on_colour": readable_on(ground), "edge": darkened_for(ground, least=EDGE)}
    shown = {"shop": shop, "shop_url": shop_url, "back": back} | colours
    return HTMLResponse(_template().render(view=view, **shown), status_code=status, headers=HEADERS)


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(loader=PackageLoader("worker.web", "pages"), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("customer.html")
