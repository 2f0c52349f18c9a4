"""`postpurchase source add | list | rotate | set | subscribe | refusals | schema`."""

import json as jsons
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy.orm import Session

from worker.cli.context import opened
from worker.cli.output import JsonFlag, counted, say, show
from worker.cli.secret_files import read_secret
from worker.cli.shops import Slug
from worker.cli.source_settings import Kind, check_kind, refusals, set_source, source_of, write_back_state
from worker.cli.subscribing import subscribe_source
from worker.errors import UserError
from worker.platforms.standard.form import json_schema
from worker.sealing import Sealer
from worker.settings import Settings
from worker.store.models import Source
from worker.store.secret_use import PROVED, retire_secrets
from worker.store.shops import (
    add_source,
    find_source,
    get_shop,
    list_shops,
    list_sources,
    open_secrets,
)
from worker.store.write_backs import count_write_backs

app = typer.Typer(no_args_is_help=True, help="Where a shop's webhooks come from, and the secrets that sign them.")
app.command("set")(set_source)
app.command("subscribe")(subscribe_source)
app.command("refusals")(refusals)
FILE_HELP = "A file that holds the signing secret, and nothing else."


@app.command("add")
def add(
    shop: Slug,
    kind: Kind,
    secret_file: Annotated[Path, typer.Option("--secret-file", help=FILE_HELP)],
    json: JsonFlag = False,
) -> None:
    """Connect a source. The secret is stored encrypted; the file can go afterwards."""
    secret = _signing_secret(secret_file)
    check_kind(kind)
    with opened() as installation, installation.database.write() as session:
        owner = get_shop(session, shop)
        found = find_source(session, shop, kind)
        if found and secret not in open_secrets(found[1], installation.sealer).values():
            raise UserError(
                f"{shop} has a {kind} source with another secret. Use `postpurchase source rotate {shop} {kind} "
                "--secret-file FILE`, which keeps the old one valid for a while."
            )
        added = add_source(session, installation.sealer, owner, kind, secret, now=installation.clock.now())
        url = installation.settings.webhook_url(shop, kind)
    first = f"Connected {kind}." if added else f"{kind} is connected with this secret already; nothing changed."
    say(f"{first} Point its webhooks at {url}", json, shop=shop, kind=kind, url=url, changed=added)


@app.command("rotate")
def rotate(
    shop: Slug,
    kind: Kind,
    secret_file: Annotated[Path | None, typer.Option("--secret-file", help=FILE_HELP)] = None,
    retire_old: Annotated[
        bool, typer.Option("--retire-old", help="Drop older secrets; those stay that webhooks still come with.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Drop every old one, also where the shop may still sign with it.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Add a newer secret; older ones stay valid until `--retire-old`. One that is known becomes the newest again."""
    if secret_file is None and not retire_old:
        raise UserError("Give the new secret with --secret-file, or drop the old ones with --retire-old.")
    secret = _signing_secret(secret_file) if secret_file else None
    with opened() as installation, installation.database.write() as session:
        owner = get_shop(session, shop)
        source = source_of(session, shop, kind)
        before = len(source.secrets)
        changed = bool(secret) and add_source(
            session, installation.sealer, owner, kind, secret or "", now=installation.clock.now(), as_newest=True
        )
        added = len(source.secrets) - before
        if retire_old and not yes:
            _refuse_unproved(source, installation.sealer)
        used = retire_secrets(session, source, with_used=yes) if retire_old else {}
        active = len(source.secrets)
        retired = before + added - active
        unread = active - len(open_secrets(source, installation.sealer))
    again = " The one given was known, and is the newest again." if changed and not added else ""
    say(
        f"{shop} {kind}: {counted(active, 'active secret')}, {added} added, {retired} dropped."
        f"{again}{_in_use(used)}{_unread(unread)}",
        json,
        shop=shop,
        kind=kind,
        active=active,
        added=added,
        retired=retired,
        in_use=len(used),
        unopened=unread,
    )


@app.command("list")
def show_all(shop: Annotated[str | None, typer.Argument(metavar="SHOP")] = None, json: JsonFlag = False) -> None:
    """List sources with the URL that each shop's webhooks go to."""
    with opened() as installation, installation.database.read() as session:
        owners = [get_shop(session, shop)] if shop else list_shops(session)
        settings = installation.settings
        rows = [
            _row(session, settings, owner.slug, each) for owner in owners for each in list_sources(session, owner.id)
        ]

    def draw(console: Console) -> None:
        if not rows:
            console.print("No source yet. Connect one with `postpurchase source add SHOP KIND --secret-file FILE`.")
            return
        for row in rows:
            counts = ", ".join(f"{count} {state}" for state, count in row["refusals"].items())
            told = row["write_back"] + (f" ({counts})" if counts else "")
            secrets = counted(row["secrets"], "secret")
            console.print(f"[bold]{escape(row['shop'])} {row['kind']}[/]: {secrets}; refusals: {escape(told)}")
            console.print(f"  {escape(row['url'])}", soft_wrap=True)

    show({"sources": rows}, json, draw)


def _signing_secret(path: Path) -> str:
    """One line: with several, the file holds something else, and no webhook would ever pass."""
    secret = read_secret(path, "--secret-file")
    if len(secret.splitlines()) > 1:
        raise UserError(f"--secret-file names {path}, which holds several lines. Put the secret alone into it.")
    return secret


def _refuse_unproved(source: Source, sealer: Sealer) -> None:
    """
    Raises:
        UserError: a secret would be dropped that may be the one that the shop still signs with.
    """
    newest, *others = source.secrets
    if PROVED not in newest and any(sealer.opens(entry["sealed"]) for entry in others):
        raise UserError(
            "No webhook has come with the newest secret yet, so the shop may still sign with an older one: what it "
            "sends would be refused. Nothing changed. Set the new secret in the shop and wait for a webhook, or add "
            "--yes, as after a leak."
        )


def _in_use(used: Mapping[str, datetime]) -> str:
    if not used:
        return ""
    last = max(used.values()).date().isoformat()
    return (
        f" Webhooks still come with {counted(len(used), 'older secret')}, the last on {last} or since: what is signed "
        "so would be refused, so they stay. Add --yes to drop them too."
    )


def _unread(count: int) -> str:
    if not count:
        return ""
    return f" {count} of them cannot be opened with POSTPURCHASE_SECRET_KEY: put its key back, or --retire-old drops it"


def _row(session: Session, settings: Settings, slug: str, source: Source) -> dict[str, Any]:
    return {
        "shop": slug,
        "kind": source.kind,
        "secrets": len(source.secrets),
        "url": settings.webhook_url(slug, source.kind),
        "write_back": write_back_state(source),
        "refusals": count_write_backs(session, source.id),
    }


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of what a `standard` source takes."""
    typer.echo(jsons.dumps(json_schema(), ensure_ascii=False, indent=2))
