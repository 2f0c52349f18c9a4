"""Languages that some mails of a content have and others have not."""

from collections.abc import Mapping

from schedules.catalog import load_sequence
from worker.errors import Fault
from worker.rendering.compiling import ROOT, languages_of


def untranslated(files: Mapping[str, str]) -> list[Fault]:
    """A fault for each language that a mail in use lacks and another one has: no error, but easily forgotten."""
    used = {step.template for step in load_sequence(files).steps.values() if step.enabled}
    languages = {template: languages_of(files, template) for template in sorted(used)}
    known = sorted({language for each in languages.values() for language in each})
    return [
        Fault(
            f"{ROOT}/{template}/texts.{language}.yaml",
            None,
            "this file is missing, and other mails have theirs.",
            f"Until it is there, readers of '{language}' get this mail in another language.",
        )
        for template, there in languages.items()
        for language in known
        if language not in there
    ]
