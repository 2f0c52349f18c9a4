"""Slips with content that are refused: from the wrong folder, going back twice, over what was never published."""

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from worker.bootstrap import Installation
from worker.errors import Fault, UserError
from worker.rendering.port import Content
from worker.store.content import history, load, packaged_content, published_in
from worker.store.models import Shop
from worker.store.shops import get_shop


def refuse_packaged(installation: Installation, slug: str) -> None:
    """
    Raises:
        UserError: the packaged content would take the place of the shop's own, from a folder that holds none.
    """
    with installation.database.read() as session:
        number, own = load(session, get_shop(session, slug).id, None)
    if number and own.digest != packaged_content().digest:
        raise UserError(
            f"{slug} has content of its own (revision {number}), and this folder holds none. Name yours with --from "
            f"FOLDER. `postpurchase content rollback {slug} 0` goes back to the packaged content."
        )


def refuse_to_and_fro(session: Session, shop: Shop) -> None:
    """
    Raises:
        UserError: the newest revision went back already: the one before it is what was gone back from.
    """
    newest, *earlier = history(session, shop.id)
    same = next((each.number for each in earlier if each.digest == newest.digest), None)
    if same is not None:
        raise UserError(
            f"{shop.slug} is back at revision {same} already. If that was interrupted, `postpurchase content rollback "
            f"{shop.slug} {same}` moves the rest of the waiting mails; to go further back, name a revision of "
            f"`postpurchase content log {shop.slug}`."
        )


def going_back(session: Session, shop_id: UUID, paths: Iterable[str], content: Content) -> list[Fault]:
    """A fault for each changed file that says what an older revision said: a colleague's change may be lost."""
    faults = []
    for path in paths:
        number = published_in(session, shop_id, path, content.files.get(path, ""))
        if number is not None:
            source = f"revision {number}" if number else "the packaged content"
            remedy = "If that is not meant, pull the newest into another folder and make your change there."
            faults.append(Fault(path, None, f"it goes back to {source}.", remedy))
    return faults


def refuse_loss(session: Session, shop: Shop, content: Content, folder: Path) -> None:
    """
    Raises:
        UserError: writing the content into the folder would replace files that no revision holds.
    """
    differing = {
        path: text for path, now in content.files.items() if (text := _text(folder / path)) is not None and text != now
    }
    lost = [path for path, text in differing.items() if published_in(session, shop.id, path, text) is None]
    if lost:
        more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
        raise UserError(
            f"{folder}/ has changes that were never published, in {', '.join(lost[:3])}{more}: they would be lost. "
            f"Nothing was written. Publish them with `postpurchase content push {shop.slug} --from {folder}`, name "
            "another folder, or add --overwrite."
        )


def _text(path: Path) -> str | None:
    """What the file says, as publishing reads it; None: there is nothing to lose, or writing will say what is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return None
    return text if text.strip() else None
