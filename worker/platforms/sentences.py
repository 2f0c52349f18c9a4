"""What is wrong with a body, in words for whoever sends it."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from worker.telemetry import masked

ADDRESS = re.compile(r"[^\s,;<>@]+@[^\s,;<>@]+")
LONGEST = 30
"""Characters of a wrong value that are shown: enough to recognise it, too few for anybody's address and name."""


def shown(value: Any) -> str:
    """A wrong value, quoted and cut: it goes into logs too, where no address may stand."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if not isinstance(value, str | int | float | Decimal):
        return "a list" if isinstance(value, list) else "an object"
    told = ADDRESS.sub(lambda found: masked(found[0]), str(value)[: 4 * LONGEST])
    return f"'{told[:LONGEST]}…'" if len(told) > LONGEST else f"'{told}'"


def sentence(error: ValidationError, *, skip: int = 0) -> str:
    """The first fault of a body, without a full stop. `skip`: parts of its place that the body does not have."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"][skip:]) or "the body"
    asked = next((asked for end, asked in _ASKED.items() if place.endswith(end)), None)
    if asked and first["type"] not in ("missing", "model_type"):
        return f"{place} is {shown(first['input'])}, which is no {asked}"
    words = _WORDS.get(first["type"].partition("_")[0])
    return f"{place} {words(first)}" if words else f"{place}: {first['msg']}"


def _missing(_: ErrorDetails) -> str:
    return "is missing"


def _no_number(fault: ErrorDetails) -> str:
    return f"is {shown(fault['input'])}, which is no number that fits"


def _no_time(fault: ErrorDetails) -> str:
    return f"is {shown(fault['input'])}, which is no time like 2026-05-14T09:30:00Z"


def _no_zone(_: ErrorDetails) -> str:
    return "names no time zone: write it like 2026-05-14T09:30:00Z"


def _no_day(fault: ErrorDetails) -> str:
    return f"is {shown(fault['input'])}, which is no day like 2026-05-14"


def _no_word(fault: ErrorDetails) -> str:
    return f"is {shown(fault['input'])}; it must be {fault['ctx']['expected']}"


def _too_small(fault: ErrorDetails) -> str:
    return f"is {shown(fault['input'])}; it must be at least {fault['ctx']['ge']}"


def _not_true(fault: ErrorDetails) -> str:
    return f"is {shown(fault['input'])}: {fault['msg'].removeprefix('Value error, ')}"


def _too_large(fault: ErrorDetails) -> str:
    return f"is {shown(fault['input'])}, which is out of all bounds"


def _no_text(fault: ErrorDetails) -> str:
    if fault["type"] == "string_too_short":
        return "is empty"
    if fault["type"] == "string_too_long":
        return f"is longer than {fault['ctx']['max_length']} characters"
    return "is no text"


def _empty(_: ErrorDetails) -> str:
    return "is empty"


def _names_nobody(fault: ErrorDetails) -> str:
    return fault["msg"]


def _no_object(_: ErrorDetails) -> str:
    return "is no object"


def _no_list(_: ErrorDetails) -> str:
    return "is no list"


_ASKED = {"currency": "ISO 4217 code like EUR", "country": "ISO 3166-1 code like SE", "url": "address like https://…"}
"""What fields that end so ask for."""

_WORDS: dict[str, Callable[[ErrorDetails], str]] = {
    "missing": _missing,
    "decimal": _no_number,
    "int": _no_number,
    "finite": _no_number,
    "datetime": _no_time,
    "timezone": _no_zone,
    "date": _no_day,
    "enum": _no_word,
    "greater": _too_small,
    "less": _too_large,
    "string": _no_text,
    "too": _empty,
    "names": _names_nobody,
    "value": _not_true,
    "model": _no_object,
    "list": _no_list,
}
"""Pydantic's kinds of faults, by their first word."""
