"""Every command by name, where it lives, and what it is for.

Only the command that runs is loaded: `--help` and mistyped names answer at once, and `timeline` brings no servers.
The sentences here are those of the commands' own help; a test keeps them equal.
"""

from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.main import get_command, get_group

from worker.cli.examples import with_examples


class Command(NamedTuple):
    """A command or group: its panel in the help, `module:name` under `worker.cli`, and its sentence."""

    panel: str
    place: str
    help: str


COMMANDS = {
    "demo": Command(
        "Run", "demo:demo", "Watch an order become its three emails: nothing to set up, nothing really sent."
    ),
    "up": Command(
        "Run", "processes:up", "Run everything in one process: web, worker and beat. Ctrl-C ends it cleanly."
    ),
    "web": Command("Run", "processes:web", "Take webhooks and serve links: one process of a distributed installation."),
    "worker": Command("Run", "processes:worker", "Plan and send: one process of a distributed installation."),
    "beat": Command("Run", "processes:beat", "Tick: one process of a distributed installation. Two are harmless."),
    "shop": Command("Set up", "shops:app", "The shops that this installation sends for."),
    "source": Command("Set up", "sources:app", "Where a shop's webhooks come from, and the secrets that sign them."),
    "products": Command("Set up", "imports:products", "The catalogue."),
    "pairings": Command("Set up", "imports:pairings", "What goes well with what: the merchant's word."),
    "guides": Command("Set up", "imports:guides", "Tips for follow-ups."),
    "orders": Command("Set up", "imports:orders", "Past orders, to learn from."),
    "codes": Command("Set up", "codes:app", "Discount codes: who makes them, how many are left, who used them."),
    "db": Command("Set up", "database:app", "The database: its schema, backups, and the key of what it keeps sealed."),
    "preview": Command(
        "Edit",
        "preview:preview",
        "Write a mail as HTML, text and pictures: of example data, or of a real order. Nothing is sent.",
    ),
    "send-test": Command(
        "Edit",
        "preview:send_test",
        "Send one mail of example data, or of a real order, to an address of yours, marked as a test.",
    ),
    "simulate": Command(
        "Edit",
        "simulate:simulate",
        "Play an order that never was through the sequence: which emails would go, when, and why not. Nothing is kept.",
    ),
    "content": Command("Edit", "content:app", "Templates and sequences: checked as a whole, published as revisions."),
    "recommendations": Command("Edit", "recommendations:app", "Suggestions learned from orders."),
    "timeline": Command(
        "Look",
        "timeline:timeline",
        "One order's events and messages: what went out or will, when, why, and why the rest does not.",
    ),
    "unsent": Command(
        "Look",
        "unsent:unsent",
        "Why a shop's mails did not go out, over many orders: each reason, how often, and the newest such order.",
    ),
    "person": Command(
        "Look",
        "person:person",
        "Everything that is kept of one address in a shop: the answer when somebody asks for their data.",
    ),
    "status": Command(
        "Look",
        "status:status",
        "How it stands: events and messages per state, orders in against mails out, delays, pauses, processes.",
    ),
    "earnings": Command(
        "Look",
        "earnings:earnings",
        "What a shop's mails earned: later orders that used their code or followed a click, per mail of the sequence.",
    ),
    "doctor": Command(
        "Look", "doctor:doctor", "Check what would keep mails from going out. Exits 1 when something does."
    ),
    "pause": Command(
        "Step in",
        "control:pause",
        "Stop sending for a shop, or one step of it, until `resume`. Mails that fall due are held, not lost.",
    ),
    "resume": Command("Step in", "control:resume", "End a pause; what it held goes out if its window is still open."),
    "hold": Command("Step in", "control:hold", "Stop every mail of one order until `release`."),
    "release": Command("Step in", "control:release", "End the hold of an order."),
    "send-now": Command(
        "Step in",
        "control:send_now",
        "Send a waiting mail of one order now, outside its window. Consent, caps, refusals and pauses still count.",
    ),
    "cancel": Command(
        "Step in",
        "control:cancel",
        "Cancel the waiting mails of one order, or one step of it, for good. `hold` is the way that can be undone.",
    ),
    "suppress": Command(
        "Step in",
        "suppressing:suppress",
        "Never again write to an address: at all, with marketing, or with offers. --undo takes it back.",
    ),
    "bounces": Command(
        "Step in",
        "bounces:bounces",
        "Read bounces and complaints: from a mailbox, or piped in by the mail server (`|postpurchase bounces`).",
    ),
    "replay": Command(
        "Step in",
        "replay:replay",
        "Run stored events again, for example after a fix. Old events start nothing, and no mail goes out twice.",
    ),
    "blackout": Command("Step in", "blackouts:app", "Days on which no marketing mail goes; receipts and tracking do."),
    "clock": Command("Step in", "clock:app", "Business time. It moves only with POSTPURCHASE_CLOCK=simulated."),
}


@cache
def load(name: str) -> Any:
    """The command or group as its module defines it; built once."""
    module, _, attribute = COMMANDS[name].place.partition(":")
    found = getattr(import_module(f"worker.cli.{module}"), attribute)
    if isinstance(found, typer.Typer):
        loaded: Any = get_group(found)
    else:
        alone = typer.Typer(add_completion=False, rich_markup_mode="rich")
        alone.command(name)(found)
        loaded = get_command(alone)
    loaded.name = name
    return with_examples(name, loaded)
