"""Secrets are handed over in files: on the command line every user of the machine could read them."""

from pathlib import Path

from worker.errors import UserError


def read_secret(path: Path, option: str) -> str:
    """The secret in a file, without the newline at its end. `option`: the one that named the file.

    Raises:
        UserError: the file is not there, cannot be read as text, or is empty.
    """
    try:
        secret = path.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise UserError(f"{option} names {path}, which cannot be read ({error.strerror}). Create it first.") from None
    except UnicodeDecodeError:
        raise UserError(f"{option} names {path}, which is no text. Put the secret alone into a plain file.") from None
    if not secret:
        raise UserError(f"{option} names {path}, which is empty. Put the secret alone into it.")
    return secret
