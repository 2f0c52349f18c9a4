"""`postpurchase shop key`: a SendGrid key of a stream's own, so that receipts and marketing are accounts apart."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.context import opened
from worker.cli.output import JsonFlag, say
from worker.cli.secret_files import read_secret
from worker.errors import UserError
from worker.settings import KEY
from worker.store.shops import lock_shop


class Stream(StrEnum):
    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


KeyFile = Annotated[Path | None, typer.Option("--key-file", help="A file that holds the key, and nothing else.")]
Remove = Annotated[bool, typer.Option("--remove", help="Use the installation's key again.")]


def set_key(
    shop: Annotated[str, typer.Argument(metavar="SHOP")],
    stream: Annotated[Stream, typer.Argument(metavar="STREAM", help="transactional or marketing")],
    key_file: KeyFile = None,
    remove: Remove = False,
    json: JsonFlag = False,
) -> None:
    """Give a stream its own SendGrid key. It is stored encrypted."""
    if remove == (key_file is not None):
        raise UserError("Give either --key-file FILE or --remove.")
    key = _read(key_file) if key_file is not None else ""
    with opened() as installation, installation.database.write() as session:
        owner = lock_shop(session, shop)
        others = {name: kept for name, kept in owner.stream_keys.items() if name != stream}
        owner.stream_keys = others | ({stream.value: {"sealed": installation.sealer.seal(key)}} if key else {})
    which = "a key of its own" if key else "the installation's key"
    say(f"The {stream} stream of {shop} uses {which}.", json, shop=shop, stream=stream.value, has_own_key=bool(key))


def _read(path: Path) -> str:
    key = read_secret(path, "--key-file")
    if not KEY.fullmatch(key):
        raise UserError(f"--key-file names {path}, which holds no key. Put the SendGrid key (SG.…) alone into it.")
    return key
