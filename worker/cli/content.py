"""`postpurchase content lint | push | diff | pull`."""

import difflib
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.cli.context import opened
from worker.cli.folders import read_folder, write_folder
from worker.cli.output import JsonFlag, counted, say, show
from worker.cli.shops import Slug
from worker.errors import ContentError, Fault
from worker.planning.service import replan_shop
from worker.rendering.lint import lint
from worker.store.content import load, publish
from worker.store.models import Message
from worker.store.shops import get_shop

app = typer.Typer(no_args_is_help=True, help="Templates and sequences: checked as a whole, published as revisions.")
From = Annotated[
    Path | None,
    typer.Option("--from", help="Folder with email_templates/ and sequences/. Default: here, else as packaged."),
]


@app.command("lint")
def check(shop: Slug, folder: From = None, json: JsonFlag = False) -> None:
    """Check content without publishing it."""
    with opened() as installation, installation.database.read() as session:
        get_shop(session, shop)
    content = read_folder(folder)
    _refuse_faults(lint(content))
    say(f"{counted(len(content.files), 'file')}, no fault.", json, files=len(content.files), faults=[])


@app.command("push")
def push(
    shop: Slug,
    folder: From = None,
    note: Annotated[str, typer.Option(help="Kept beside.")] = "",
    json: JsonFlag = False,
) -> None:
    """Publish content for a shop: what is scheduled moves with the new delays, mails use the new templates."""
    content = read_folder(folder)
    with opened() as installation:
        with installation.database.read() as session:
            owner = get_shop(session, shop)
            newest, _ = load(session, owner.id, None)
            before = _pending(session, owner.id)
        _refuse_faults(lint(content))
        with installation.database.write() as session:
            number = publish(session, owner.id, content, note, installation.clock.now())
        replan_shop(installation, owner.id, f"content revision {number}")
        with installation.database.read() as session:
            after = _pending(session, owner.id)
    if number == newest:
        return say(f"{shop} has this content already (revision {number}).", json, revision=number, changed=False)
    moved = sum(1 for key, at in after.items() if key in before and before[key] != at)
    gone, new = len(before.keys() - after.keys()), len(after.keys() - before.keys())
    told = f"{counted(moved, 'scheduled email')} moved, {gone} cancelled, {new} new."
    sentence = f"Published revision {number} for {shop}. {told}"
    return say(sentence, json, revision=number, changed=True, moved=moved, cancelled=gone, new=new)


@app.command("diff")
def compare(shop: Slug, folder: From = None, json: JsonFlag = False) -> None:
    """Show what `push` would change, file by file."""
    with opened() as installation, installation.database.read() as session:
        number, old = load(session, get_shop(session, shop).id, None)
    new = read_folder(folder)
    changed = [
        path for path in sorted(old.files.keys() | new.files.keys()) if old.files.get(path) != new.files.get(path)
    ]

    def draw(console: Console) -> None:
        if not changed:
            console.print(f"No difference to revision {number}.")
        for path in changed:
            _draw_diff(console, path, old.files.get(path, ""), new.files.get(path, ""))

    show({"revision": number, "changed": changed}, json, draw)


@app.command("pull")
def pull(shop: Slug, to: Annotated[Path, typer.Option(help="Folder to write into.")], json: JsonFlag = False) -> None:
    """Write a shop's newest revision into a folder, for git."""
    with opened() as installation, installation.database.read() as session:
        number, content = load(session, get_shop(session, shop).id, None)
    changed = write_folder(content, to)
    sentence = f"Wrote revision {number} into {to}/: {counted(len(changed), 'file')} changed."
    say(sentence, json, revision=number, changed=changed)


def _refuse_faults(faults: list[Fault]) -> None:
    if faults:
        raise ContentError(faults)


def _pending(session: Session, shop_id: UUID) -> dict[UUID, datetime]:
    """When each waiting message goes."""
    query = select(Message.id, Message.send_at).where(
        Message.shop_id == shop_id, Message.state.in_(("scheduled", "held"))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _draw_diff(console: Console, path: str, old: str, new: str) -> None:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in difflib.unified_diff(
        old.splitlines(), new.splitlines(), f"published/{path}", f"here/{path}", lineterm=""
    ):
        colour = colours.get(line[:1])
        console.print(f"[{colour}]{escape(line)}[/]" if colour else escape(line), soft_wrap=True)
