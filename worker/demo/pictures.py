"""Makes the pictures in the README and docs: python -m worker.demo.pictures [FOLDER]."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from worker.bootstrap import build
from worker.celery import Postpurchase
from worker.cli.folders import read_folder, write_folder
from worker.demo.examples import inline_pictures
from worker.demo.shop import profile
from worker.demo.situations import example
from worker.preview.live import LiveContent, live_router
from worker.rendering.pictures import Camera, Look, camera
from worker.rendering.renderer import Renderer
from worker.settings import Settings
from worker.store.content import packaged_content
from worker.store.migrate import upgrade
from worker.store.shops import add_shop
from worker.web.thread import WebThread

GAP = 32
GROUND = (226, 224, 217)
SHOWN = ("confirmation", "shipping", "follow_up")
LOOKS: dict[str, Look] = {"three-mails": "light", "three-mails-dark": "dark"}
COLOURS = 128
WINDOW = {"width": 1220, "height": 640}
PATIENCE_MS = 120_000
"""The page compiles three mails first, on a machine that may have more to do."""
SENTENCE = ("You have had it for a few days.", "You have had it for a week.")
MISTAKE = ("send: 9 days", "send: soon")


def draw(folder: Path) -> list[Path]:
    """Writes all pictures; the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    with camera() as taken, TemporaryDirectory() as scratch:
        mails = [_side_by_side(taken, look, folder / f"{name}.png") for name, look in LOOKS.items()]
        return [*mails, *_editing(taken, folder, Path(scratch))]


def _side_by_side(taken: Camera, look: Look, path: Path) -> Path:
    renderer, content = Renderer(), packaged_content()
    with TemporaryDirectory() as scratch:
        shots = []
        for step in SHOWN:
            file = Path(scratch) / f"{step}.png"
            taken.shoot(inline_pictures(renderer.render(content, example(step)).html), file, look=look)
            shots.append(Image.open(file).convert("RGB"))
    height = max(shot.height for shot in shots)
    sheet = Image.new("RGB", (sum(shot.width + GAP for shot in shots) + GAP, height + 2 * GAP), GROUND)
    left = GAP
    for shot in shots:
        sheet.paste(shot, (left, GAP))
        left += shot.width + GAP
    sheet.quantize(COLOURS).save(path, optimize=True)
    return path


def _editing(taken: Camera, folder: Path, scratch: Path) -> list[Path]:
    """The page of `up --watch` after a sentence was changed, and after a mistake."""
    mails = scratch / "my-mails"
    write_folder(packaged_content(), mails)
    with _watching(scratch, mails) as url:
        _edit(mails / "email_templates" / "follow_up" / "texts.en.yaml", *SENTENCE)
        changed = _shot(taken, f"{url}/preview", folder / "watching.png")
        _edit(mails / "sequences" / "post_purchase.yaml", *MISTAKE)
        return [changed, _shot(taken, f"{url}/preview", folder / "mistake.png")]


@contextmanager
def _watching(scratch: Path, mails: Path) -> Iterator[str]:
    installation = build(Settings(data_dir=scratch / "var"))
    upgrade(installation.database)
    with installation.database.write() as session:
        add_shop(session, profile(), now=installation.clock.now())
    live = LiveContent(installation, profile().slug, lambda: read_folder(mails))
    app = Postpurchase(installation)
    web = WebThread(app, host="127.0.0.1", port=0, routers=[live_router(live)])
    web.start()
    try:
        yield web.url
    finally:
        web.ask_to_stop()
        web.join()
        app.close()
        installation.close()


def _edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text, f"{before!r} stands in {path.name}"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def _shot(taken: Camera, url: str, path: Path) -> Path:
    """The page with the follow-up as shops without a guide send it, where the changed sentence stands."""
    page = taken.browser.new_page(viewport=WINDOW)
    page.set_default_timeout(PATIENCE_MS)
    try:
        page.goto(url)
        with page.expect_response(lambda answer: "situation=how_is_it" in answer.url) as shown:
            page.select_option("select[data-step=follow_up]", "how_is_it")
        shown.value.finished()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=path)
    finally:
        page.close()
    Image.open(path).convert("RGB").quantize(COLOURS).save(path, optimize=True)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m worker.demo.pictures", description="Makes the docs' pictures.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs/pictures"), help="default: %(default)s")
    for written in draw(parser.parse_args().folder):
        print(written)  # noqa: T201 - the command's answer
