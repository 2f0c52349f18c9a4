"""The pages behind links in mails: /u unsubscribe, /o "Not for me", /f feedback.

GET shows a page and changes nothing: scanners fetch every link. POST acts, without cookies and without a redirect
(RFC 8058), whatever its body is: urlencoded, multipart or none. Works without scripts.
"""

from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from worker.bootstrap import Installation
from worker.feedback.pages import Person, person_behind
from worker.feedback.people import act
from worker.links import PATHS, LinkToken
from worker.rendering.colours import FALLBACK, button_ground, readable_on
from worker.rendering.formats import language_of, locale_of, web_url
from worker.web.words import BACK, GONE, THIS_PRODUCT, WORDS

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
LARGEST_BODY = 64 * 1024

router = APIRouter()


def _installation(request: Request) -> Installation:
    found: Installation = request.app.state.installation
    return found


Here = Annotated[Installation, Depends(_installation)]


@router.api_route("/u/{token}", methods=["GET", "HEAD"])
@router.api_route("/o/{token}", methods=["GET", "HEAD"])
@router.api_route("/f/{token}", methods=["GET", "HEAD"])
def show(token: str, request: Request, installation: Here) -> HTMLResponse:
    """The page with its button; nothing is changed."""
    link = _link(installation, request, token)
    person = person_behind(installation, link) if link else None
    return _page(link, person) if link and person else _gone(request)


@router.post("/u/{token}")
@router.post("/o/{token}")
@router.post("/f/{token}")
async def submit(token: str, request: Request, installation: Here, undo: bool = False) -> HTMLResponse:
    """Acts. A mailbox's one-click POST and the page's button do the same; `undo` takes it back.

    The body says nothing that the link doesn't, so a malformed one refuses nobody.
    """
    await _drain(request)
    return await run_in_threadpool(_submitted, installation, request, token, undo)


def _submitted(installation: Installation, request: Request, token: str, undo: bool) -> HTMLResponse:
    link = _link(installation, request, token)
    if link is None or not act(installation, link, undo=undo):
        return _gone(request)
    person = person_behind(installation, link)
    return _page(link, person) if person else _gone(request)


async def _drain(request: Request) -> None:
    """Reads the body away, so that its sender hears the answer; more than a form holds is cut off."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY:
            return


def _link(installation: Installation, request: Request, token: str) -> LinkToken | None:
    """What a link says, if it was written for this path."""
    link = installation.links.read(token)
    return link if link and request.url.path.startswith(f"/{PATHS[link.purpose]}/") else None


def _page(link: LinkToken, person: Person) -> HTMLResponse:
    language = language_of(locale_of(person.locale))
    language = language if language in WORDS else "en"
    words, profile, done = WORDS[language][link.purpose], person.profile, person.is_done
    named = {"shop": profile.name, "product": person.product or THIS_PRODUCT[language]}
    undo = words.undo if person.may_undo else ""
    return _rendered(
        language=language,
        shop=profile.name,
        title=(words.done_title if done else words.title).format(**named),
        text=(words.done_text if done else words.text).format(**named),
        button=(undo if done else words.button).format(**named),
        is_done=done,
        colour=profile.brand.colour,
        shop_url=web_url(profile.url),
        back=BACK[language].format(**named),
    )


def _gone(request: Request) -> HTMLResponse:
    wanted = (part.strip()[:2].lower() for part in request.headers.get("accept-language", "").split(","))
    language = next((each for each in wanted if each in GONE), "en")
    title, text = GONE[language]
    return _rendered(404, language=language, shop="", title=title, text=text, button="", is_done=False, colour=FALLBACK)


def _rendered(
    status: int = 200, *, colour: str, shop_url: str = "", back: str = "", **values: str | bool
) -> HTMLResponse:
    ground = button_ground(colour)
    page = _template().render(colour=ground, on_colour=readable_on(ground), shop_url=shop_url, back=back, **values)
    return HTMLResponse(page, status_code=status, headers=HEADERS)


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(loader=PackageLoader("worker.web", "pages"), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("customer.html")
