"""`postpurchase simulate`: what a shop's sequence would do with an order that never was."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from schedules.catalog import load_sequence, packaged_sequence
from schedules.facts import ConsentState
from schedules.rehearsal import Rehearsal, Scene, rehearse
from schedules.sequence import Sequence
from schedules.shop import Role, ShopProfile
from schedules.timing import zone
from worker.cli.clock import moment_of
from worker.cli.context import opened
from worker.cli.folders import read_folder
from worker.cli.output import JsonFlag, grid, local, show, state_text
from worker.cli.publishing import refuse_faults
from worker.demo import shop as northkettle
from worker.errors import UserError
from worker.platforms.zones import is_country, timezone_for
from worker.preview.imagined import Imagined
from worker.store.content import load
from worker.store.shops import get_shop, profile_of

NEVER = "never"
WORDS = {"accepted": "sent"}
"""A state as a simulation tells it: nobody took anything."""

LENGTH_HELP = "How long after the order, like 28h or '3d 1h'; or never."
SHOP_HELP = "Its sequence, roles and zone. Without: the example shop and the sequence that comes with the program."


def simulate(
    shop: Annotated[str | None, typer.Argument(metavar="SHOP", help=SHOP_HELP)] = None,
    placed: Annotated[
        str, typer.Option(help="When, like 2026-05-14T09:12+02:00. Default: now.", show_default=False)
    ] = "",
    shipped: Annotated[str, typer.Option(metavar="LENGTH", help=LENGTH_HELP)] = "28h",
    delivered: Annotated[str, typer.Option(metavar="LENGTH", help=LENGTH_HELP)] = "3d",
    cancelled: Annotated[str, typer.Option(metavar="LENGTH", help=LENGTH_HELP)] = NEVER,
    country: Annotated[str, typer.Option(help="Where it goes, like DE or US. Default: Ireland.")] = "",
    consent: Annotated[ConsentState, typer.Option(help="What the customer said to marketing.")] = (
        ConsentState.SUBSCRIBED
    ),
    folder: Annotated[
        Path | None, typer.Option("--from", help="Try the sequence of this folder, before it is published.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Play an order that never was through the sequence: which emails would go, when, and why not. Nothing is kept."""
    profile, sequence, now = _stage(shop, folder)
    begin = moment_of(placed, now) if placed else now
    order = Imagined(
        placed_at=begin,
        shipped_at=_later(shipped, begin),
        delivered_at=_later(delivered, begin),
        cancelled_at=_later(cancelled, begin),
        country=_country(country),
        consent=consent,
    )
    played = rehearse(order.happenings(), sequence=sequence, shop=profile, consent=consent)
    timezone = zone(timezone_for(order.country) or "", profile.timezone).key
    scenes = [asdict(scene) | {"at": scene.at.isoformat()} for scene in played.scenes]
    document = {"shop": profile.slug, "timezone": timezone, "messages": scenes, "unsent": played.unsent}
    show(document, json, lambda console: _draw(console, order, played, profile.name, timezone))


def _stage(shop: str | None, folder: Path | None) -> tuple[ShopProfile, Sequence, datetime]:
    """The shop, its sequence and business time."""
    content = read_folder(folder) if folder is not None else None
    if content is not None:
        refuse_faults(content)
    tried = load_sequence(content.files) if content is not None else None
    if shop is None:
        return northkettle.profile(), tried or packaged_sequence(), datetime.now(UTC)
    with opened() as installation, installation.database.read() as session:
        owner = get_shop(session, shop)
        published = load_sequence(load(session, owner.id, None)[1].files)
        return profile_of(owner), tried or published, installation.clock.now()


def _later(length: str, begin: datetime) -> datetime | None:
    if length.strip().lower() == NEVER:
        return None
    at = moment_of(length, begin)
    if at < begin:
        raise UserError(f"{length!r} lies before the order. Give a length like 28h, or never.")
    return at


def _country(code: str) -> str:
    if code and not is_country(code.upper()):
        meant = " The United Kingdom is GB." if code.upper() == "UK" else ""
        raise UserError(f"{code!r} is no country. Give its two letters (ISO 3166), like DE or US.{meant}")
    return code.upper()


def _draw(console: Console, order: Imagined, played: Rehearsal, name: str, timezone: str) -> None:
    who = f"{order.consent.value.replace('_', ' ')}, {order.country or 'IE'}"
    console.print(f"[bold]An order that never was[/] of {escape(name)} ({who})")
    console.print(f"[bright_black]times of {escape(timezone)}[/]\n")
    rows = grid()
    lines: list[tuple[datetime, int, tuple[str, str]]] = [
        (at, 0, (f"[bright_black]{what}[/]", "")) for at, what in _told(order)
    ]
    lines += [(scene.at, 1, _scene(scene)) for scene in played.scenes]
    for at, _, cells in sorted(lines, key=lambda line: line[:2]):
        rows.add_row(local(at, timezone), *cells)
    console.print(rows)
    if played.unsent:
        console.print("\n[bold]Not sent[/]")
        for step, reason in played.unsent.items():
            console.print(f"  {escape(step)}: {escape(reason)}")


def _told(order: Imagined) -> list[tuple[datetime, str]]:
    happened = {
        "order placed": order.placed_at,
        "parcel shipped": order.shipped_at,
        "parcel delivered": order.delivered_at,
        "order cancelled": order.cancelled_at,
    }
    return [(at, what) for what, at in happened.items() if at is not None]


def _scene(scene: Scene) -> tuple[str, str]:
    state = state_text(scene.state.value).replace(scene.state.value, WORDS.get(scene.state.value, scene.state.value))
    offer = "may show products" if scene.with_offer else scene.offer_reason and f"no offer: {scene.offer_reason}"
    role = "" if scene.role == Role.REPLACE else f"as {scene.role}"
    told = "; ".join(part for part in (scene.reason, offer, role) if part)
    return f"[bold]{escape(scene.step)}[/] {state}", escape(told)
