"""Mails rendered from the packaged content, in any situation."""

from dataclasses import replace
from typing import Any

from worker.demo.situations import example
from worker.rendering.port import MailInputs, RenderedMail
from worker.rendering.renderer import Renderer
from worker.store.content import packaged_content

RENDERER = Renderer()


def render(inputs: MailInputs, **changes: Any) -> RenderedMail:
    return RENDERER.render(packaged_content(), replace(inputs, **changes))


def rendered(step: str, situation: str = "", **changes: Any) -> RenderedMail:
    """The mail of a step in a situation, as `preview` shows it."""
    return render(example(step, situation), **changes)
