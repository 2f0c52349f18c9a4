"""Which version this is."""

from importlib.metadata import version


def own_version() -> str:
    """As the package's metadata has it, for example `1.2.0`."""
    return version("postpurchase")
