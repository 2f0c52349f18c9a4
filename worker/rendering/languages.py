"""Languages that some mails of a content have and others have not."""

from collections.abc import Mapping

from schedules.catalog import load_sequence
from worker.errors import Fault
from worker.rendering.compiling import ROOT
from worker.rendering.spoken import first_of, languages_of


def untranslated(files: Mapping[str, str], own: str) -> list[Fault]:
    """A fault for each language that a mail in use lacks and another one has: no error, but easily forgotten.

    `own`: the shop's language; that no mail has it is one too.
    """
    used = {step.template for step in load_sequence(files).steps.values() if step.enabled}
    languages = {template: languages_of(files, template) for template in sorted(used)}
    known = sorted({language for each in languages.values() for language in each})
    remedy = f"Copy each texts.en.yaml to texts.{own}.yaml and translate it; until then mails come in another language."
    foreign = [] if own in known else [Fault(ROOT, None, f"no mail has texts in the shop's language, '{own}'.", remedy)]
    return foreign + [
        Fault(
            f"{ROOT}/{template}/texts.{language}.yaml",
            None,
            "this file is missing, and other mails have theirs.",
            f"Until it is there, readers of '{language}' get this mail in '{first_of(there, own)}'.",
        )
        for template, there in languages.items()
        for language in known
        if language not in there
    ]
