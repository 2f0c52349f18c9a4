"""From a message that may go to a rendered mail: what it shows is looked up, then rendered without the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from schedules.parcel_facts import DeliverySource
from schedules.parcels import delivered_at, group_parcels
from schedules.records import record
from schedules.segments import Segment
from schedules.shop import Role
from worker.bootstrap import Installation
from worker.delivery.port import OutgoingMail
from worker.dispatch.apart import made_of
from worker.dispatch.coding import Makers, may_show_code, reserve
from worker.dispatch.counting import Counted, with_counted_links
from worker.dispatch.expectation import expected_days, returnable_until
from worker.dispatch.flight import Ready
from worker.dispatch.gating import Gated
from worker.dispatch.headers import TEST_MARK, headers_of
from worker.dispatch.linking import links_of
from worker.dispatch.naming import ids
from worker.dispatch.personalising import Chooser, Personal, personal_of
from worker.dispatch.ramping import is_ramping
from worker.dispatch.returning import fail, put_back, skip, told
from worker.dispatch.senders import envelope_of
from worker.errors import PostpurchaseError, StaleFenceError, StorageUnavailableError
from worker.personalisation.code_requests import CodeDecision
from worker.rendering.port import MailInputs, RenderedMail
from worker.store.models.messages import KNEW, SHOWED
from worker.store.types import new_id

log = structlog.get_logger()

REPLENISHMENT = "replenishment"
"""The mail that is nothing without its offer."""


@record
class _Draft:
    gated: Gated
    inputs: MailInputs
    personal: Personal
    api_key: str | None  # the stream's own, when it has one


@dataclass(frozen=True)
class _Shelf:
    """What the mails of a batch are put together from."""

    chooser: Chooser
    makers: Makers


def assemble(installation: Installation, passed: Sequence[Gated]) -> list[Ready]:
    """Rendered mails of the messages that may go. One that cannot be rendered fails and says why."""

    def trip(gated: Gated, error: Exception) -> None:
        put_back(installation, gated.message, error, "it could not be put together")

    def draft_all(some: Sequence[Gated]) -> list[_Draft]:
        with installation.database.read() as session:
            shelf = _Shelf(Chooser(installation, session, some), Makers(installation, session, some))
        return [draft for gated in some if (draft := _drafted(installation, shelf, gated)) is not None]

    drafts = made_of(passed, draft_all, trip) if passed else []
    return [ready for draft in drafts if (ready := _rendered(installation, draft)) is not None]


def _drafted(installation: Installation, shelf: _Shelf, gated: Gated) -> _Draft | None:
    try:
        decision, segment, code = shelf.chooser.choose(gated), shelf.chooser.segment(gated), CodeDecision()
        if gated.message.step == REPLENISHMENT and decision.offer is None:
            skip(installation, gated.message, decision.why_not)
            return None
        if may_show_code(gated, segment):
            with installation.database.write() as session:
                code = reserve(session, gated, segment, decision.offer, shelf.makers.of(gated))
        if code.wait_until is not None:
            log.info("dispatch.message.waiting", **ids(gated.message), until=code.wait_until.isoformat())
            return None
        personal = personal_of(gated, segment, decision, code, shelf.makers.platform_of(gated))
        inputs = inputs_of(installation, gated, personal)
        return _Draft(gated=gated, inputs=inputs, personal=personal, api_key=_key(installation, gated))
    except StaleFenceError:
        log.info("dispatch.message.left", **ids(gated.message), reason="its claim has ended")
        return None
    except StorageUnavailableError:
        raise
    except Exception as error:  # noqa: BLE001 - one message that cannot be put together must not stop the others
        put_back(installation, gated.message, error, "it could not be put together")
        return None


def _key(installation: Installation, gated: Gated) -> str | None:
    """Raises SettingsError: it cannot be opened with the secret key."""
    kept = gated.truth.stream_keys.get(gated.message.stream)
    return installation.sealer.open(kept["sealed"]) if kept else None


def inputs_of(installation: Installation, gated: Gated, personal: Personal) -> MailInputs:
    """All that the renderer is told of one mail. Previews of real orders are made of it too."""
    message, facts, profile = gated.message, gated.truth.facts, gated.truth.profile
    timezone = gated.truth.timezone
    arrived = delivered_at(facts, gated.edition.sequence.assume_delivered_after)
    parcels = group_parcels(facts, profile, message.parcel_group)
    return MailInputs(
        shop=profile,
        facts=facts,
        step=message.step,
        role=Role(message.role),
        parcel_group=message.parcel_group,
        locale=gated.truth.locale,
        timezone=timezone,
        now=gated.now,
        products=gated.products,
        pictures=gated.pictures,
        offer=personal.offer,
        guide=gated.guide,
        links=links_of(installation.links, message, profile),
        delivery_source=arrived[1] if arrived else DeliverySource.ESTIMATED,
        is_first_time=personal.segment is Segment.FIRST_TIME,
        contact=profile.contact_name if personal.segment is Segment.HIGH_VALUE else "",
        is_test=bool(installation.settings.redirect_all_to),
        expected=expected_days(facts=facts, profile=profile, parcels=parcels, timezone=timezone),
        return_ends_on=returnable_until(arrived[0], profile, timezone) if arrived else None,
    )


def _rendered(installation: Installation, draft: _Draft) -> Ready | None:
    gated = draft.gated
    try:
        rendered = installation.renderer.render(gated.edition.content, draft.inputs)
        counted = with_counted_links(installation.links, gated.message, draft.inputs, rendered.html)
    except Exception as error:  # noqa: BLE001 - whatever a template provokes ends this message, not the batch
        said = str(error) if isinstance(error, PostpurchaseError) else told(error)
        reason = f"its template (revision {gated.edition.revision}) cannot be rendered: {said}"
        fail(installation, gated.message, reason)
        return None
    try:
        return _ready(installation, draft, rendered, counted)
    except Exception as error:  # noqa: BLE001 - as above: it ends this message, not the batch
        put_back(installation, gated.message, error, "it could not be put together")
        return None


def _ready(installation: Installation, draft: _Draft, rendered: RenderedMail, counted: Counted) -> Ready:
    gated, message = draft.gated, draft.gated.message
    timing = gated.edition.sequence.steps[message.step].timing(Role(message.role))
    return Ready(
        message=message,
        mail=_mail(installation, draft, rendered, counted.html),
        witness=gated.truth.witness,
        judged_at=gated.now,
        late_from=timing.late_from(message.aim_at),
        address=gated.truth.address,
        revision=gated.edition.revision,
        variant=rendered.variant,
        personal=draft.personal,
        account=installation.provider.account(draft.api_key),
        counts_clicks=counted.is_counted,
        is_ramping=is_ramping(gated.truth.profile, message.stream, gated.now),
        told=_told_of(gated),
    )


def _told_of(gated: Gated) -> dict[str, Any]:
    """What the mail tells of, for its details; the rest, whenever it happened, is told by a later one."""
    facts, group = gated.truth.facts, gated.message.parcel_group
    if gated.message.step == "shipping":
        return {KNEW: [parcel.id for parcel in group_parcels(facts, gated.truth.profile, group)]}
    if gated.message.step == "confirmation" and facts.order is not None:
        return {SHOWED: facts.order.updated_at.isoformat()}
    return {}


def _mail(installation: Installation, draft: _Draft, rendered: RenderedMail, html: str) -> OutgoingMail:
    message, truth = draft.gated.message, draft.gated.truth
    settings, profile = installation.settings, truth.profile
    envelope = envelope_of(profile=profile, stream=message.stream, address=truth.recipient, settings=settings)
    return OutgoingMail(
        message_id=message.id,
        attempt_id=new_id(),
        shop=profile.slug,
        stream=message.stream,
        sender_name=envelope.sender_name,
        sender=envelope.sender,
        reply_to=envelope.reply_to,
        to=envelope.to,
        subject=(TEST_MARK if envelope.is_test else "") + rendered.subject,
        preview=rendered.preview,
        html=html,
        text=rendered.text,
        headers=headers_of(
            profile=profile,
            stream=message.stream,
            unsubscribe=draft.inputs.links.unsubscribe,
            public_url=settings.public_url,
            is_test=envelope.is_test,
        ),
        api_key=draft.api_key,
    )
