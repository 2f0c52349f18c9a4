"""Whether what sources keep sealed can be opened with the secret key: without it webhooks and refusals wait."""

from sqlalchemy.orm import Session

from worker.bootstrap import Installation
from worker.doctor.checks import Check, fail
from worker.errors import SettingsError
from worker.sealing import Sealer
from worker.store.models import Source
from worker.store.shops import list_shops, list_sources, open_secrets


def check_secrets(session: Session, installation: Installation) -> list[Check]:
    """A line for each source of which something cannot be opened."""
    try:
        sealer = installation.sealer
    except SettingsError:
        return []  # there is no key at all, which another check says
    shops = list_shops(session)
    return [
        check for shop in shops for source in list_sources(session, shop.id) for check in _of(shop.slug, source, sealer)
    ]


def _of(slug: str, source: Source, sealer: Sealer) -> list[Check]:
    checks = []
    kind, back = source.kind, "Put the key that sealed it back into POSTPURCHASE_SECRET_KEY"
    if unread := len(source.secrets) - len(open_secrets(source, sealer)):
        text = f"Of {len(source.secrets)} signing secrets of {kind}, {unread} cannot be opened with the secret key: "
        text += "webhooks signed with such a one are answered with 503."
        anew = f"or `postpurchase source rotate {slug} {kind} --secret-file FILE`, then `--retire-old`."
        checks.append(fail(f"shop {slug}", text, f"{back}, {anew}"))
    if source.api and not sealer.opens(source.api["sealed"]):
        text = f"The API key of {kind} cannot be opened with the secret key: refusals and codes wait."
        anew = f"or `postpurchase source set {slug} {kind} --api-key-file FILE`."
        checks.append(fail(f"shop {slug}", text, f"{back}, {anew}"))
    return checks
