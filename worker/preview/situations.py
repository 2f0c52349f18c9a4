"""In which situations a mail can be looked at: each template's `preview.json` lists those that change it."""

import json

from schedules.sequence import TEMPLATES
from worker.demo.situations import CHANGES
from worker.errors import UserError
from worker.rendering.port import Content, MailInputs
from worker.store.content import packaged_content


def situations_of(content: Content, step: str) -> tuple[str, ...]:
    """Names for `situation` at this step; the plain case is not among them."""
    path = f"email_templates/{TEMPLATES[step]}/preview.json"
    told = _listed(content.files.get(path, "")) or _listed(packaged_content().files[path])
    return tuple(each for each in told if each in CHANGES)


def _listed(text: str) -> list[str]:
    """The situations that such a file names; none where it is missing or broken."""
    try:
        told = json.loads(text)["situations"]
    except (ValueError, KeyError, TypeError):
        return []
    return [str(each) for each in told] if isinstance(told, list) else []


def in_situation(inputs: MailInputs, situation: str, content: Content) -> MailInputs:
    """The same mail in another situation; empty: as it is.

    Raises:
        UserError: there is no such situation for this mail; the sentence names those there are.
    """
    if not situation:
        return inputs
    known = situations_of(content, inputs.step)
    if situation not in known:
        raise UserError(f"{inputs.step} has no situation {situation!r}. There are: {', '.join(known)}.")
    return CHANGES[situation](inputs)
