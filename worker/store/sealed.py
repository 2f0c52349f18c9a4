"""Every secret that is stored sealed, wherever it stands: sources keep theirs in JSON under the name `sealed`."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import JSON, select
from sqlalchemy.orm import Session

from worker.errors import SettingsError
from worker.sealing import Sealer
from worker.store.models import Shop, Source

NAME = "sealed"


def sealed_texts(session: Session) -> list[str]:
    """All sealed texts as they are stored."""
    return [sealed for row, name in _places(session) for sealed in _sealed_in(getattr(row, name))]


def reseal_all(session: Session, sealer: Sealer) -> int:
    """Seals with the newest key what an older one had sealed; how many secrets changed.

    Raises:
        SettingsError: one can be opened with none of the keys; nothing was changed, and where they stand is told.
    """
    for table in (Shop, Source):
        session.execute(select(table.id).order_by(table.id).with_for_update())
    before = sealed_texts(session)
    if not all(sealer.opens(each) for each in before):
        raise SettingsError(_unopened(session, sealer))
    for source, name in _places(session):
        setattr(source, name, _mapped(getattr(source, name), sealer.reseal))
    session.flush()
    return sum(old != new for old, new in zip(before, sealed_texts(session), strict=True))


def _unopened(session: Session, sealer: Sealer) -> str:
    """Which secrets no key opens, each with the command that gets it out of the way."""
    slugs = {shop.id: shop.slug for shop in session.scalars(select(Shop))}
    lines = ["Some secrets cannot be opened with POSTPURCHASE_SECRET_KEY, so nothing was changed."]
    lines.append("Put the key it was sealed with back into the list, or give each of these anew:")
    for row, name in _places(session):
        if all(sealer.opens(each) for each in _sealed_in(getattr(row, name))):
            continue
        if isinstance(row, Shop):
            lines.append(f"`postpurchase shop key {row.slug} STREAM --key-file FILE`")
        elif name == "secrets":
            lines.append(
                f"`postpurchase source rotate {slugs[row.shop_id]} {row.kind} --secret-file FILE --retire-old`"
            )
        else:
            lines.append(f"`postpurchase source set {slugs[row.shop_id]} {row.kind} --api-key-file FILE`")
    return "\n".join(lines)


def _places(session: Session) -> Iterator[tuple[Shop | Source, str]]:
    """Rows with their JSON columns."""
    shops = session.scalars(select(Shop).order_by(Shop.id)).all()
    sources = session.scalars(select(Source).order_by(Source.id)).all()
    rows: list[Shop | Source] = [*shops, *sources]
    return ((row, column.name) for row in rows for column in row.__table__.columns if isinstance(column.type, JSON))


def _sealed_in(value: Any) -> list[str]:
    found: list[str] = []

    def note(sealed: str) -> str:
        found.append(sealed)
        return sealed

    _mapped(value, note)
    return found


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """A copy of a JSON value in which `change` has been applied to each sealed text."""
    if isinstance(value, list):
        return [_mapped(each, change) for each in value]
    if isinstance(value, dict):
        return {
            name: change(each) if name == NAME and isinstance(each, str) else _mapped(each, change)
            for name, each in value.items()
        }
    return value
