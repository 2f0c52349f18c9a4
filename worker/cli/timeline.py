"""`postpurchase timeline`."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from schedules.lifecycle import PENDING
from worker.cli.context import opened
from worker.cli.output import JsonFlag, counted, grid, local, named, show, state_text
from worker.cli.shops import Slug
from worker.reports.story import ClickLine, CodeLine, MessageLine, ProductLine, Timeline
from worker.reports.timeline import find_order, order_timeline
from worker.store.codes import LIVE
from worker.store.models.feedback import ANSWER
from worker.store.shops import get_shop

LINKS = {"guide": "the guide", "order": "the order's page", "shop": "the shop", ANSWER: "its question"}
"""What counted links lead to, in words."""

Order = Annotated[
    str,
    typer.Argument(metavar="ORDER", help="Its number or the platform's id; '#1042' or id:1042 where both fit."),
]
History = Annotated[bool, typer.Option("--history", help="Every change of every message.")]


def timeline(shop: Slug, order: Order, history: History = False, json: JsonFlag = False) -> None:
    """One order's events and messages: what went out or will, when, why, and why the rest does not."""
    with opened() as installation, installation.database.read() as session:
        owner = get_shop(session, shop)
        story = order_timeline(session, owner, find_order(session, owner, order))
    show(story, json, lambda console: _draw(console, story, history=history))


def _draw(console: Console, story: Timeline, *, history: bool) -> None:
    placed = f", placed {local(story.placed_at, story.timezone)}" if story.placed_at else ""
    console.print(f"[bold]Order {escape(story.order)}[/] of {escape(story.shop)}{placed}  {escape(story.payment)}")
    console.print(f"[bright_black]id {escape(story.external_id)} · times of {escape(story.timezone)}[/]")
    if story.hold:
        console.print(f"[yellow]On hold:[/] {escape(story.hold)}")
    if story.imported:
        console.print("[yellow]Known from history only: starts nothing.[/]")
    console.print("\n[bold]Events[/]")
    _draw_events(console, story)
    console.print("\n[bold]Messages[/]")
    if not story.messages:
        console.print("  none\n")
    for message in story.messages:
        _draw_message(console, message, story.timezone, history=history)
    if story.unsent:
        console.print("[bold]Not sent[/]")
        for step, reason in story.unsent.items():
            console.print(f"  {escape(step)}: {escape(reason)}")
    if story.refused or story.told:
        if story.unsent:
            console.print()
        console.print("[bold]This customer[/]")
        console.print(Padding(_wishes(story), (0, 0, 0, 2)))


REFUSED = {
    "all": "gets no mail at all",
    "marketing": "no marketing",
    "offers": "no offers in order mails",
    "fewer": "at most one marketing mail in 30 days",
}


def _wishes(story: Timeline) -> Table:
    """What they refused, and what their shop was told of it."""
    rows = grid()
    for line in story.refused:
        who = f"{line.reason} [bright_black]({line.source or 'unknown'})[/]"
        rows.add_row(local(line.at, story.timezone), REFUSED.get(line.scope, line.scope), who)
    for told in story.told:
        state = {"done": "was told", "failed": "could not be told", "pending": "will be told"}[told.state]
        what = "of the refusal" if told.wanted == "unsubscribed" else "of the second thought"
        note = f" [yellow]{escape(told.note)}[/]" if told.note else ""
        rows.add_row(local(told.at, story.timezone), f"{told.source} {state} {what}", note)
    return rows


def _draw_events(console: Console, story: Timeline) -> None:
    if not story.events:
        console.print("  none stored any more")
        return
    rows = grid()
    for event in story.events:
        note = f" [bright_black]{escape(event.note)}[/]" if event.note else ""
        rows.add_row(local(event.received_at, story.timezone), escape(event.topic), state_text(event.state) + note)
    console.print(Padding(rows, (0, 0, 0, 2)))


def _draw_message(console: Console, message: MessageLine, timezone: str, *, history: bool) -> None:
    when = local(message.accepted_at or message.send_at, timezone)
    verb = "sent" if message.accepted_at else "due" if message.state in PENDING else "was due"
    console.print(f"  [bold]{escape(message.step)}[/]  {state_text(message.state)}  {verb} {when}")
    console.print(Padding(named(_facts(message, timezone)), (0, 0, 0, 4)))
    if history:
        console.print(Padding(_changes(message, timezone), (0, 0, 0, 4)))
    console.print()


def _changes(message: MessageLine, timezone: str) -> Table:
    rows = grid()
    for change in message.transitions:
        rows.add_row(
            local(change.at, timezone), escape(f"{change.before or 'new'} → {change.after}"), escape(change.reason)
        )
    for event in message.delivery_events:
        rows.add_row(local(event.at, timezone), escape(f"{event.provider}: {event.kind}"), escape(event.words))
    return rows


def _facts(message: MessageLine, timezone: str) -> list[tuple[str, str]]:
    """What is worth a line, in reading order."""
    mail = f"{message.template} · {message.role} · {message.stream}"
    told = [
        ("mail", escape(" · ".join(word for word in (mail, _about(message.parcel_group)) if word))),
        ("subject", escape(message.subject)),
        ("reason", escape(message.reason)),
        *(
            ("product", f"[bold]{escape(p.title)}[/] · {escape(p.why)} [bright_black]({escape(_source(p))})[/]")
            for p in message.products
        ),
        ("code", code_text(message.code, timezone) if message.code else ""),
        ("customer", str(message.details.get("segment", "")).replace("_", " ")),
        ("heard", _heard(message, timezone)),
        *((_verb(click), _clicked(click, message.answers, timezone)) for click in message.clicks),
    ]
    if not message.products and message.details.get("why_no_offer"):
        told.append(("no offer", escape(str(message.details["why_no_offer"]))))
    if message.details.get("why_no_code"):
        told.append(("no code", escape(str(message.details["why_no_code"]))))
    return [(name, value) for name, value in told if value]


def _about(group: str) -> str:
    """Which parcels a mail tells of, or after which edit of the order it went; empty: all of the order."""
    if group.startswith("edit-"):
        return f"after the edit {group.removeprefix('edit-')}"
    day, _, first = group.partition("+")
    return f"parcel of {day}" + (f", from parcel {first} on" if first else "") if day else ""


def _source(product: ProductLine) -> str:
    """Where a product comes from, and what it rests on."""
    return ": ".join(words for words in (product.kind.replace("_", " "), product.proof) if words)


def _heard(message: MessageLine, timezone: str) -> str:
    """What the provider told, each kind with its last time."""
    last = {event.kind: event for event in message.delivery_events}
    told = sorted(last.values(), key=lambda event: event.at)
    return ", ".join(f"{escape(event.kind)} [bright_black]{local(event.at, timezone)}[/]" for event in told)


def _verb(click: ClickLine) -> str:
    if click.kind == ANSWER:
        return "answered"
    return "clicked" if click.human else "fetched"


def _clicked(click: ClickLine, answers: Sequence[str], timezone: str) -> str:
    """A link that was followed, or what was answered; by whom and when."""
    said = " and ".join(answers) if click.kind == ANSWER else ""
    what = escape(said or click.title or LINKS.get(click.kind, click.kind))
    machines = f"{counted(click.raw - click.human, 'fetch')} by machines" if click.raw > click.human else ""
    if click.human_at is None:
        return f"{what} · [bright_black]{machines}, {local(click.last_at, timezone)}[/]"
    often = f"{click.human} times, " if click.human > 1 else ""
    told = "; ".join(part for part in (often + local(click.human_at, timezone), machines) if part)
    return f"[bold]{what}[/] · [bright_black]{told}[/]"


def code_text(code: CodeLine, timezone: str) -> str:
    """A code, what it is worth and until when."""
    unit = {"percent": " %", "amount": f" {code.currency}", "free_shipping": ""}[code.kind]
    value = "free shipping" if code.kind == "free_shipping" else f"{code.value}{unit} off"
    colour = "red" if code.by_other else "yellow"
    state = "" if code.state in LIVE else f" [{colour}]{escape(code.state)}[/]: {escape(code.reason)}"
    return f"[bold]{escape(code.code)}[/], {value} until {local(code.ends_at, timezone)}{state}"
