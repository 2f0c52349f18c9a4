"""Reading foreign JSON safely: exact numbers, no NaN, no bomb, no text a database refuses."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from worker.errors import UnreadableEventError
from worker.platforms.sentences import sentence, shown

DEEPEST = 60
BIGGEST = Decimal(10) ** 13
FINEST = -30
"""Lowest exponent of an amount: PHP writes some with 17 digits; a hostile one would be printed a gigabyte long."""
MOST = 2**31 - 1
"""The largest count that both databases keep."""
LONGEST_ID = 200
YEARS = range(1970, 2200)
"""Times outside of it are nobody's; moved by a delay they would leave the calendar."""
CURRENCY = re.compile(r"[A-Z]{3}")

Body = Mapping[str, Any]
WRONG: tuple[tuple[type[Exception], str], ...] = (
    (KeyError, "a field is missing"),
    (IndexError, "a list is too short"),
    (RecursionError, "it nests too deep"),
    (TypeError, "a field holds something else"),
    (AttributeError, "a field holds something else"),
    (Exception, "a value cannot be read"),
)
"""Never the error's own words: they may hold a customer's."""


@contextmanager
def reading() -> Iterator[None]:
    """Whatever goes wrong while a body is read is the body's fault: it becomes UnreadableEventError."""
    try:
        yield
    except UnreadableEventError:
        raise
    except ValidationError as error:
        raise UnreadableEventError(sentence(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, RecursionError) as error:
        what = next(words for kind, words in WRONG if isinstance(error, kind))
        raise UnreadableEventError(f"the body has another shape than its topic says ({what})") from error


def parse(body: bytes) -> Body:
    """The body as an object, clean of NUL and lone surrogates (PostgreSQL refuses both).

    Raises:
        UnreadableEventError: it is no JSON object, nests too deep, or has numbers that are none.
    """
    try:
        found = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, ArithmeticError, RecursionError) as error:  # Arithmetic: an exponent of 20 digits
        where = (
            f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "unreadable"
        )
        raise UnreadableEventError(f"the body is no JSON ({where})") from error
    if not isinstance(found, dict):
        raise UnreadableEventError("the body is no JSON object")
    cleaned: Body = _clean(found, 0)
    return cleaned


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _clean(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise UnreadableEventError("the body nests too deep")
    if isinstance(value, dict):
        return {_text(key): _clean(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean(each, depth + 1) for each in value]
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def text(value: Any) -> str:
    """Trimmed text of a text or a number; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return str(value).strip()


def identifier(value: Any) -> str | None:
    """An id as text; None when there is none.

    Raises:
        UnreadableEventError: it is longer than a database can index.
    """
    found = text(value) or None
    if found is not None and len(found) > LONGEST_ID:
        raise UnreadableEventError(f"an id is longer than {LONGEST_ID} characters")
    return found


def short(value: Any) -> str:
    """Text that is looked up by: an order's number, a category. Cut where no database could index it."""
    return text(value)[:LONGEST_ID]


def currency(value: Any, whose: str) -> str:
    """An ISO 4217 code in capitals. New codes appear, so that three letters are taken as one.

    Raises:
        UnreadableEventError: it is none; `whose` says of what, like "the order's".
    """
    code = text(value).upper()
    if not code:
        raise UnreadableEventError(f"{whose} currency is missing")
    if not CURRENCY.fullmatch(code):
        raise UnreadableEventError(f"{whose} currency is {shown(text(value))}, which is no ISO 4217 code")
    return code


def amount(value: Any) -> Decimal:
    """A decimal number given as number or text; zero when empty.

    Raises:
        UnreadableEventError: it is no number, or absurdly large.
    """
    if value is None or value == "":
        return Decimal(0)
    try:
        number = Decimal(text(value))
    except InvalidOperation:
        raise UnreadableEventError(f"an amount is {shown(value)}, which is no number") from None
    if not number.is_finite() or abs(number) > BIGGEST or int(number.as_tuple().exponent) < FINEST:
        raise UnreadableEventError(f"an amount is {shown(value)}, which is out of all bounds")
    return number


def web_url(value: Any) -> str:
    """A link that a mail may carry; empty for anything else."""
    url = text(value)
    return url if url.startswith(("https://", "http://")) else ""


def whole(value: Any) -> int:
    """A count given as number, float or text; never negative.

    Raises:
        UnreadableEventError: it is no number, or absurdly large.
    """
    count = max(0, int(amount(value)))
    if count > MOST:
        raise UnreadableEventError(f"a count is {shown(value)}, which is out of all bounds")
    return count


def moment(value: Any) -> datetime | None:
    """An ISO 8601 time as aware UTC (taken as UTC when it names no zone); None when empty.

    Raises:
        UnreadableEventError: it is no time, or of no year that a shop knows.
    """
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(text(value))
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableEventError(f"a time is {shown(value)}, which is not written as ISO 8601") from None
    if found.year not in YEARS:
        raise UnreadableEventError(f"a time is {shown(value)}, which is out of all bounds")
    return found


def needed_moment(body: Body, *names: str) -> datetime:
    """The first of the named times that is there.

    Raises:
        UnreadableEventError: none is.
    """
    for name in names:
        found = moment(body.get(name))
        if found is not None:
            return found
    raise UnreadableEventError(f"{names[0]} is missing")


def day(value: Any) -> date | None:
    """A calendar day out of a date or a time; None when there is none or it is not readable."""
    try:
        return date.fromisoformat(text(value)[:10])
    except ValueError:
        return None


def objects(value: Any) -> list[Body]:
    """The objects of a list; nothing when it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def mapping(value: Any) -> Body:
    """The object itself, or an empty one."""
    return value if isinstance(value, dict) else {}


def needed_id(body: Body, name: str) -> str:
    """An id that must be there.

    Raises:
        UnreadableEventError: it is not.
    """
    found = identifier(body.get(name))
    if found is None:
        raise UnreadableEventError(f"{name} is missing")
    return found
