"""An option for each field of a shop, for the commands that take them all."""

import inspect
from collections.abc import Callable
from typing import Annotated

import typer

from worker.cli.shop_fields import FIELDS, ROLE_HELP


def with_profile_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command that takes `**options` one option per field, and `--role`."""
    signature = inspect.signature(command)
    own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    made = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[field.type | None, typer.Option(help=field.help, show_default=False)],
        )
        for name, field in FIELDS.items()
    ]
    role = Annotated[list[str] | None, typer.Option("--role", help=ROLE_HELP)]
    made.append(inspect.Parameter("role", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=role))
    command.__signature__ = signature.replace(parameters=[*own, *made])  # type: ignore[attr-defined]  # read by Typer
    command.__annotations__ = {p.name: p.annotation for p in [*own, *made]}
    return command
