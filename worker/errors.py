"""Every error this program raises on purpose.

PostpurchaseError
├── UserError              wrong input, wrong setting: the message says what to do; exit code 2 / HTTP 4xx
│   ├── SettingsError
│   └── FileFaultsError    a file is refused as a whole: file, line, remedy
│       ├── ImportFileError
│       └── ContentError
├── UnreadableEventError   a stored body cannot be read: it fails with an alarm, `replay` repairs it
├── StaleFenceError        somebody else has the message now: drop the work, change nothing; trying again cannot help
└── StorageUnavailableError  the database does not answer: trying again helps (HTTP 503)
    └── StorageFullError     it answers, and has no room: trying again helps once somebody has made some
"""

from dataclasses import dataclass


class PostpurchaseError(Exception):
    """Root of the tree."""


class UserError(PostpurchaseError):
    """Somebody can mend this by changing what they gave us; the text is one or two plain sentences."""


class SettingsError(UserError):
    """A setting is missing, malformed or contradicts another."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a file: where, what, and the remedy."""

    file: str
    line: int | None
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.problem}" + (f" {self.remedy}" if self.remedy else "")


class FileFaultsError(UserError):
    """A file or a set of files is refused as a whole; nothing was changed."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


class ImportFileError(FileFaultsError):
    """A CSV file was refused; half of one never gets in."""


class ContentError(FileFaultsError):
    """Templates or a sequence were refused; the running content stays."""


class UnreadableEventError(PostpurchaseError):
    """A stored body cannot be read as its topic says. Kept as a failed event for `replay`."""


class StaleFenceError(PostpurchaseError):
    """The message was claimed by somebody else after our claim; our write was refused."""


class StorageUnavailableError(PostpurchaseError):
    """The database cannot be reached or cannot store; the caller should try again later."""


class StorageFullError(StorageUnavailableError):
    """The database has no room for what it was asked to store; whatever asked is not to blame."""
