"""Name servers of a test's own."""

from collections.abc import Mapping


class Records:
    """Name servers that know these TXT records; with None they are silent."""

    def __init__(self, known: Mapping[str, list[str]] | None) -> None:
        self.known = known

    def txt(self, name: str) -> list[str]:
        if self.known is None:
            raise TimeoutError("LifetimeTimeout")
        return self.known.get(name, [])
