"""Other addresses for the links of a mail that is rendered."""

from collections.abc import Callable
from html import unescape

HREF = ' href="'


def with_addresses(html: str, address_of: Callable[[str], str | None]) -> str:
    """The mail with the addresses of its links (`<a href="…">`) exchanged; None leaves one as it is.

    `address_of` is asked once for each address, and its answers go into the mail as they are: they must not need
    escaping. The text part of a mail is left alone by all who call this.
    """
    known: dict[str, str | None] = {}
    parts = html.split(HREF)
    for at in range(1, len(parts)):
        part = parts[at]
        end = part.find('"')
        written = part[:end]
        if end < 0 or not _ends_in_link(parts[at - 1]):
            continue
        if written not in known:
            known[written] = address_of(unescape(written) if "&" in written else written)
        address = known[written]
        if address is not None:
            parts[at] = address + part[end:]
    return HREF.join(parts)


def _ends_in_link(text: str) -> bool:
    """Whether the last element that begins in the text is a link."""
    begin = text.rfind("<")
    return text.startswith(("<a ", "<a\n", "<a\t"), begin) or text[begin:] == "<a"
