"""`postpurchase bounces`: what mailboxes write back about mails that went by SMTP."""

import mailbox
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.context import opened
from worker.cli.output import JsonFlag, counted, say
from worker.errors import UserError
from worker.feedback.bounces import record_reports

From = Annotated[
    Path | None, typer.Argument(metavar="[MAILBOX]", help="An mbox file or a Maildir. Default: one mail on stdin.")
]


def bounces(source: From = None, json: JsonFlag = False) -> None:
    """Read bounces and complaints: from a mailbox, or piped in by the mail server (`|postpurchase bounces`)."""
    with opened() as installation:
        tally = record_reports(installation, _mails(source))
    sentence = (
        f"{counted(tally.new, 'report')} new, {tally.known} known, {tally.foreign} about no mail of ours; "
        f"{counted(tally.moved, 'mail')} moved."
    )
    say(sentence, json, new=tally.new, known=tally.known, foreign=tally.foreign, moved=tally.moved)


def _mails(source: Path | None) -> Iterator[bytes]:
    if source is None:
        yield sys.stdin.buffer.read()
        return
    if not source.exists():
        raise UserError(f"There is no mailbox {source}. Name an mbox file or a Maildir.")
    box: mailbox.Mailbox[mailbox.Message] = (
        mailbox.Maildir(source, create=False) if source.is_dir() else mailbox.mbox(source, create=False)
    )
    for key in box.iterkeys():
        yield box.get_bytes(key)
