"""Compiling as it is where nobody keeps what was compiled."""

from worker.rendering.compiling import template_of, yaml_of
from worker.rendering.mjml_compiling import html_of


def forget() -> None:
    """The next mail is made of its files."""
    for kept in (html_of, template_of, yaml_of):
        kept.cache_clear()
