"""Which version this is."""

import hashlib
import sys
from functools import lru_cache
from importlib.metadata import distributions, version
from pathlib import Path

PROGRAM = Path(__file__).parent.parent


def own_version() -> str:
    """As the package's metadata has it, for example `1.2.0`."""
    return version("postpurchase")


@lru_cache(maxsize=1)
def made_of() -> str:
    """A fingerprint of all that the program's behaviour rests on: its own code, what is installed beside it, Python."""
    digest = hashlib.sha256(sys.version.encode())
    for package in ("schedules", "worker"):
        for path in sorted((PROGRAM / package).rglob("*.py")):
            digest.update(str(path.relative_to(PROGRAM)).encode() + path.read_bytes())
    digest.update("".join(sorted(f"{each.name}=={each.version} " for each in distributions())).encode())
    return digest.hexdigest()
