"""`postpurchase content lint | diff | pull`; `push`, `log` and `rollback` are in `publishing.py`."""

import difflib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from worker.cli.context import opened
from worker.cli.folders import From, is_here, read_folder, write_folder
from worker.cli.output import JsonFlag, counted, say, screen, show
from worker.cli.publishing import load_known, log, push, refuse_faults, roll_back
from worker.cli.shops import Slug
from worker.cli.slips import refuse_loss
from worker.cli.unknown import draw_warnings, warnings_of
from worker.store.content import changed_paths, load
from worker.store.shops import get_shop, profile_of

app = typer.Typer(no_args_is_help=True, help="Templates and sequences: checked as a whole, published as revisions.")
OldRevision = Annotated[int | None, typer.Option("--revision", help="Compare with this one. Default: the newest.")]
NewRevision = Annotated[int | None, typer.Option("--to", help="Another revision, instead of the folder.")]

app.command("push")(push)
app.command("log")(log)
app.command("rollback")(roll_back)


@app.command("lint")
def check(shop: Slug, folder: From = None, json: JsonFlag = False) -> None:
    """Check content without publishing it."""
    content = read_folder(folder)
    with opened() as installation, installation.database.read() as session:
        owner = get_shop(session, shop)
        refuse_faults(content, profile_of(owner))
        warnings = warnings_of(session, owner.id, shop, content.files)
    if not json:
        draw_warnings(screen(), warnings)
    place = f"of {folder}" if folder else "here" if is_here() else "as packaged (name yours with --from)"
    sentence = f"{counted(len(content.files), 'file')} {place}, no fault."
    say(sentence, json, files=len(content.files), faults=[], warnings=[str(fault) for fault in warnings])


@app.command("diff")
def compare(
    shop: Slug, folder: From = None, revision: OldRevision = None, to: NewRevision = None, json: JsonFlag = False
) -> None:
    """Show what `push` would change, file by file; or what differs between two revisions."""
    with opened() as installation, installation.database.read() as session:
        owner = get_shop(session, shop)
        number, old = load_known(session, owner.id, shop, revision)
        new = load_known(session, owner.id, shop, to)[1] if to is not None else read_folder(folder)
    sides = f"revision {number}", "here" if to is None else f"revision {to}"
    changed = changed_paths(old.files, new.files)

    def draw(console: Console) -> None:
        if not changed:
            console.print(f"No difference to revision {number}.")
        for path in changed:
            _draw_diff(console, path, sides, old.files.get(path, ""), new.files.get(path, ""))

    show({"revision": number, "changed": changed}, json, draw)


@app.command("pull")
def pull(
    shop: Slug,
    to: Annotated[Path, typer.Option(help="Folder to write into.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Also over files that were never published.")] = False,
    json: JsonFlag = False,
) -> None:
    """Write a shop's newest revision into a folder, for git."""
    with opened() as installation, installation.database.read() as session:
        owner = get_shop(session, shop)
        number, content = load(session, owner.id, None)
        if not overwrite:
            refuse_loss(session, owner, content, to)
    changed = write_folder(content, to)
    sentence = f"Wrote revision {number} into {to}/: {counted(len(changed), 'file')} changed."
    say(sentence, json, revision=number, changed=changed)


def _draw_diff(console: Console, path: str, sides: tuple[str, str], old: str, new: str) -> None:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    before, after = (f"{path} ({side})" for side in sides)
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), before, after, lineterm=""):
        colour = colours.get(line[:1])
        console.print(f"[{colour}]{escape(line)}[/]" if colour else escape(line), soft_wrap=True)
