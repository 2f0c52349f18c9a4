"""`postpurchase …`: every command, and how errors end."""

from typing import Any

import typer
from typer.core import TyperGroup

from worker.cli import (
    blackouts,
    clock,
    content,
    control,
    database,
    imports,
    preview,
    processes,
    recommendations,
    shops,
    sources,
)
from worker.cli.bounces import bounces
from worker.cli.demo import demo
from worker.cli.doctor import doctor
from worker.cli.output import JSON_META, complain
from worker.cli.replay import replay
from worker.cli.simulate import simulate
from worker.cli.status import status
from worker.cli.timeline import timeline
from worker.errors import PostpurchaseError, UserError

WRONG_INPUT = 2
FAILED = 1
INTERRUPTED = 130


class Guarded(TyperGroup):
    """Turns errors that are raised on purpose into one red sentence and an exit code; a bug keeps its traceback."""

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of their panels."""
        panel_of = {name: getattr(command, "rich_help_panel", None) for name, command in self.commands.items()}
        return sorted(super().list_commands(ctx), key=lambda name: PANELS.index(str(panel_of[name])))

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PostpurchaseError as error:
            code = WRONG_INPUT if isinstance(error, UserError) else FAILED
            complain(str(error), code=code, as_json=bool(ctx.find_root().meta.get(JSON_META)))
            raise typer.Exit(code) from error
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None


PANELS = ("Run", "Set up", "Edit", "Look", "Step in")
COMMANDS = {
    "Run": (demo, processes.up, processes.web, processes.worker, processes.beat),
    "Edit": (preview.preview, preview.send_test, simulate),
    "Look": (timeline, status, doctor),
    "Step in": (
        *(control.pause, control.resume, control.hold, control.release),
        *(control.send_now, control.cancel, control.suppress, bounces, replay),
    ),
}
GROUPS = {
    "Set up": {
        "shop": shops.app,
        "source": sources.app,
        "products": imports.products,
        "pairings": imports.pairings,
        "guides": imports.guides,
        "orders": imports.orders,
        "db": database.app,
    },
    "Edit": {"content": content.app, "recommendations": recommendations.app},
    "Step in": {"blackout": blackouts.app, "clock": clock.app},
}

app = typer.Typer(
    cls=Guarded,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Post-purchase emails for online shops: order, shipping and follow-up mail, each once, on time, or not at all "
    "for a reason that a person can read.",
)

for panel, commands in COMMANDS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
for panel, groups in GROUPS.items():
    for name, group in groups.items():
        app.add_typer(group, name=name, rich_help_panel=panel)


def run() -> None:
    """The console entry."""
    app(prog_name="postpurchase")
