"""How commands word times and lengths, and print what others wrote."""

from datetime import UTC, datetime, timedelta

import pytest
from rich.markup import escape

from worker.cli.output import grid, local, screen, side, span


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=12), "12 s"),
        (timedelta(minutes=3, seconds=20), "3 min 20 s"),
        (timedelta(days=9, hours=4, minutes=59), "9 d 4 h"),
        (timedelta(days=2), "2 d"),
        (-timedelta(hours=1), "1 h"),
    ],
)
def test_a_length_is_told_in_its_two_largest_units(length: timedelta, words: str) -> None:
    assert span(length) == words


def test_a_moment_is_told_on_the_clocks_of_the_shop() -> None:
    assert local(datetime(2026, 5, 13, 23, 12, tzinfo=UTC), "Europe/Dublin") == "Thu 14 May 2026, 00:12"


def test_what_others_wrote_between_colons_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    for console in (screen(), side()):
        console.print(escape("worker:a:7 :tea:"))
        rows = grid()
        rows.add_row("order", escape(":100: and [b]"))
        console.print(rows)
    told = capsys.readouterr()
    assert told.out.split() == told.err.split() == ["worker:a:7", ":tea:", "order", ":100:", "and", "[b]"]
