"""Signed links in mails. A token carries ids alone, never an address; old keys still verify.

A counted link carries its target too, so that it leads on whatever the database says or doesn't, and only to an address
that we signed.
"""

import hmac
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from uuid import UUID

import orjson
from itsdangerous import BadData, BadSignature, HMACAlgorithm, Signer, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

SALT = "postpurchase.link"
CLICK_SALT = "postpurchase.click"
WEB = ("https://", "http://")
PLAIN, PACKED = b"c", b"z"
TEST = "test"
LONG = 200
"""Bytes from which on compressing is tried: shorter ones become no shorter."""
LONGEST = 4000
"""Characters of a target that is counted; browsers and proxies take twice that as a whole address."""


class Purpose(StrEnum):
    UNSUBSCRIBE = "u"  # from marketing mails
    OFFERS = "n"  # "No offers in my order emails"
    HIDE = "h"  # "Not for me": one product
    FEEDBACK_YES = "y"
    FEEDBACK_NO = "x"
    CLICK = "c"  # counts, then leads on; signed apart from the others, see `LinkSigner.counted`


PATHS = {
    Purpose.UNSUBSCRIBE: "u",
    Purpose.OFFERS: "u",
    Purpose.HIDE: "o",
    Purpose.FEEDBACK_YES: "f",
    Purpose.FEEDBACK_NO: "f",
    Purpose.CLICK: "c",
}
PAGES = tuple(purpose for purpose in Purpose if purpose is not Purpose.CLICK)
"""Those whose links lead to a page of ours."""


class LinkKind(StrEnum):
    """What a counted link leads to."""

    PRODUCT = "product"
    GUIDE = "guide"
    ORDER = "order"  # the order's page
    SHOP = "shop"  # anything else of the shop


@dataclass(frozen=True)
class LinkToken:
    """What a link says. `extra`: the product id of a HIDE link. `is_test`: its mail went to us, not to its customer."""

    purpose: Purpose
    message_id: UUID
    extra: str = ""
    is_test: bool = False


@dataclass(frozen=True)
class Target:
    """Where a counted link leads. `ref`: the product's id, where it is one."""

    kind: LinkKind
    url: str
    ref: str = ""


@dataclass(frozen=True)
class ClickToken:
    """What a counted link says."""

    message_id: UUID
    target: Target


class _OneCall(HMACAlgorithm):
    """The library's own algorithm, without an object per signature."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha1")


class _QuickSigner(Signer):
    """Derives each key once: every mail has links to sign."""

    def __init__(self, keys: Sequence[str], salt: str) -> None:
        super().__init__(list(reversed(keys)), salt=salt, algorithm=_OneCall())
        self.derive_key = cache(super().derive_key)  # type: ignore[method-assign]  # the same answer for each key


class LinkSigner:
    """Writes and reads links. `keys`: newest first; the newest signs. `is_test`: what it writes is for mails of test
    mode, and says so for as long as the link lives."""

    def __init__(self, keys: Sequence[str], public_url: str, *, is_test: bool = False) -> None:
        self._reader = URLSafeSerializer(list(reversed(keys)), salt=SALT)
        self._pages, self._clicks = _QuickSigner(keys, SALT), _QuickSigner(keys, CLICK_SALT)
        self._public_url = public_url.rstrip("/")
        self._marks: tuple[str, ...] = (TEST,) if is_test else ()

    def url(self, purpose: Purpose, message_id: UUID, extra: str = "", *, base: str = "") -> str:
        """The absolute URL of one of our pages; `base` is the stream's own link host. What it says is too short to be
        worth compressing; links that were compressed are still read."""
        said = orjson.dumps([purpose.value, message_id.hex, extra, *self._marks])
        return self._address(purpose, self._pages.sign(base64_encode(said)).decode(), base)

    def read(self, token: str) -> LinkToken | None:
        """What the token says; None when it was not signed by us."""
        try:
            purpose, message_id, extra, *marks = self._reader.loads(token)
            return LinkToken(Purpose(purpose), UUID(message_id), str(extra), TEST in marks)
        except (BadSignature, ValueError, TypeError):
            return None

    def counted(self, message_id: UUID, target: Target, *, base: str = "") -> str:
        """The absolute URL of a link that counts and leads on. It is made for each link of each mail: microseconds.

        Raises:
            ValueError: the target is no address of the web.
        """
        if not may_be_counted(target.url):
            raise ValueError("only addresses of the web are counted")
        form, said = PLAIN, f"{target.kind.value}\0{target.ref}\0{target.url}".encode()
        if len(said) > LONG and len(packed := zlib.compress(said)) < len(said):
            form, said = PACKED, packed
        token = self._clicks.sign(base64_encode(form + message_id.bytes + said))
        return self._address(Purpose.CLICK, token.decode(), base)

    def read_click(self, token: str) -> ClickToken | None:
        """What a counted link says; None when it was not signed by us, or for another purpose."""
        try:
            told = base64_decode(self._clicks.unsign(token))
            said = zlib.decompress(told[17:]) if told[:1] == PACKED else told[17:]
            kind, ref, url = said.decode().split("\0", 2)
            click = ClickToken(UUID(bytes=told[1:17]), Target(LinkKind(kind), url, ref))
        except (BadData, ValueError, zlib.error):
            return None
        return click if may_be_counted(url) else None

    def _address(self, purpose: Purpose, token: str, base: str) -> str:
        return f"{base.rstrip('/') or self._public_url}/{PATHS[purpose]}/{token}"


def may_be_counted(url: str) -> bool:
    """Whether a counted link may lead there: an address of the web that a redirect can name as it is."""
    is_web = url.startswith(WEB) and len(url) <= LONGEST and url.isprintable() and " " not in url
    return is_web and (url.isascii() or host_of(url).isascii())


def host_of(url: str) -> str:
    """Host and port of an address of the web, as they are written."""
    host = url.partition("://")[2]
    for end in "/?#":
        host = host.partition(end)[0]
    return host
