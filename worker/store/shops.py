"""Shops and the sources their webhooks come from."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from schedules.shop import ShopProfile
from worker.errors import UserError
from worker.platforms.writing import Access
from worker.sealing import Sealer
from worker.store.models import Shop, Source
from worker.store.settling import wait_for_planning


def profile_of(shop: Shop) -> ShopProfile:
    return ShopProfile.model_validate(shop.profile)


def find_shop(session: Session, slug: str) -> Shop | None:
    return session.scalars(select(Shop).where(Shop.slug == slug)).one_or_none()


def get_shop(session: Session, slug: str) -> Shop:
    """The shop with this slug.

    Raises:
        UserError: there is none; the sentence names those there are.
    """
    shop = find_shop(session, slug)
    if shop is None:
        known = ", ".join(other.slug for other in list_shops(session))
        hint = f"Known shops: {known}." if known else "Add it with `postpurchase shop add`."
        raise UserError(f"There is no shop {slug!r}. {hint}")
    return shop


def lock_shop(session: Session, slug: str) -> Shop:
    """The shop with this slug, to be changed: what others change meanwhile is seen and kept. Webhooks do not wait.

    Raises:
        UserError: there is none; the sentence names those there are.
    """
    shop = get_shop(session, slug)
    session.refresh(shop, with_for_update={"key_share": True})
    return shop


def list_shops(session: Session) -> list[Shop]:
    return list(session.scalars(select(Shop).order_by(Shop.slug)))


def connected_shops(session: Session) -> list[Shop]:
    """Those that have not cut the connection."""
    return list(session.scalars(select(Shop).where(Shop.uninstalled_at.is_(None)).order_by(Shop.slug)))


def add_shop(session: Session, profile: ShopProfile, *, now: datetime, is_demo: bool = False) -> bool:
    """Adds a shop; False when one with this slug exists, which then stays as it is."""
    if find_shop(session, profile.slug) is not None:
        return False
    stored = profile.model_dump(mode="json")
    session.add(Shop(slug=profile.slug, profile=stored, is_demo=is_demo, created_at=now))
    session.flush()
    return True


def update_shop(session: Session, profile: ShopProfile) -> bool:
    """Replaces the profile of the shop with this slug; False when nothing changed.

    Raises:
        UserError: there is no such shop.
    """
    shop = get_shop(session, profile.slug)
    stored = profile.model_dump(mode="json")
    changed: bool = shop.profile != stored
    shop.profile = stored
    return changed


class Change(NamedTuple):
    """What is known of a shop, before and after."""

    shop_id: UUID
    before: ShopProfile
    after: ShopProfile


def change_shop(session: Session, slug: str, change: Callable[[ShopProfile], ShopProfile]) -> Change:
    """Changes what is known of a shop; what others change at the same moment is kept.

    It waits for units that plan by what was known, so that what they let wait is seen.

    Raises:
        UserError: there is no such shop.
    """
    wait_for_planning(session, get_shop(session, slug).id)
    shop = lock_shop(session, slug)
    before = profile_of(shop)
    after = change(before)
    update_shop(session, after)
    return Change(shop.id, before, after)


def find_source(session: Session, slug: str, kind: str) -> tuple[Shop, Source] | None:
    """A shop with its source of this kind, in one query."""
    query = select(Shop, Source).join(Source, Source.shop_id == Shop.id).where(Shop.slug == slug, Source.kind == kind)
    row = session.execute(query).one_or_none()
    return None if row is None else (row[0], row[1])


def list_sources(session: Session, shop_id: UUID) -> list[Source]:
    return list(session.scalars(select(Source).where(Source.shop_id == shop_id).order_by(Source.kind)))


def first_connected_at(session: Session, shop_id: UUID) -> datetime | None:
    """When the shop was connected for the first time; None: it never was."""
    return session.scalar(select(func.min(Source.created_at)).where(Source.shop_id == shop_id))


def connected_at(session: Session, shop_id: UUID) -> datetime:
    """When the shop was last connected: when any of its sources was given its newest secret."""
    entries = [entry for source in list_sources(session, shop_id) for entry in source.secrets]
    return max(datetime.fromisoformat(entry["added_at"]) for entry in entries)


def add_source(
    session: Session,
    sealer: Sealer,
    shop: Shop,
    kind: str,
    secret: str,
    *,
    now: datetime,
    as_newest: bool = False,
) -> bool:
    """Connects a source, or adds a secret to it: all secrets stay valid until `retire_secrets`.

    False when this secret is active already; with `as_newest` an older one becomes the newest again. A shop that had
    cut the connection counts as connected again, also with the secret that it had.
    """
    was_gone = shop.uninstalled_at is not None
    mine = select(Source).where(Source.shop_id == shop.id, Source.kind == kind).with_for_update(key_share=True)
    source = session.scalars(mine.execution_options(populate_existing=True)).one_or_none()
    shop.uninstalled_at = None
    if source is None:
        source = Source(shop_id=shop.id, kind=kind, secrets=[], options={}, created_at=now)
        session.add(source)
    known = [entry for entry in source.secrets if _is(secret, entry, sealer)]
    if known and not was_gone and not (as_newest and source.secrets[0] not in known):
        return False
    others = [entry for entry in source.secrets if entry not in known]
    before = known[0] if known else {}
    source.secrets = [before | {"sealed": sealer.seal(secret), "added_at": now.isoformat()}, *others]
    session.flush()
    return True


def open_secrets(source: Source, sealer: Sealer) -> dict[str, str]:
    """The active secrets that the secret key opens, by how they are sealed, newest first: fewer than the source has
    when a key is missing."""
    entries = [entry["sealed"] for entry in source.secrets]
    return {sealed: sealer.open(sealed) for sealed in entries if sealer.opens(sealed)}


def open_access(source: Source, sealer: Sealer) -> Access:
    """How the API is reached of a shop whose address and key are known.

    Raises:
        SettingsError: the secret key does not open the shop's.
    """
    return Access(url=str(source.api["url"]), key=sealer.open(source.api["sealed"]), options=source.options)


def _is(secret: str, entry: Mapping[str, Any], sealer: Sealer) -> bool:
    return sealer.opens(entry["sealed"]) and sealer.open(entry["sealed"]) == secret
