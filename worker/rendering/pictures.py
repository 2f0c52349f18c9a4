"""Pictures of mails as phones and desktops show them, by a Chromium on this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from worker.errors import UserError
from worker.settings import CHROMIUM

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
PHONE, DESKTOP = 375, 640
Look = Literal["light", "dark", "inverted", "no_images"]
INVERTED = (
    "html { filter: invert(1) hue-rotate(180deg); background: #111; } img { filter: invert(1) hue-rotate(180deg); }"
)
"""What mailboxes do that ignore a mail's own dark colours: everything but pictures turned over."""


@dataclass(frozen=True)
class Camera:
    """Takes pictures with one open browser."""

    browser: Any

    def shoot(self, html: str, path: Path, *, width: int = PHONE, look: Look = "light", scale: float = 1) -> None:
        """Writes a PNG of the whole mail at this width in CSS pixels."""
        scheme = "dark" if look == "dark" else "light"
        page = self.browser.new_page(
            viewport={"width": width, "height": 800}, device_scale_factor=scale, color_scheme=scheme
        )
        try:
            if look == "no_images":
                page.route("**/*", lambda route: route.abort())
                html = html.replace('src="', 'src="about:')
            page.set_content(html, wait_until="load")
            if look == "inverted":
                page.add_style_tag(content=INVERTED)
            page.screenshot(path=path, full_page=True)
        finally:
            page.close()


@contextmanager
def camera() -> Iterator[Camera]:
    """An open browser.

    Raises:
        UserError: Playwright or a Chromium is missing; says how to get it.
    """
    executable = browser_path()
    if executable is None:
        raise UserError(
            "No Chromium was found, so there is no picture. Install one (Debian: apt-get install chromium), "
            f"or set {CHROMIUM} to its path."
        )
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise UserError(
            "Playwright is missing, so there is no picture. Install it: uv pip install playwright"
        ) from None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(QUIET))
        try:
            yield Camera(browser)
        finally:
            browser.close()


def browser_path() -> str | None:
    """The Chromium to use; None when there is none."""
    return os.environ.get(CHROMIUM) or next((found for name in BROWSERS if (found := shutil.which(name))), None)
