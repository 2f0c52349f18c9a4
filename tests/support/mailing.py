"""Mails rendered from the packaged content, in any situation."""

from dataclasses import replace
from typing import Any

from worker.demo.situations import example
from worker.rendering.port import Content, MailInputs, RenderedMail
from worker.rendering.renderer import Renderer
from worker.store.content import content_of, packaged_content

RENDERER = Renderer()


def render(inputs: MailInputs, **changes: Any) -> RenderedMail:
    return RENDERER.render(packaged_content(), replace(inputs, **changes))


def rendered(step: str, situation: str = "", **changes: Any) -> RenderedMail:
    """The mail of a step in a situation, as `preview` shows it."""
    return render(example(step, situation), **changes)


def changed(path: str, old: str, new: str) -> Content:
    """The packaged content with one edit, where `old` stands first in a file."""
    files = dict(packaged_content().files)
    assert old in files[path]
    files[path] = files[path].replace(old, new, 1)
    return content_of(files)
