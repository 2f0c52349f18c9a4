"""Logs: structured, one event per line, to stderr. Never a body, a secret or a whole address."""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, TextIO

import orjson
import structlog

QUIET = ("celery", "kombu", "amqp", "uvicorn", "aiohttp", "alembic", "asyncio")
"""Libraries whose warnings are worth a line, and whose progress is not."""

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None]
LONGEST_CHAIN = 10
"""Errors that led to one another, of which a log tells."""

_ADDRESS = re.compile(r"(?<![^\s\"'<>:;,])[^\s\"'<>:;,]+@[^\s\"'<>;,]+")
"""Looked for from the beginning of a word alone: from each of its letters, a long one takes hours."""

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
_PROCESSORS: list[Any] = []
"""One list for good: loggers keep the one that they were made with."""
_WRITING = threading.RLock()
"""A signal that comes while its thread writes a line may log too."""


class Line:
    """Where our own loggers write. Past Python's own logging, which takes a twentieth of the work for a mail."""

    def msg(self, line: str) -> None:
        # Whatever became of stderr, a closed pipe or a full disk, or a signal that logs amid a line: what is logged
        # goes on.
        with _WRITING, suppress(OSError, ValueError, RuntimeError):
            if sys.stderr is not None:  # as of a process that was started without one
                sys.stderr.write(line + "\n")
                sys.stderr.flush()

    debug = info = warning = error = critical = msg


def configure(*, as_json: bool, level: int = logging.INFO) -> None:
    """Sets up logging for this process: JSON, or readable lines (coloured on a terminal). May be called again."""
    _PROCESSORS[:] = [_at_least(level), *_SHARED, *_ending(as_json=as_json)]
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=lambda *_: Line(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(as_json=as_json))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _at_least(level: int) -> Any:
    """Drops what is less important."""
    levels = logging.getLevelNamesMapping()

    def look(_logger: Any, method: str, event: Any) -> Any:
        if levels[method.upper()] < level:
            raise structlog.DropEvent
        return event

    return look


def _ending(*, as_json: bool) -> list[Any]:
    """The last steps to a line."""
    if as_json:
        return [structlog.processors.ExceptionRenderer(_as_text), structlog.processors.JSONRenderer(_json)]
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    return [structlog.dev.ConsoleRenderer(colors=is_terminal, exception_formatter=_print_error)]


def _json(event: Any, **_: Any) -> str:
    try:
        # Records by their words: some hide a field there.
        return orjson.dumps(event, default=str, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()
    except TypeError:  # half a surrogate pair, or a number of more than 64 bits
        with suppress(TypeError, ValueError):
            return json.dumps(event, default=str)
        # A key that is no text, or a list that holds itself.
        return json.dumps({name: str(value) for name, value in event.items()})


def _formatter(*, as_json: bool) -> logging.Formatter:
    """For the lines of libraries."""
    ending = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_ending(as_json=as_json)]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_SHARED, processors=ending)


def _print_error(out: TextIO, info: ErrorInfo) -> None:
    out.write("\n" + _as_text(info))


def _as_text(exc_info: ErrorInfo) -> str:
    """An error and what led to it: where, of which type, and the first line of its text.

    The further lines quote what it choked on, and the default formatter prints the variables of every frame: customers'
    data among them.
    """
    told: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None and len(told) < LONGEST_CHAIN:
        said = next(iter(str(error).splitlines()), "")
        told.append("".join(traceback.format_tb(error.__traceback__)) + f"{type(error).__qualname__}: {said}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(reversed(told))


@contextmanager
def bound(**ids: Any) -> Iterator[None]:
    """Adds ids (shop, order, message, event) to every line logged inside."""
    with structlog.contextvars.bound_contextvars(**{key: str(value) for key, value in ids.items()}):
        yield


def without_addresses(text: str) -> str:
    """What others say, a provider or a mailbox, with every address in it hidden."""
    return _ADDRESS.sub("…@…", text)


def masked(address: str | None) -> str:
    """An address that a log may hold: `mia@example.com` becomes `m…@example.com`."""
    name, at, host = (address or "").rpartition("@")
    return f"{name[:1]}…{at}{host}" if at else "…"
