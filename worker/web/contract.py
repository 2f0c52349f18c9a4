"""What the OpenAPI document says of routes: every answer they give, and what they take."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

GONE = {503: "The database does not answer, or a secret cannot be opened: please try again."}


class Detail(BaseModel):
    """What became of the request, in a sentence."""

    detail: str


def answers(told: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """Answers in JSON: status -> when it is given."""
    content = {"application/json": {"schema": Detail.model_json_schema()}}
    return {status: {"description": words, "content": content} for status, words in (dict(told) | GONE).items()}


def texts(told: Mapping[int, str], media_type: str = "text/html") -> dict[int | str, dict[str, Any]]:
    """Answers that are pages or plain text."""
    content = {media_type: {"schema": {"type": "string"}}}
    return {status: {"description": words, "content": content} for status, words in told.items()}


def takes(*media_types: str, is_required: bool = True) -> dict[str, Any]:
    """A body that the route reads raw: a signature is over its very bytes."""
    content: dict[str, Any] = {media_type: {"schema": {}} for media_type in media_types}
    return {"requestBody": {"required": is_required, "content": content}}
