"""`postpurchase …`: every command, and how errors end."""

from typing import Any

import typer
from typer.core import TyperGroup

from worker.cli import clock, content, control, imports, preview, processes, shops, sources
from worker.cli.demo import demo
from worker.cli.doctor import doctor
from worker.cli.output import JSON_META, complain
from worker.cli.replay import replay
from worker.cli.status import status
from worker.cli.timeline import timeline
from worker.errors import PostpurchaseError, UserError

WRONG_INPUT = 2
FAILED = 1
INTERRUPTED = 130


class Guarded(TyperGroup):
    """Turns errors that are raised on purpose into one red sentence and an exit code; a bug keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PostpurchaseError as error:
            code = WRONG_INPUT if isinstance(error, UserError) else FAILED
            complain(str(error), code=code, as_json=bool(ctx.find_root().meta.get(JSON_META)))
            raise typer.Exit(code) from error
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None


PANELS = {
    "Run": (demo, processes.up, processes.web, processes.worker, processes.beat),
    "Try": (preview.preview, preview.send_test),
    "Look": (timeline, status, doctor),
    "Step in": (control.pause, control.resume, control.hold, control.release, control.suppress, replay),
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


app.add_typer(shops.app, name="shop")
app.add_typer(sources.app, name="source")
app.add_typer(imports.products, name="products")
app.add_typer(imports.pairings, name="pairings")
app.add_typer(imports.guides, name="guides")
app.add_typer(content.app, name="content")
app.add_typer(clock.app, name="clock")
app.add_typer(processes.database, name="db")
for panel, commands in PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)


def run() -> None:
    """The console entry."""
    app(prog_name="postpurchase")
