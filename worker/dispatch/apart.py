"""A batch is read as one; what is wrong with one message of it must not stop the others."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from worker.errors import StorageUnavailableError

Each = TypeVar("Each")
Made = TypeVar("Made")


def made_of(
    batch: Sequence[Each], make: Callable[[Sequence[Each]], list[Made]], trip: Callable[[Each, Exception], None]
) -> list[Made]:
    """What `make` makes of the batch; where that fails, of each alone. One that fails alone is handed to `trip`.

    `make` changes nothing before it fails.

    Raises:
        StorageUnavailableError: no message is to blame.
    """
    try:
        return make(batch)
    except StorageUnavailableError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        if len(batch) == 1:
            trip(batch[0], error)
            return []
    return [made for each in batch for made in made_of([each], make, trip)]
