"""Secrets at rest: sealed with keys derived from POSTPURCHASE_SECRET_KEY."""

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from worker.errors import SettingsError

PURPOSE = b"postpurchase sealed secrets"


class Sealer:
    """Seals with the first key, opens with any: a rotation keeps what was sealed before readable.

    `keys` are the parts of POSTPURCHASE_SECRET_KEY, newest first.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        fernets = [Fernet(_derived(key)) for key in keys]
        self._newest, self._fernet = fernets[0], MultiFernet(fernets)

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """The text that was sealed.

        Raises:
            SettingsError: none of the keys opens it.
        """
        try:
            return self._fernet.decrypt(sealed.encode("ascii")).decode()
        except InvalidToken:
            raise SettingsError(
                "A stored secret cannot be opened with POSTPURCHASE_SECRET_KEY. Put the key it was sealed with back "
                "into the list, or add the source's secret again with `postpurchase source rotate`."
            ) from None

    def opens(self, sealed: str) -> bool:
        """Whether any of the keys opens it."""
        try:
            self.open(sealed)
        except SettingsError:
            return False
        return True

    def reseal(self, sealed: str) -> str:
        """The same secret under the newest key; unchanged when it is sealed with that already.

        Raises:
            SettingsError: none of the keys opens it.
        """
        try:
            self._newest.decrypt(sealed.encode("ascii"))
        except InvalidToken:
            return self.seal(self.open(sealed))
        return sealed


def _derived(key: str) -> bytes:
    material = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return base64.urlsafe_b64encode(material)
