"""Slips in publishing content that are refused: from the wrong folder, and going back twice."""

from sqlalchemy.orm import Session

from worker.bootstrap import Installation
from worker.errors import UserError
from worker.store.content import history, load, packaged_content
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
