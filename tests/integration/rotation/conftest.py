"""The command line's fixtures, here too."""

from tests.integration.cli.conftest import cli, environment

__all__ = ["cli", "environment"]
