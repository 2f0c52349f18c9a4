"""Whether shops can make the discount codes that their sequences promise: the key, its rights, the pool's level."""

from functools import partial

from sqlalchemy.orm import Session

from schedules.shop import CodeSource
from worker.bootstrap import Installation
from worker.doctor.asking import Question, answers
from worker.doctor.checks import Check, fail, ok, warn
from worker.errors import SettingsError
from worker.platforms.registry import CODE_MAKERS
from worker.platforms.writing import Access
from worker.store.models import Shop
from worker.store.pool import level
from worker.store.shops import connected_shops, find_source, open_access, profile_of


def check_codes(session: Session, installation: Installation, *, asks: bool) -> list[Check]:
    """A line for each connected shop. `asks`: shops' APIs may be called."""
    return answers([_check(session, installation, shop, asks=asks) for shop in connected_shops(session)])


def _check(session: Session, installation: Installation, shop: Shop, *, asks: bool) -> Check | Question:
    """What is found here, or what the shop is to be asked."""
    name, kind = f"codes of {shop.slug}", profile_of(shop).codes
    if kind is CodeSource.NONE:
        return ok(name, "None: mails carry no codes (`postpurchase shop set --codes` says who makes them).")
    if kind is CodeSource.POOL:
        found = level(session, shop.id, installation.clock.now())
        text, remedy = f"{found.left} left in the pool.", f"`postpurchase codes import {shop.slug} FILE.csv`."
        return warn(name, text, f"Make more in the shop, then {remedy}") if found.is_low else ok(name, text)
    source = find_source(session, shop.slug, kind.value)
    if source is None or not source[1].api:
        remedy = f"`postpurchase source set {shop.slug} {kind.value} --api-url URL --api-key-file FILE`."
        return fail(name, f"The API of {kind.value} is not known, so mails go without codes.", remedy)
    try:
        access = open_access(source[1], installation.sealer)
    except SettingsError:
        return fail(name, "The API key cannot be opened with the secret key.", "Set it again with `source set`.")
    if not asks:
        return ok(name, f"Made by {kind.value}; its API was not asked.")
    return partial(_ask, name, kind, access)


def _ask(name: str, kind: CodeSource, access: Access) -> list[Check]:
    why = CODE_MAKERS[kind.value].fault(access)
    return [fail(name, "Codes cannot be made.", why) if why else ok(name, f"{kind.value} lets us make them.")]
