"""All that can be wrong with content, found before it is published: what it says, and what comes of it."""

import dataclasses
from collections.abc import Iterator

from schedules.sequence import TEMPLATES
from schedules.shop import Role, ShopProfile
from worker.errors import ContentError, Fault
from worker.preview.example import example_inputs
from worker.preview.proofreading import proofread
from worker.preview.situations import in_situation, situations_of
from worker.rendering.as_typed import read_as_typed
from worker.rendering.lint import lint
from worker.rendering.port import Content
from worker.rendering.renderer import Renderer
from worker.rendering.spoken import languages_of


def examine(content: Content, profile: ShopProfile | None = None, *, is_back: bool = False) -> list[Fault]:
    """Every fault found; empty: the content may be published.

    First without running anything; where that finds nothing, each mail is rendered of example data in each language
    and situation, since some expressions can only be worked out then. `profile`: as this shop would look.
    `is_back`: the shop had it before, so it is enough that mails can be made of it.
    """
    typed = () if is_back else read_as_typed(content.files)
    return [*lint(content), *typed] or list(_rehearsed(content, profile, is_back=is_back))


def _rehearsed(content: Content, profile: ShopProfile | None, *, is_back: bool) -> Iterator[Fault]:
    renderer = Renderer()
    for step, template in TEMPLATES.items():
        told: set[str] = set()
        for language in languages_of(content.files, template):
            base = example_inputs(step, role=Role.REPLACE, language=language, profile=profile)
            for situation in ("", *situations_of(content, step)):
                inputs = in_situation(base, situation, content)
                try:
                    mail = renderer.render(content, inputs)
                    found = [] if is_back else [*proofread(mail, inputs)]
                except ContentError as error:
                    found = [*error.faults]
                where = ", ".join((language, *([situation] if situation else [])))
                faults = [fault for fault in found if fault.problem not in told]
                told |= {fault.problem for fault in faults}
                yield from (dataclasses.replace(each, problem=f"{each.problem} ({where})") for each in faults)
