"""Lines of reports, made of rows."""

from typing import Any, TypeVar

from pydantic import BaseModel

Line = TypeVar("Line", bound=BaseModel)


def line_of(kind: type[Line], row: Any, /, **told: Any) -> Line:
    """A line of what its row holds under the same names, and of what is told besides."""
    return kind(**{name: getattr(row, name) for name in kind.model_fields if name not in told}, **told)
