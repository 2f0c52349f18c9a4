"""The pages behind links in mails: /u unsubscribe, /o "Not for me", /f feedback.

GET shows a page and changes nothing: scanners fetch every link. POST acts, without cookies and without a redirect
(RFC 8058), whether its body is urlencoded or multipart. Works without scripts.
"""

from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from worker.bootstrap import Installation
from worker.feedback.people import Person, act, person_behind
from worker.links import LinkToken
from worker.rendering.colours import normal, readable_on
from worker.rendering.formats import language_of, locale_of
from worker.web.words import GONE, WORDS

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}

router = APIRouter()


def _installation(request: Request) -> Installation:
    found: Installation = request.app.state.installation
    return found


Here = Annotated[Installation, Depends(_installation)]


@router.get("/u/{token}")
@router.get("/o/{token}")
@router.get("/f/{token}")
def show(token: str, installation: Here) -> HTMLResponse:
    """The page with its button; nothing is changed."""
    link = installation.links.read(token)
    person = person_behind(installation, link) if link else None
    if link is None or person is None:
        return _gone()
    return _page(link, person, done=False)


@router.post("/u/{token}")
@router.post("/o/{token}")
@router.post("/f/{token}")
async def submit(token: str, request: Request, installation: Here) -> HTMLResponse:
    """Acts. A mailbox's one-click POST and the page's button do the same."""
    form = await request.form(max_files=1, max_fields=10)
    undo = form.get("undo") == "1"
    return await run_in_threadpool(_submitted, installation, token, undo)


def _submitted(installation: Installation, token: str, undo: bool) -> HTMLResponse:
    link = installation.links.read(token)
    person = person_behind(installation, link) if link else None
    if link is None or person is None or not act(installation, link, undo=undo):
        return _gone()
    return _page(link, person, done=not undo)


def _page(link: LinkToken, person: Person, *, done: bool) -> HTMLResponse:
    language = language_of(locale_of(person.locale))
    language = language if language in WORDS else "en"
    words, profile = WORDS[language][link.purpose], person.profile
    colour = normal(profile.brand.colour)
    return HTMLResponse(
        _template().render(
            language=language,
            shop=profile.name,
            title=words.done_title if done else words.title,
            text=(words.done_text if done else words.text).format(shop=profile.name),
            button=words.undo if done else words.button,
            is_undo=done,
            colour=colour,
            on_colour=readable_on(colour),
        ),
        headers=HEADERS,
    )


def _gone() -> HTMLResponse:
    title, text = GONE["en"]
    page = _template().render(
        language="en",
        shop="",
        title=title,
        text=text,
        button="",
        is_undo=False,
        colour="#1f5c4a",
        on_colour="#ffffff",
    )
    return HTMLResponse(page, status_code=404, headers=HEADERS)


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(loader=PackageLoader("worker.web", "pages"), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("customer.html")
