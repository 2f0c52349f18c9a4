"""Signed links in mails. A token carries ids alone, never an address; old keys still verify."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

SALT = "postpurchase.link"


class Purpose(StrEnum):
    UNSUBSCRIBE = "u"  # from marketing mails
    OFFERS = "n"  # "No offers in my order emails"
    HIDE = "h"  # "Not for me": one product
    FEEDBACK_YES = "y"
    FEEDBACK_NO = "x"


PATHS = {
    Purpose.UNSUBSCRIBE: "u",
    Purpose.OFFERS: "u",
    Purpose.HIDE: "o",
    Purpose.FEEDBACK_YES: "f",
    Purpose.FEEDBACK_NO: "f",
}


@dataclass(frozen=True)
class LinkToken:
    """What a link says. `extra`: the product id of a HIDE link."""

    purpose: Purpose
    message_id: UUID
    extra: str = ""


class LinkSigner:
    """Writes and reads links. `keys`: newest first; the newest signs."""

    def __init__(self, keys: Sequence[str], public_url: str) -> None:
        self._serializer = URLSafeSerializer(list(reversed(keys)), salt=SALT)
        self._public_url = public_url.rstrip("/")

    def url(self, purpose: Purpose, message_id: UUID, extra: str = "", *, base: str = "") -> str:
        """The absolute URL; `base` is the stream's own link host."""
        token = self._serializer.dumps([purpose.value, message_id.hex, extra])
        text = token.decode() if isinstance(token, bytes) else token
        return f"{base.rstrip('/') or self._public_url}/{PATHS[purpose]}/{text}"

    def read(self, token: str) -> LinkToken | None:
        """What the token says; None when it was not signed by us."""
        try:
            purpose, message_id, extra = self._serializer.loads(token)
            return LinkToken(Purpose(purpose), UUID(message_id), str(extra))
        except (BadSignature, ValueError, TypeError):
            return None
