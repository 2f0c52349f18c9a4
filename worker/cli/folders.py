"""Content in a folder: what marketers edit, as files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from schedules.catalog import PATH
from worker.errors import ContentError, Fault, UserError
from worker.rendering.port import Content
from worker.store.content import SUFFIXES, content_of, packaged_content

TEMPLATES = "email_templates"
SEQUENCES = "sequences"
MISNAMED = ".yml"
From = Annotated[
    Path | None,
    typer.Option("--from", help="Folder with email_templates/ and sequences/. Default: here, else as packaged."),
]


def is_here() -> bool:
    """Whether the current folder holds content."""
    return Path(TEMPLATES).is_dir()


def read_folder(folder: Path | None) -> Content:
    """The content of a folder that holds `email_templates/` and `sequences/` (or `schedules/sequences/`).

    Without a folder: that of the current one if it holds templates, else what comes with the program.

    Raises:
        UserError: the folder holds no templates or no sequences, or a file is not UTF-8 or cannot be read.
        ContentError: there are files beside the sequence, or ending in .yml; whoever wrote them thinks that they count.
    """
    if folder is None:
        if not is_here():
            return packaged_content()
        folder = Path()
    sequences = next((at for at in (folder / SEQUENCES, folder / "schedules" / SEQUENCES) if at.is_dir()), None)
    if sequences is None or not (folder / TEMPLATES).is_dir():
        raise UserError(
            f"{folder}/ holds no content: it needs the folders {TEMPLATES}/ and {SEQUENCES}/. "
            "`postpurchase content pull SHOP --to FOLDER` makes them."
        )
    read = _texts(sequences, SEQUENCES)
    if unread := sorted(read.keys() - {PATH}):
        remedy = f"Put its settings into {PATH}, and take it away."
        raise ContentError([Fault(path, None, "nothing reads this file.", remedy) for path in unread])
    return content_of(_texts(folder / TEMPLATES, TEMPLATES) | read)


@contextmanager
def writing_below(folder: Path) -> Iterator[None]:
    """
    Raises:
        UserError: what is written meanwhile has no place in this folder.
    """
    try:
        yield
    except OSError as error:
        place = error.filename or folder
        raise UserError(f"{place} cannot be written ({error.strerror}). Name another folder with --to.") from error


def write_folder(content: Content, folder: Path) -> list[str]:
    """Writes the content's files below a folder; the paths that changed. Other files stay.

    Raises:
        UserError: the folder takes no files.
    """
    changed = []
    with writing_below(folder):
        for path, text in content.files.items():
            at = folder / path
            if at.exists() and at.read_bytes() == text.encode():
                continue
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def _texts(folder: Path, prefix: str) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*")):
        name = f"{prefix}/{path.relative_to(folder).as_posix()}"
        if path.name.endswith(MISNAMED):
            raise ContentError([Fault(name, None, "nothing reads this file.", f"Call it {path.stem}.yaml.")])
        if not path.is_file() or not path.name.endswith(SUFFIXES) or path.name.startswith("."):
            continue  # what editors and file managers hide
        try:
            found[name] = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
        except UnicodeDecodeError as error:
            raise UserError(f"{name} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from None
        except OSError as error:
            raise UserError(f"{name} cannot be read ({error.strerror}). See who may, and that it is there.") from None
    return found
