"""`postpurchase suppress`: an address gets no more mail, or gets it again."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from schedules.addresses import is_address
from worker.cli.context import opened
from worker.cli.output import JsonFlag, local, say
from worker.cli.shops import Slug
from worker.errors import UserError
from worker.feedback.by_hand import BOUNCE, COMPLAINT, MANUAL, suppress_by_hand, undo_by_hand
from worker.feedback.writing_back import tells_shop
from worker.store.models import Suppression
from worker.store.shops import get_shop, profile_of
from worker.store.suppressions import LINK, REFUSING


class Scope(StrEnum):
    ALL = "all"
    MARKETING = "marketing"
    OFFERS = "offers"


HELD = {
    "all": "any mail",
    "marketing": "marketing",
    "offers": "offers",
    "fewer": "more than one marketing mail a month",
}
ScopeOption = Annotated[
    Scope | None,
    typer.Option(help="offers: no offers; marketing: no follow-ups either; all. Default: all.", show_default=False),
]


def suppress(
    shop: Slug,
    address: Annotated[str, typer.Argument(metavar="ADDRESS")],
    scope: ScopeOption = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what was suppressed by hand.")] = False,
    bounced: Annotated[bool, typer.Option("--bounced", help="With --undo: a hard bounce too.")] = False,
    complained: Annotated[bool, typer.Option("--complained", help="With --undo: a complaint too.")] = False,
    json: JsonFlag = False,
) -> None:
    """Never again write to an address: at all, with marketing, or with offers. --undo takes it back."""
    if not is_address(address):
        raise UserError(f"{address!r} is no email address. Give one like mia@example.com.")
    also = {reason for reason, chosen in ((BOUNCE, bounced), (COMPLAINT, complained)) if chosen}
    if undo:
        return _undo(shop, address, scope, also, as_json=json)
    if also:
        raise UserError("--bounced and --complained say what --undo lifts: give it too.")
    return _suppress(shop, address, scope or Scope.ALL, as_json=json)


def _suppress(shop: str, address: str, scope: Scope, *, as_json: bool) -> None:
    with opened() as installation, installation.database.write() as session:
        owner = get_shop(session, shop)
        changed = suppress_by_hand(session, owner.id, address, scope.value, installation.clock.now())
        is_told = changed and scope in REFUSING and tells_shop(session, owner.id, address.lower())
    sentence = f"{shop} sends {address} no more ({scope.value})." if changed else "It is suppressed already."
    if is_told:
        sentence += " The shop's newsletter hears of it in a quarter of an hour."
    say(sentence, as_json, shop=shop, scope=scope.value, changed=changed, told_to_shop=is_told)


def _undo(shop: str, address: str, scope: Scope | None, also: set[str], *, as_json: bool) -> None:
    with opened() as installation, installation.database.write() as session:
        owner = get_shop(session, shop)
        zone, now = profile_of(owner).timezone, installation.clock.now()
        undone = undo_by_hand(session, owner.id, address, scope and scope.value, now, also=also)
        lifted, kept = _lines(undone.lifted), _lines(undone.kept)
    sentences = [_lifted(shop, address, lifted, any_held=bool(kept)), *(_kept(line, zone) for line in kept)]
    if any(line["reason"] == BOUNCE and line["source"] == "sendgrid" for line in lifted):
        sentences.append("Take it off SendGrid's bounce list too, or SendGrid drops the next mail.")
    say("\n".join(sentences), as_json, shop=shop, changed=bool(lifted), lifted=lifted, kept=kept)


def _lines(rows: Sequence[Suppression]) -> list[dict[str, Any]]:
    return [{"scope": row.scope, "reason": row.reason, "source": row.source, "at": row.created_at} for row in rows]


def _lifted(shop: str, address: str, lifted: list[dict[str, Any]], *, any_held: bool) -> str:
    if lifted:
        what = " and ".join(dict.fromkeys(HELD[line["scope"]] for line in lifted))
        return f"{shop} no longer keeps {what} from {address}. What was skipped meanwhile stays unsent."
    if any_held:
        return f"Nothing that --undo lifts is held against {address}; nothing changed."
    return f"Nothing is held against {address}; nothing changed."


def _kept(line: dict[str, Any], zone: str) -> str:
    """What still holds, since when, and how it could end."""
    why = {
        MANUAL: "suppressed by hand; without --scope it is lifted too",
        BOUNCE: "the address bounced; --bounced lifts it, once the mailbox works again",
        COMPLAINT: "they reported a mail as spam; --complained lifts it, if they ask you to",
    }
    where = "by the link in any of your mails" if line["source"] == LINK else f"at {line['source'] or 'its source'}"
    own = f"they said so themselves; only they take it back, {where}"
    what = HELD[line["scope"]].removeprefix("any ")
    return f"Still no {what}, since {local(line['at'], zone)}: {why.get(line['reason'], own)}."
