"""Which texts are email addresses.

Lenient: only what certainly is none is turned away, for a mail that is not sent helps nobody. What mailboxes really use
goes on, also where RFC 5321 forbids it: quoted and non-ASCII local parts (SMTPUTF8, RFC 6531), domains in any script,
dots in a row (as some Japanese carriers gave out), hosts without a dot.
"""

import re

_WORD = r'[^\s\x00-\x1f\x7f()<>\[\]:;@\\,"]'
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"'
_LABEL = r'[^\s\x00-\x1f\x7f()<>\[\]:;@\\,".]+'
_LITERAL = r"\[[^\s\x00-\x1f\x7f\[\]\\]+\]"
_ADDRESS = re.compile(rf"(?:{_WORD}|{_QUOTED})+@(?:{_LABEL}(?:\.{_LABEL})*\.?|{_LITERAL})")


def is_address(text: str) -> bool:
    """Whether a mail can be addressed to it: one mailbox, without a name or blanks around it."""
    return _ADDRESS.fullmatch(text) is not None
