"""Addresses as they go over the wire: domains in ASCII, local parts as RFC 5321 writes them."""

import re

DEVIATING = re.compile("[ßς\u200c\u200d]")
"""Letters that Python's own codec, of 2003, turns into others: straße into strasse, which is somebody else's domain."""

_SENDERS_LOCAL = re.compile(r"(?=.{1,64}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HOST = re.compile(r"(?=.{1,253}$)((?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)+(?!\d+$)(?!-)[A-Za-z0-9-]{2,63}(?<!-)")
_DOTS = re.compile(r"^\.|\.\.|\.$")


def on_the_wire(address: str) -> str:
    """The address with its domain in ASCII (IDNA 2008), and quotes around dots that only quotes allow.

    A local part outside ASCII stays: it needs a server that knows SMTPUTF8.

    Raises:
        ValueError: its domain cannot be written in ASCII.
    """
    local, _, domain = address.strip().rpartition("@")
    if _DOTS.search(local) and '"' not in local:
        local = f'"{local}"'
    return f"{local}@{_in_ascii(domain.rstrip('.'))}"


def may_send(address: str) -> bool:
    """Whether every provider and mailbox takes it as a sender, as it goes over the wire.

    Stricter than of customers, who have the addresses they have: plain ASCII before the @ (RFC 5321, 4.1.2, without
    quotes), a domain of two labels or more behind it.
    """
    try:
        local, _, domain = on_the_wire(address).rpartition("@")
    except ValueError:
        return False
    return bool(_SENDERS_LOCAL.fullmatch(local) and _HOST.fullmatch(domain))


def is_same_mailbox(told: str, ours: str) -> bool:
    """Whether a provider or mailbox means this address of ours; it tells of it as it went over the wire."""
    try:
        return told.lower() in (ours, on_the_wire(ours).lower())
    except ValueError:
        return False


def _in_ascii(domain: str) -> str:
    if domain.isascii():
        return domain
    import idna  # tables of a megabyte, for the few mails that need them

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        if DEVIATING.search(domain):
            raise
    return domain.encode("idna").decode("ascii")  # names that exist although IDNA 2008 forbids them, as with symbols
