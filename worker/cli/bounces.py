"""`postpurchase bounces`: what mailboxes write back about mails that went by SMTP."""

import mailbox
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.context import opened
from worker.cli.output import JsonFlag, complain, counted, say
from worker.errors import PostpurchaseError, UserError
from worker.feedback.bounces import record_reports

HELP = "An mbox file, a Maildir, or a file with one mail. Default: one mail on stdin."
From = Annotated[Path | None, typer.Argument(metavar="MAILBOX", help=HELP)]
NAME = "Name an mbox file, a Maildir, or a file with one bounce (DSN) or complaint (ARF)."
MBOX = b"From "
TRY_AGAIN = 75
"""EX_TEMPFAIL: mail servers keep the mail and pipe it in again later."""


def bounces(source: From = None, json: JsonFlag = False) -> None:
    """Read bounces and complaints: from a mailbox, or piped in by the mail server (`|postpurchase bounces`)."""
    try:
        _read(source, as_json=json)
    except PostpurchaseError as error:
        if source is not None:
            raise
        # Any other code, and the mail server would give the report up.
        complain(str(error), code=TRY_AGAIN, as_json=json)
        raise typer.Exit(TRY_AGAIN) from error


def _read(source: Path | None, *, as_json: bool) -> None:
    with opened() as installation:
        tally = record_reports(installation, _mails(source))
    if source is not None and _is_one_mail(source) and not (tally.new or tally.known):
        raise UserError(f"No report about a mail of ours is in {source}. {NAME}")
    sentence = (
        f"{counted(tally.new, 'report')} new, {tally.known} known, {tally.foreign} about no mail of ours; "
        f"{counted(tally.moved, 'mail')} moved."
    )
    say(sentence, as_json, new=tally.new, known=tally.known, foreign=tally.foreign, moved=tally.moved)


def _mails(source: Path | None) -> Iterator[bytes]:
    if source is None:
        yield sys.stdin.buffer.read()
        return
    if not source.exists():
        raise UserError(f"There is no mailbox {source}. {NAME}")
    try:
        if _is_one_mail(source):
            yield source.read_bytes()
            return
        box: mailbox.Mailbox[mailbox.Message] = (
            mailbox.Maildir(source, create=False) if source.is_dir() else mailbox.mbox(source, create=False)
        )
        for key in box.iterkeys():
            yield box.get_bytes(key)
    except OSError as error:
        what = "is no Maildir" if source.is_dir() else "cannot be read"
        raise UserError(f"{source} {what} ({error.strerror}). {NAME}") from None


def _is_one_mail(source: Path) -> bool:
    """Whether it is a file without the line that begins each mail of an mbox."""
    if source.is_dir():
        return False
    with source.open("rb") as file:
        return file.read(len(MBOX)) not in (MBOX, b"")
