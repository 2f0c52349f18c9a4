"""Makes the pictures of the emails that the README shows: python -m worker.demo.pictures [FOLDER]."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from worker.demo.examples import STEPS, example, inline_pictures
from worker.rendering.pictures import Camera, Look, camera
from worker.rendering.renderer import Renderer
from worker.store.content import packaged_content

GAP = 32
GROUND = (226, 224, 217)
LOOKS: dict[str, Look] = {"three-mails": "light", "three-mails-dark": "dark"}


def draw(folder: Path) -> list[Path]:
    """Writes the three mails side by side, as a phone shows them; the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    with camera() as taken:
        return [_side_by_side(taken, look, folder / f"{name}.png") for name, look in LOOKS.items()]


def _side_by_side(taken: Camera, look: Look, path: Path) -> Path:
    renderer, content = Renderer(), packaged_content()
    with TemporaryDirectory() as scratch:
        shots = []
        for step in STEPS:
            file = Path(scratch) / f"{step}.png"
            taken.shoot(inline_pictures(renderer.render(content, example(step)).html), file, look=look)
            shots.append(Image.open(file).convert("RGB"))
    height = max(shot.height for shot in shots)
    sheet = Image.new("RGB", (sum(shot.width + GAP for shot in shots) + GAP, height + 2 * GAP), GROUND)
    left = GAP
    for shot in shots:
        sheet.paste(shot, (left, GAP))
        left += shot.width + GAP
    sheet.quantize(128).save(path, optimize=True)
    return path


if __name__ == "__main__":
    for written in draw(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")):
        print(written)  # noqa: T201 - the command's answer
