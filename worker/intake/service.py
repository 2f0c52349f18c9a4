"""Webhooks come in: verified, then stored once. What follows happens elsewhere and later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from worker.bootstrap import Installation
from worker.intake.refusals import RefusalError
from worker.platforms.port import Delivery, Platform
from worker.platforms.registry import PLATFORMS
from worker.store.events import NewEvent, store_events
from worker.store.models import Source
from worker.store.secret_use import is_news, note_use
from worker.store.shops import find_source, open_secrets

log = structlog.get_logger()

UNKNOWN = "There is no such shop, or it has no such source."


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """One POST as it arrived: `headers` with lower-case names, `body` untouched."""

    shop: str
    source: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the sender is told. `to_plan`: the event that now waits to be planned."""

    status: int
    detail: str
    to_plan: UUID | None = None


def accept(installation: Installation, incoming: Sequence[Incoming]) -> list[Answer]:
    """Verifies each and stores those that pass, all in one commit; answers in the same order.

    An answer of 2xx is given only once its event is safely committed: by this call or by an earlier delivery.

    Raises:
        StorageUnavailableError: nothing of this batch is known to be stored; the senders should try again.
    """
    desk = _Desk(installation)
    looked_at = [desk.examine(each) for each in incoming]
    passed = [event for event in looked_at if isinstance(event, NewEvent)]
    new: set[UUID] = set()
    if passed:
        with installation.database.write() as session:
            new = store_events(session, passed)
            for source_id, sealed in sorted(desk.used.items()):
                note_use(session, source_id, sealed, now=installation.clock.real_now())
    return [each if isinstance(each, Answer) else _answer(each, is_new=each.id in new) for each in looked_at]


class _Desk:
    """Looks at the webhooks of one batch; each source is looked up, and its secrets opened, once for all of them."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._sources: dict[tuple[str, str], tuple[Source, dict[str, str]]] = {}
        self.used: dict[UUID, set[str]] = {}
        """Sources -> the secrets, as they are sealed, of which it is worth a note that webhooks came with them."""

    def examine(self, incoming: Incoming) -> NewEvent | Answer:
        try:
            return self._verified(incoming)
        except RefusalError as refusal:
            log.warning(
                "intake.webhook.refused",
                shop=incoming.shop,
                source=incoming.source,
                status=refusal.status,
                reason=refusal.detail,
                size=len(incoming.body),
            )
            return Answer(status=refusal.status, detail=refusal.detail)

    def _verified(self, incoming: Incoming) -> NewEvent | Answer:
        platform = PLATFORMS.get(incoming.source)
        if platform is None:
            raise RefusalError(404, UNKNOWN)
        source, secrets = self._source(incoming)
        delivery = platform.identify(headers=incoming.headers, body=incoming.body)
        if delivery.is_ping:
            return Answer(status=200, detail="Heard. Nothing was stored.")
        now = self._installation.clock.real_now()
        signed_with = _signed_with(platform, incoming, secrets, now)
        if signed_with is None:
            self._refuse_unchecked(source, secrets, incoming)
            raise RefusalError(401, "The signature does not match any active secret of this source.")
        fault = platform.check(incoming.body)
        if fault is not None:
            raise RefusalError(422, fault)
        if is_news(source, signed_with, now):
            self.used.setdefault(source.id, set()).add(signed_with)
        note = "" if platform.is_known(delivery.topic) else "a topic that is of no use here"
        return _event(self._installation, source, incoming, delivery, note)

    def _source(self, incoming: Incoming) -> tuple[Source, dict[str, str]]:
        key = (incoming.shop, incoming.source)
        if key not in self._sources:
            with self._installation.database.read() as session:
                found = find_source(session, *key)
            if found is None:
                raise RefusalError(404, UNKNOWN)
            self._sources[key] = (found[1], open_secrets(found[1], self._installation.sealer))
        return self._sources[key]

    def _refuse_unchecked(self, source: Source, secrets: Mapping[str, str], incoming: Incoming) -> None:
        """A secret that cannot be opened may be the one that signed: the sender is asked to try again."""
        unread = len(source.secrets) - len(secrets)
        if unread:
            log.error(
                "intake.secret.unreadable", alarm=True, shop=incoming.shop, source=incoming.source, secrets=unread
            )
            raise RefusalError(503, "The signature cannot be checked at the moment. Please try again.")


def _signed_with(platform: Platform, incoming: Incoming, secrets: Mapping[str, str], now: datetime) -> str | None:
    """The newest secret that signed it, as it is sealed; None: none did."""
    verify = partial(platform.verify, headers=incoming.headers, body=incoming.body, now=now)
    return next((sealed for sealed, secret in secrets.items() if verify(secrets=[secret])), None)


def _event(installation: Installation, source: Source, incoming: Incoming, delivery: Delivery, note: str) -> NewEvent:
    return NewEvent(
        shop_id=source.shop_id,
        source_id=source.id,
        kind=source.kind,
        topic=delivery.topic,
        dedupe_key=delivery.dedupe_key,
        delivery_id=delivery.delivery_id,
        headers=delivery.headers_to_keep,
        body=incoming.body,
        received_at=installation.clock.now(),
        note=note,
    )


def _answer(event: NewEvent, *, is_new: bool) -> Answer:
    log.info("intake.event.stored" if is_new else "intake.event.known", event_id=str(event.id), topic=event.topic)
    if not is_new:
        return Answer(status=200, detail="Already known.")
    return Answer(status=202, detail="Stored.", to_plan=None if event.note else event.id)
