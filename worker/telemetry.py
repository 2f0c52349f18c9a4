"""Logs: structured, one event per line, to stderr. Never a body, a secret or a whole address."""

import logging
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TextIO

import structlog

QUIET = ("celery", "kombu", "amqp", "uvicorn", "aiohttp", "alembic", "asyncio")
"""Libraries whose warnings are worth a line, and whose progress is not."""

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None]
LONGEST_CHAIN = 10
"""Errors that led to one another, of which a log tells."""

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
_PROCESSORS = [structlog.stdlib.filter_by_level, *_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
"""One list for good: loggers keep the one that they were made with."""


def configure(*, as_json: bool, level: int = logging.INFO) -> None:
    """Sets up logging for this process: JSON, or readable lines (coloured on a terminal). May be called again."""
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(_SHARED, as_json=as_json))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _formatter(shared: Sequence[Any], *, as_json: bool) -> logging.Formatter:
    ending: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if as_json:
        ending += [structlog.processors.ExceptionRenderer(_as_text), structlog.processors.JSONRenderer()]
    else:
        ending.append(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_print_error))
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=ending)


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


def masked(address: str | None) -> str:
    """An address that a log may hold: `mia@example.com` becomes `m…@example.com`."""
    name, at, host = (address or "").rpartition("@")
    return f"{name[:1]}…{at}{host}" if at else "…"
