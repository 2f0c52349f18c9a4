"""`postpurchase shop add | set | list | show`."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from sqlalchemy.orm import Session

from schedules.sequence import STEPS
from schedules.shop import ShopProfile
from worker.bootstrap import Installation
from worker.cli.context import opened
from worker.cli.output import JsonFlag, counted, say, show, table
from worker.cli.shop_fields import FIELDS, changed_profile
from worker.cli.shop_keys import set_key
from worker.cli.shop_options import with_profile_options
from worker.cli.shop_values import told_delivery_days
from worker.errors import UserError
from worker.planning.anew import replan_shop
from worker.platforms.registry import PLATFORMS
from worker.store.models import Shop
from worker.store.shops import (
    add_shop,
    change_shop,
    find_shop,
    get_shop,
    list_shops,
    list_sources,
    profile_of,
)

app = typer.Typer(no_args_is_help=True, help="The shops that this installation sends for.")
app.command("key")(set_key)
Slug = Annotated[str, typer.Argument(metavar="SHOP", help="The shop's slug, as in its webhook URLs.")]


@app.command("add")
@with_profile_options
def add(slug: Slug, json: JsonFlag = False, **options: Any) -> None:
    """Add a shop. Adding it again with the same values changes nothing."""
    with opened(create=True) as installation, installation.database.write() as session:
        existing = find_shop(session, slug)
        if existing is not None:
            _same_or_refuse(existing, options)
            return say(f"{slug} is there already; nothing changed.", json, shop=slug, changed=False)
        profile = changed_profile(_blank(slug, options.get("name")), options)
        add_shop(session, profile, now=installation.clock.now())
    return say(
        f"Added {slug}. Next: `postpurchase source add {slug} KIND --secret-file FILE`, of the kind {_kinds()}.",
        json,
        shop=slug,
        changed=True,
    )


def _kinds() -> str:
    *kinds, last = PLATFORMS
    return f"{', '.join(kinds)} or {last}"


@app.command("set")
@with_profile_options
def change(slug: Slug, json: JsonFlag = False, **options: Any) -> None:
    """Change what is known of a shop; what is not given stays as it is; an empty text, '', takes it back."""
    if all(value is None for value in options.values()):
        raise UserError("Say what to set: see `postpurchase shop set --help`.")
    with opened() as installation:
        with installation.database.write() as session:
            made = change_shop(session, slug, lambda before: changed_profile(before, options))
        changed = _differences(made.before, made.after)
        # also where nothing differs: the command that changed it may have been interrupted here
        replan_shop(installation, made.shop_id, "the shop's settings were set")
    sentence = f"Changed {', '.join(changed)} of {slug}." if changed else f"Nothing to change: {slug} is like that."
    say(sentence, json, shop=slug, changed=bool(changed), fields=changed)


@app.command("list")
def show_all(json: JsonFlag = False) -> None:
    """List the shops."""
    with opened() as installation, installation.database.read() as session:
        rows = [_summary(session, shop) for shop in list_shops(session)]

    def draw(console: Console) -> None:
        if not rows:
            console.print("No shop yet. Add one with `postpurchase shop add SLUG --name NAME --currency EUR`.")
            return
        drawn = table("shop", "name", "currency", "time zone", "sources")
        for row in rows:
            sources = ", ".join(row["sources"]) or "[yellow]none[/]"
            drawn.add_row(row["slug"], escape(row["name"]), row["currency"], row["timezone"], sources)
        console.print(drawn)

    show({"shops": rows}, json, draw)


@app.command("show")
def show_one(slug: Slug, json: JsonFlag = False) -> None:
    """Show everything known of a shop."""
    with opened() as installation, installation.database.read() as session:
        shop = get_shop(session, slug)
        profile = profile_of(shop)
        sources = _sources(installation, session, shop)
    document = {"shop": profile.model_dump(mode="json"), "sources": sources}
    show(document, json, lambda console: _draw_shop(console, profile, sources))


def _blank(slug: str, name: str | None) -> ShopProfile:
    try:
        return ShopProfile(slug=slug, name=name or slug.replace("-", " ").title())
    except ValidationError:
        raise UserError(
            f"{slug!r} cannot be a shop's slug. Use lower-case letters, digits and hyphens, like north-kettle."
        ) from None


def _same_or_refuse(shop: Shop, options: dict[str, Any]) -> None:
    before = profile_of(shop)
    changed = _differences(before, changed_profile(before, options))
    if changed:
        raise UserError(
            f"The shop {shop.slug!r} exists with another {', '.join(changed)}. "
            f"Change it with `postpurchase shop set {shop.slug} …`."
        )


def _differences(before: ShopProfile, after: ShopProfile) -> list[str]:
    """Names of options whose value differs."""
    changed = [
        name.replace("_", "-")
        for name, field in FIELDS.items()
        if any(_get(before, path) != _get(after, path) for path in field.paths)
    ]
    return changed + (["role"] if before.roles != after.roles else [])


def _get(profile: ShopProfile, path: str) -> Any:
    value: Any = profile
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _summary(session: Session, shop: Shop) -> dict[str, Any]:
    profile = profile_of(shop)
    return {
        "slug": shop.slug,
        "name": profile.name,
        "currency": profile.currency,
        "timezone": profile.timezone,
        "sources": [source.kind for source in list_sources(session, shop.id)],
    }


def _sources(installation: Installation, session: Session, shop: Shop) -> list[dict[str, Any]]:
    url = installation.settings.webhook_url
    return [
        {"kind": source.kind, "secrets": len(source.secrets), "url": url(shop.slug, source.kind)}
        for source in list_sources(session, shop.id)
    ]


def _told(value: Any) -> str:
    """A setting's value in the words that its option takes; empty: it says nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return told_delivery_days(value)
    if isinstance(value, Mapping):
        return ",".join(key if amount is True else f"{key}={amount}" for key, amount in value.items())
    return "" if value is None else str(value)


def _draw_shop(console: Console, profile: ShopProfile, sources: list[dict[str, Any]]) -> None:
    console.print(f"[bold]{escape(profile.name)}[/]  {escape(profile.slug)}\n")
    rows = table("setting", "value")
    for name, field in FIELDS.items():
        value = _get(profile, field.paths[0])
        if text := _told(value):
            rows.add_row(name.replace("_", " "), escape(text))
    rows.add_row("roles", ", ".join(f"{step}: {profile.role(step).value}" for step in STEPS))
    console.print(rows)
    console.print()
    if not sources:
        console.print(f"No source yet: `postpurchase source add {profile.slug} shopify --secret-file FILE`.")
    for source in sources:
        console.print(f"{source['kind']}  {source['url']}  ({counted(source['secrets'], 'secret')})")
