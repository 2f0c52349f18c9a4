"""`postpurchase source subscribe`: the shop is asked to send its webhooks here."""

from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from worker.bootstrap import Installation
from worker.cli.context import opened
from worker.cli.output import JsonFlag, complain, show, table
from worker.cli.shops import Slug
from worker.cli.source_settings import source_of
from worker.errors import UserError
from worker.platforms.registry import SUBSCRIBERS
from worker.platforms.subscriptions import Outcome, State, Subscriber, Target, subscribe
from worker.platforms.writing import Access, Written
from worker.store.shops import open_access

STOPPED = 2
COLOURS = {State.THERE: "bright_black", State.REFUSED: "red", State.MISSING: "yellow", State.OFF: "yellow"}


@dataclass(frozen=True, kw_only=True)
class _Asked:
    subscriber: Subscriber
    access: Access
    target: Target


def subscribe_source(
    shop: Slug,
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"One of: {', '.join(sorted(SUBSCRIBERS))}.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is missing, and order nothing.")] = False,
    json: JsonFlag = False,
) -> None:
    """Order at the shop all webhooks that are read here, with the key of `source set`. Twice changes nothing twice."""
    with opened() as installation:
        asked = _asked(installation, shop, kind)
    told = list(subscribe(asked.subscriber, asked.access, asked.target, is_trial=dry_run))
    outcomes = [each for each in told if isinstance(each, Outcome)]
    broken = next((each.note for each in told if isinstance(each, Written)), "")
    document = {
        "url": asked.target.url,
        "topics": [
            {"topic": each.topic, "state": each.state, "note": each.note, "elsewhere": each.elsewhere}
            for each in outcomes
        ],
        "changed": any(each.state in (State.MADE, State.SWITCHED_ON) for each in outcomes),
        "stopped": broken,
        "signing": asked.subscriber.signing,
        "by_hand": asked.subscriber.by_hand,
    }
    if broken:
        remedy = f"Look at `postpurchase source set {shop} {kind} …`, then run this again: what is ordered stays."
        sentence = f"The shop could not be asked for everything: {broken}. {remedy}"
        document |= {"error": sentence, "exit_code": STOPPED}
    show(document, json, lambda console: _draw(console, asked, outcomes))
    if broken:
        complain(sentence, code=STOPPED, as_json=False)  # its document is printed already
        raise typer.Exit(STOPPED)
    if any(each.state is State.REFUSED for each in outcomes):
        raise typer.Exit(1)


def _asked(installation: Installation, shop: str, kind: str) -> _Asked:
    """
    Raises:
        UserError: something is missing that the shop is asked with, or our address is none that a shop can reach.
    """
    subscriber = SUBSCRIBERS.get(kind)
    if subscriber is None:
        raise UserError(f"Webhooks can be ordered at {' and '.join(sorted(SUBSCRIBERS))} alone, not at {kind}.")
    with installation.database.read() as session:
        source = source_of(session, shop, kind)
    if not source.api:
        remedy = f"`postpurchase source set {shop} {kind} --api-url URL --api-key-file FILE`"
        raise UserError(f"The key of the shop's API is not known. Give it with {remedy}.")
    base = installation.settings.public_url
    if not base.startswith("https://"):
        raise UserError(
            f"Shops send to https:// alone, and POSTPURCHASE_PUBLIC_URL is {base}. Set it to your own host."
        )
    sealer = installation.sealer
    target = Target(url=installation.settings.webhook_url(shop, kind), secret=sealer.open(source.secrets[0]["sealed"]))
    return _Asked(subscriber=subscriber, access=open_access(source, sealer), target=target)


def _draw(console: Console, asked: _Asked, outcomes: list[Outcome]) -> None:
    console.print(f"To {escape(asked.target.url)}\n", soft_wrap=True)
    if not outcomes:
        return
    rows = table("topic", "state")
    for each in outcomes:
        rows.add_row(each.topic, f"[{COLOURS.get(each.state, 'green')}]{each.state}[/]")
    console.print(rows)
    for sentence in [*_remarks(outcomes), asked.subscriber.signing, asked.subscriber.by_hand]:
        if sentence:
            console.print(f"\n{escape(sentence)}")


def _remarks(outcomes: list[Outcome]) -> list[str]:
    """What several topics have in common is said once."""
    topics: dict[str, list[str]] = {}
    for each in outcomes:
        said = [f"refused: {each.note}."] if each.note else []
        for remark in said + [f"go to {url} as well: remove them there if you moved." for url in each.elsewhere]:
            topics.setdefault(remark, []).append(each.topic)
    return [f"{', '.join(named)} {remark}" for remark, named in topics.items()]
