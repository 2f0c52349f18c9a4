"""`up --watch`: saved files of a shop are published at once, and the page that shows them reloads itself."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment, StrictUndefined

from schedules.catalog import load_sequence
from schedules.sequence import TEMPLATES, Anchor
from schedules.shop import Role, ShopProfile
from schedules.timing import in_words
from worker.bootstrap import Installation
from worker.demo.examples import inline_pictures
from worker.errors import ContentError, Fault, StorageUnavailableError, UserError
from worker.planning.anew import replan_shop
from worker.preview.example import example_inputs
from worker.preview.rehearsing import examine
from worker.preview.situations import in_situation, situations_of
from worker.rendering.port import Content
from worker.rendering.renderer import Renderer
from worker.rendering.spoken import languages_of, spoken
from worker.store.content import newest_number, publish
from worker.store.models import Shop
from worker.store.shops import get_shop, profile_of
from worker.web.outbox import MAIL_POLICY, only_loopback

EVERY_S = 0.4
NOTE = "saved while watching"
POLICY = MAIL_POLICY.replace("img-src *", "img-src * data:")

COUNTED = {Anchor.ORDER: "the order", Anchor.SHIPPED: "the parcel left", Anchor.DELIVERED: "the last parcel arrived"}

log = structlog.get_logger()


@dataclass(frozen=True)
class Seen:
    """The newest look at the folder. `faults`: why it was not published.

    `revision`: what was saved last; `newer`: what was published elsewhere since; 0: nothing.
    """

    version: int = 0
    revision: int = 0
    newer: int = 0
    content: Content | None = None
    faults: tuple[Fault, ...] = ()


class LiveContent:
    """Watches content and publishes what is saved; a thread of its own. `read`: the content as it lies in its folder.

    Raises:
        UserError: there is no such shop, or the folder holds no content.
    """

    def __init__(self, installation: Installation, shop: str, read: Callable[[], Content]) -> None:
        self._read = read
        self._installation = installation
        self._digest = ""
        with installation.database.read() as session:
            owner = get_shop(session, shop)
            self._shop_id, self.profile = owner.id, profile_of(owner)
        self.seen = Seen()
        self._read()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def look(self) -> Seen:
        """Publishes the folder if it changed; what is wrong with it is kept, and the shop goes on with what it had."""
        try:
            content = self._read()
        except UserError as error:
            return self._note((Fault("the folder", None, str(error)),), "unreadable")
        if content.digest == self._digest:
            return self._compared()
        faults = examine(content, self.profile)
        if faults:
            return self._note(tuple(faults), content.digest)
        with self._installation.database.write() as session:
            number = publish(session, self._shop_id, content, NOTE, self._installation.clock.now())
        replan_shop(self._installation, self._shop_id, f"content revision {number}")
        log.info("preview.content.published", shop=self.profile.slug, revision=number)
        self._digest = content.digest
        self.seen = Seen(version=self.seen.version + 1, revision=number, content=content)
        return self.seen

    def _compared(self) -> Seen:
        """Looks what commands did since: published something else, set another colour or role of the shop."""
        with self._installation.database.read() as session:
            newest, profile = newest_number(session, self._shop_id), profile_of(session.get_one(Shop, self._shop_id))
        newer = newest if newest > self.seen.revision else 0
        if (newer, profile) != (self.seen.newer, self.profile):
            self.profile = profile
            self.seen = replace(self.seen, version=self.seen.version + 1, newer=newer)
        return self.seen

    def _note(self, faults: tuple[Fault, ...], digest: str) -> Seen:
        if digest != self._digest:
            self._digest = digest
            self.seen = replace(self.seen, version=self.seen.version + 1, faults=faults)
            log.warning("preview.content.refused", shop=self.profile.slug, faults=len(faults))
        return self.seen

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(EVERY_S):
            try:
                self.look()
            except StorageUnavailableError as error:  # the next look finds the same still unpublished
                log.warning("preview.content.unpublished", shop=self.profile.slug, error=str(error))


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One mail of the page. `goes`: when, in words; `situations`: what it can be looked at in."""

    step: str
    goes: str
    situations: tuple[str, ...]


def _shown(content: Content, step: str, profile: ShopProfile) -> Shown:
    found = load_sequence(content.files).steps[step]
    timing = found.timing(profile.role(step))
    hours = f", {timing.daytime.start:%H:%M}–{timing.daytime.end:%H:%M}" if timing.daytime else ""
    goes = f"{in_words(timing.send)} after {COUNTED[timing.counts_from]}{hours}"
    if not found.enabled or profile.role(step) is Role.OFF:
        goes = f"switched off; would go {goes}"
    return Shown(step=step, goes=goes, situations=situations_of(content, step))


def live_router(live: LiveContent) -> APIRouter:
    """`/preview`: the three mails of the example order, as they are now. This machine only."""
    router = APIRouter(prefix="/preview", dependencies=[Depends(only_loopback)])
    renderer = Renderer()
    page = Environment(autoescape=True, undefined=StrictUndefined).from_string(
        (files("worker.preview") / "live.html").read_text(encoding="utf-8")
    )

    @router.get("")
    def show() -> HTMLResponse:
        seen = live.look()
        kept = seen.content.files if seen.content else {}
        languages = languages_of(kept, TEMPLATES["confirmation"]) if kept else ()
        steps = (
            [_shown(seen.content, step, live.profile) for step in load_sequence(seen.content.files).steps]
            if seen.content
            else []
        )
        home = live.profile.locale
        own = spoken(seen.content, "confirmation", wanted=home, shop_locale=home).language if seen.content else ""
        told = {"shop": live.profile.name, "steps": steps, "languages": languages, "own": own, "seen": seen}
        return HTMLResponse(page.render(**told))

    @router.get("/version")
    def version() -> JSONResponse:
        return JSONResponse({"version": live.seen.version})

    @router.get("/{step}")
    def mail(
        step: str, language: Annotated[str, Query(pattern="^[a-z]{2,3}$")] = "en", situation: str = ""
    ) -> HTMLResponse:
        content = live.look().content
        if step not in TEMPLATES or content is None:
            raise HTTPException(404)
        role = Role.COMPANION if live.profile.role(step) is Role.COMPANION else Role.REPLACE
        plain = example_inputs(step, role=role, language=language, profile=live.profile)
        try:
            made = renderer.render(content, in_situation(plain, situation, content))
        except ContentError as error:
            return HTMLResponse("\n".join(str(fault) for fault in error.faults), headers={"Content-Type": "text/plain"})
        except UserError as error:
            raise HTTPException(404) from error
        return HTMLResponse(inline_pictures(made.html), headers={"Content-Security-Policy": POLICY})

    return router
