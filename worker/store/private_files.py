"""Files that hold customers' data: new ones only, for the eyes of this user alone."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from worker.errors import UserError

PRIVATE = 0o600


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """A draft beside `path` that takes its name when the block ends well, and goes when it does not.

    Raises:
        UserError: the file is there already, or cannot be written.
    """
    refuse_existing(path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        refuse_existing(path)
        draft.rename(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}). Name a file in another folder.") from error
    finally:
        draft.unlink(missing_ok=True)


def refuse_existing(path: Path) -> None:
    """Raises UserError when there is a file under this name: what is written never takes another's place."""
    if path.exists():
        raise UserError(f"{path} is there already. Name a file that is not, for example with the date in its name.")
