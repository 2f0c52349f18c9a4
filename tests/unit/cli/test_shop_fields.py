"""What a shop's profile holds, an option can set; what it held once does no harm."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from schedules.shop import ShopProfile
from worker.cli.shop_fields import FIELDS

ELSEWHERE = {"slug", "roles", "blackouts", "transactional.ramp_since"}
"""The name itself; `--role`; the command `blackout`; receipts are never ramped."""


def _paths(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _paths(kind, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def test_everything_that_a_profile_holds_can_be_set() -> None:
    settable = {path for field in FIELDS.values() for path in field.paths} | ELSEWHERE
    assert set(_paths(ShopProfile)) == settable


def test_a_profile_that_an_older_version_wrote_is_read_without_what_is_gone() -> None:
    kept = ShopProfile(slug="northkettle", name="Northkettle")
    older = kept.model_dump(mode="json") | {"merges_orders": False, "seller_address": {"country": "IE"}}
    older["brand"]["logo_width"] = 160
    assert ShopProfile.model_validate(older) == kept
