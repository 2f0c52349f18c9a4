"""`postpurchase content push | log | rollback`: what would change is shown before it does."""

import sys
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy.orm import Session

from schedules.catalog import above_ceiling, load_sequence
from schedules.shop import ShopProfile
from worker.bootstrap import Installation
from worker.cli.context import opened
from worker.cli.effects import effect_words, mails_touched, unchanged
from worker.cli.folders import From, is_here, read_folder
from worker.cli.output import JsonFlag, counted, local, named, progress, say, screen, show, table
from worker.cli.shops import Slug
from worker.cli.slips import going_back, refuse_packaged, refuse_to_and_fro
from worker.cli.unknown import draw_warnings, warnings_of
from worker.errors import ContentError, Fault, UserError
from worker.planning.anew import replan_shop
from worker.planning.forecast import Effect, forecast, waiting_orders
from worker.preview.rehearsing import examine
from worker.rendering.port import Content
from worker.store.content import changed_paths, history, load, publish
from worker.store.models import Shop
from worker.store.shops import get_shop, profile_of

SHOWN = 8
"""Moves that are listed one by one; the rest is counted."""

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Publish without asking. Only a terminal is asked.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the effect and publish nothing.")]
Note = Annotated[str, typer.Option(help="Kept beside the revision, for `content log`.")]


@dataclass(frozen=True)
class _Change:
    """Content about to be published, against the newest revision."""

    shop: Shop
    newest: int
    content: Content
    paths: tuple[str, ...]
    effect: Effect
    warnings: tuple[Fault, ...]
    """What is published all the same; see `warnings_of`."""

    def document(self) -> dict[str, Any]:
        moved = [
            {"order": each.order, "step": each.step, "before": each.before, "after": each.after}
            for each in self.effect.moved
        ]
        cancelled = [
            {"step": step, "reason": reason, "emails": count}
            for (step, reason), count in sorted(self.effect.cancelled.items())
        ]
        return {
            "files": list(self.paths),
            "moved": len(moved),
            "moves": moved,
            "overdue": self.effect.overdue,
            "cancelled": sum(self.effect.cancelled.values()),
            "cancellations": cancelled,
            "new": sum(self.effect.new.values()),
            "held": self.effect.held,
            "released": self.effect.released,
            "warnings": [str(fault) for fault in self.warnings],
        }


def push(
    shop: Slug, folder: From = None, note: Note = "", yes: Yes = False, dry_run: DryRun = False, json: JsonFlag = False
) -> None:
    """Publish content for a shop. Shows first which waiting emails move; mails that go from then on use the new one."""
    content = read_folder(folder)
    with opened() as installation:
        if folder is None and not is_here():
            refuse_packaged(installation, shop)
        _publish(installation, shop, content, note, ask=not yes, dry_run=dry_run, json=json)


def roll_back(
    shop: Slug,
    revision: Annotated[int | None, typer.Argument(help="Default: the one before the newest.")] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: JsonFlag = False,
) -> None:
    """Publish an earlier revision again, as a new one."""
    with opened() as installation:
        with installation.database.read() as session:
            owner = get_shop(session, shop)
            newest, _ = load(session, owner.id, None)
            if revision is None and newest == 0:
                raise UserError(f"{shop} has published nothing yet, so there is nothing to go back to.")
            number, content = load_known(session, owner.id, shop, newest - 1 if revision is None else revision)
            if revision is None:
                refuse_to_and_fro(session, owner)
        note = f"back to revision {number}" if number else "back to the packaged content"
        _publish(installation, shop, content, note, ask=not yes, dry_run=dry_run, json=json, is_back=True)


def log(shop: Slug, json: JsonFlag = False) -> None:
    """List a shop's revisions, newest first."""
    with opened() as installation, installation.database.read() as session:
        owner = get_shop(session, shop)
        timezone, editions = profile_of(owner).timezone, history(session, owner.id)

    def draw(console: Console) -> None:
        if not editions:
            console.print(f"{shop} uses the packaged content. `postpurchase content push {shop}` publishes your own.")
            return
        rows = table("revision", "published", "note", "changed files")
        for each in editions:
            files = ", ".join(each.changed[:3]) + (
                f" and {len(each.changed) - 3} more" if len(each.changed) > 3 else ""
            )
            rows.add_row(str(each.number), local(each.created_at, timezone), escape(each.note), escape(files))
        console.print(rows)

    show({"shop": shop, "revisions": [each._asdict() for each in editions]}, json, draw)


def refuse_faults(content: Content, profile: ShopProfile | None = None, *, is_back: bool = False) -> None:
    """Raises ContentError: something is wrong with it, or more than the shop allows; every fault is named."""
    faults = examine(content, profile, is_back=is_back)
    if not faults and profile is not None:
        faults = [Fault(*fault) for fault in above_ceiling(content.files, profile.discount_ceiling)]
    if faults:
        raise ContentError(faults)


def load_known(session: Session, shop_id: UUID, slug: str, number: int | None) -> tuple[int, Content]:
    """A revision that exists, or the newest; 0 is the packaged content.

    Raises:
        UserError: there is none of this number.
    """
    newest, content = load(session, shop_id, None)
    if number is None or number == newest:
        return newest, content
    if not 0 <= number < newest:
        raise UserError(f"{slug} has no revision {number}. `postpurchase content log {slug}` lists those there are.")
    return load(session, shop_id, number)


def _publish(
    installation: Installation,
    slug: str,
    content: Content,
    note: str,
    *,
    ask: bool,
    dry_run: bool,
    json: bool,
    is_back: bool = False,
) -> None:
    with installation.database.read() as session:
        profile = profile_of(get_shop(session, slug))
    refuse_faults(content, profile, is_back=is_back)
    change = _looked_at(installation, slug, content, quiet=json, is_back=is_back)
    if not change.paths and change.newest and change.effect.is_nothing:
        sentence = f"{slug} has this content already (revision {change.newest})."
        return say(sentence, json, revision=change.newest, changed=False)
    if not json:
        _draw(screen(), change)
    if dry_run:
        return say("Nothing was published.", json, revision=change.newest, changed=False, **change.document())
    if ask and not json and sys.stdin.isatty() and not typer.confirm("Publish?", default=True):
        return say("Nothing was published.", json, revision=change.newest, changed=False)
    number = _done(installation, change, note, quiet=json)
    done = "Published" if number != change.newest else "Finished an interrupted push of"
    sentence = f"{done} revision {number} for {slug}. Back: `postpurchase content rollback {slug}`."
    return say(sentence, json, revision=number, changed=True, **change.document())


def _looked_at(installation: Installation, slug: str, content: Content, *, quiet: bool, is_back: bool) -> _Change:
    with installation.database.read() as session:
        shop = get_shop(session, slug)
        newest, old = load(session, shop.id, None)
        orders = waiting_orders(session, shop.id, installation.clock.now())
        paths = changed_paths(old.files, content.files)
        back = [] if is_back else going_back(session, shop.id, paths, content)
        warnings = (*back, *warnings_of(session, shop.id, slug, content.files))
    sequence = load_sequence(content.files)
    with progress("Looking at what waits", orders, quiet=quiet) as step:
        effect = forecast(installation, shop.id, sequence, on_orders=step)
    return _Change(shop, newest, content, paths, effect, warnings)


def _done(installation: Installation, change: _Change, note: str, *, quiet: bool) -> int:
    with installation.database.write() as session:
        now = installation.clock.now()
        number = publish(session, change.shop.id, change.content, note, now, after=change.newest)
        orders = waiting_orders(session, change.shop.id, now)
    with progress("Moving emails", orders, quiet=quiet) as step:
        replan_shop(installation, change.shop.id, f"content revision {number}", on_order=step)
    return number


def _draw(console: Console, change: _Change) -> None:
    draw_warnings(console, change.warnings)
    effect, timezone = change.effect, profile_of(change.shop).timezone
    mails = mails_touched(change.paths) if change.paths else unchanged(change.newest)
    console.print(named([("mails", mails), ("waiting emails", effect_words(effect))]))
    for each in effect.moved[:SHOWN]:
        before, after = local(each.before, timezone), local(each.after, timezone)
        console.print(f"  {escape(each.order)}  {each.step}  {before} → [bold]{after}[/]")
    if len(effect.moved) > SHOWN:
        console.print(f"  … and {len(effect.moved) - SHOWN} more")
    for (step, reason), count in sorted(effect.cancelled.items()):
        console.print(f"  [yellow]{counted(count, step)}[/] cancelled: {escape(reason)}")
    console.print()
