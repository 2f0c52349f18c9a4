"""`postpurchase clock show | now | advance | next | jump`: business time of a simulated installation."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from worker.cli.context import opened
from worker.cli.output import JsonFlag, counted, say, side, span
from worker.errors import UserError
from worker.timetravel import advance as travel
from worker.timetravel import advance_to_next, next_due

app = typer.Typer(no_args_is_help=True, help="Business time. It moves only with POSTPURCHASE_CLOCK=simulated.")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
PART = re.compile(r"(\d+)\s*(?:(s|m|h|d|w)|(s)ec(?:ond)?s?|(m)in(?:ute)?s?|(h)ours?|(d)ays?|(w)eeks?)(?![a-z])")
YEARS = range(1970, 3000)
DIGITS = 18
"""Of a count, more than any length of time can have."""
Length = Annotated[
    str, typer.Argument(metavar="LENGTH|TIME", help="36h, 9d, '9 days', '1d 12h', or 2026-05-14T09:00+02:00.")
]
Jump = Annotated[bool, typer.Option("--jump", help="Imitate an outage: go there at once, then work off what is due.")]


@app.command("show")
@app.command("now", help="The same as `show`.")
def show_time(json: JsonFlag = False) -> None:
    """Show business time, and the next due message."""
    with opened() as installation:
        now, due = installation.clock.now(), next_due(installation)
        mode = installation.settings.clock.value
    rest = f"; next message due {_stamp(due)}, in {span(due - now)}" if due else "; no message is scheduled"
    say(f"{_stamp(now)} ({mode}){rest}", json, now=now.isoformat(), mode=mode, next_due=due and due.isoformat())


@app.command("advance")
def advance(length: Length, jump: Jump = False, json: JsonFlag = False) -> None:
    """Move time forward, stopping at each due time on the way until the work is done."""
    _move(length, jump=jump, as_json=json)


@app.command("jump")
def jump(length: Length, json: JsonFlag = False) -> None:
    """Move time forward at once, as after an outage; the same as `advance --jump`."""
    _move(length, jump=True, as_json=json)


@app.command("next")
def go_to_next(json: JsonFlag = False) -> None:
    """Go to the next due message and wait until it is done."""
    with opened() as installation:
        due = advance_to_next(installation)
        now = installation.clock.now()
    sentence = f"It is now {_stamp(now)}." if due else "No message is scheduled: there is nothing to go to."
    say(sentence, json, now=now.isoformat(), stops=[due.isoformat()] if due else [])


def moment_of(text: str, now: datetime, *, back: bool = False) -> datetime:
    """A length from now, or with `back` before now; or a moment, which is UTC's where it names no zone.

    Raises:
        UserError: it is neither, or lies outside of the years that orders and mails can have.
    """
    try:
        length = _length(text)
        moment = datetime.fromisoformat(text) if length is None else now - length if back else now + length
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise _too_far(text) from None
    except ValueError:
        raise UserError(
            f"{text!r} is no length of time: give one like 36h, 9d or '1d 12h', or a time in ISO."
        ) from None
    if moment.year not in YEARS:
        raise _too_far(text)
    return moment


def _length(text: str) -> timedelta | None:
    parts = PART.findall(text)
    if not parts or PART.sub("", text).strip():
        return None
    lengths = (timedelta(**{UNITS["".join(units)]: int(count[:DIGITS])}) for count, *units in parts)
    return sum(lengths, timedelta())


def _too_far(text: str) -> UserError:
    return UserError(f"{text!r} lies outside of the years {YEARS[0]} to {YEARS[-1]}: give something nearer.")


def _move(length: str, *, jump: bool, as_json: bool) -> None:
    def on_stop(moment: datetime) -> None:
        if not as_json:
            side().print(f"[bright_black]stopped at {_stamp(moment)}[/]")

    with opened() as installation:
        before = installation.clock.now()
        stops = travel(installation, to=moment_of(length, before), jump=jump, on_stop=on_stop)
        after = installation.clock.now()
    document = {"before": before.isoformat(), "now": after.isoformat(), "stops": [stop.isoformat() for stop in stops]}
    say(f"It is now {_stamp(after)}, {span(after - before)} later; {counted(len(stops), 'stop')}.", as_json, **document)


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
