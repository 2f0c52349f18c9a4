"""`postpurchase …`: every command, and how errors end."""

import platform
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from worker.cli.commands import COMMANDS, Command, load
from worker.cli.output import JSON_META, complain, screen
from worker.errors import PostpurchaseError, UserError
from worker.version import own_version

WRONG_INPUT = 2
FAILED = 1
INTERRUPTED = 130
SIGNALLED = 128
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
"""What every complaint of Typer's about the command line is; it has no public name."""


class Guarded(TyperGroup):
    """Loads the command that runs, and turns errors raised on purpose into one red sentence and an exit code.

    A bug keeps its traceback.
    """

    def __init__(self, **given: Any) -> None:
        """Announces every command: the help and the advice for a mistyped name need no more than its sentence."""
        announced = {name: _announced(name, command) for name, command in COMMANDS.items()}
        super().__init__(**(given | {"commands": announced}))

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of their panels."""
        return list(COMMANDS)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, load(str(name)), rest

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Whether a document is wanted must be known before anything can be wrong with the rest."""
        ctx.meta[JSON_META] = "--json" in args
        with _usage_errors(ctx):
            _refuse_what_is_no_text(args)
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            with _usage_errors(ctx):
                return super().invoke(ctx)
        except PostpurchaseError as error:
            code = WRONG_INPUT if isinstance(error, UserError) else FAILED
            complain(str(error), code=code, as_json=bool(ctx.find_root().meta.get(JSON_META)))
            raise typer.Exit(code) from error
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None


def _refuse_what_is_no_text(args: list[str]) -> None:
    """What a terminal sends in another encoding could be stored, and would break every mail that says it."""
    for word in args:
        if not word.isascii() and word.encode(errors="ignore") != word.encode(errors="surrogatepass"):
            raise typer.BadParameter(f"{word!a} is not written in UTF-8: set your terminal to it.")


@contextmanager
def _usage_errors(ctx: Any) -> Iterator[None]:
    """With `--json` a wrong option or argument is a document too; people get Typer's own box."""
    try:
        yield
    except USAGE_ERROR as error:
        told: Any = error
        told.message = str(told.message).replace("Value error, ", "")
        if not ctx.meta.get(JSON_META):
            raise
        command = told.ctx.command_path if told.ctx is not None else "postpurchase"
        said = str(told.format_message()).rstrip(".")
        sentence = f"{said}. See `{command} --help`."
        complain(sentence, code=WRONG_INPUT, as_json=True)
        raise typer.Exit(WRONG_INPUT) from error


def _announced(name: str, command: Command) -> TyperCommand:
    return TyperCommand(name=name, help=command.help, rich_help_panel=command.panel, rich_markup_mode="rich")


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


def _tell_version(is_wanted: bool) -> None:
    if is_wanted:
        screen().print(f"Postpurchase {own_version()}, Python {platform.python_version()}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Which version this is."),
    ] = False,
) -> None:
    """Every other option belongs to a command."""


def _end(number: int, _frame: object) -> NoReturn:
    """What a command has begun is taken back, such as half a backup with customers' data. `up` has its own way."""
    raise SystemExit(SIGNALLED + number)


def run() -> None:
    """The console entry."""
    if isinstance(sys.stdout, TextIOWrapper):  # what a terminal has no letter for is written out, as on stderr
        sys.stdout.reconfigure(errors="backslashreplace")
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is None:
            continue
        if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` has it ignored
            signal.signal(number, _end)
    app(prog_name="postpurchase")
