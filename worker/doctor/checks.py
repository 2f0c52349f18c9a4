"""The checks' common form."""

from enum import StrEnum

from pydantic import BaseModel


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"  # works, but somebody should know
    FAIL = "fail"  # mails do not go out, or not for long


class Check(BaseModel):
    """One answer. `remedy`: what to do, empty when all is well."""

    name: str
    level: Level
    text: str
    remedy: str = ""


def ok(name: str, text: str) -> Check:
    return Check(name=name, level=Level.OK, text=text)


def warn(name: str, text: str, remedy: str) -> Check:
    return Check(name=name, level=Level.WARN, text=text, remedy=remedy)


def fail(name: str, text: str, remedy: str) -> Check:
    return Check(name=name, level=Level.FAIL, text=text, remedy=remedy)
