"""What is wrong with a revision's content, by file and line, before anybody gets a mail made of it.

Every expression is followed through the types of `context.py`: a name that does not exist there is found without
running anything. Then every template is compiled in each of its languages.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from functools import lru_cache

import yaml
from jinja2 import TemplateSyntaxError

from schedules.catalog import SequenceError, load_sequence, without_effect
from schedules.sequence import TEMPLATES
from worker.errors import ContentError, Fault
from worker.rendering.compiling import (
    LANGUAGE,
    ROOT,
    TAIL,
    WORD,
    compile_mail,
    compile_text,
    line_of_word,
    parsed,
    read_words,
    word_mail,
)
from worker.rendering.jinja_slips import told_of
from worker.rendering.mjml_compiling import KEPT_SOURCES, unclosed
from worker.rendering.named import LOOPED, Names
from worker.rendering.port import Content
from worker.rendering.sandbox import forbidden
from worker.rendering.spoken import languages_of

*NEEDED, OPTIONAL = TEMPLATES.values()
"""Content that was made before this mail came needs none."""
LARGEST_FILE = 100_000
"""Characters; the largest of ours has 5,000."""


def lint(content: Content) -> list[Fault]:
    """Every fault found; empty: the content may be published."""
    faults = [*_too_large(content.files)]
    if faults:
        return faults
    faults += _sequence(content.files)
    for path, text in sorted(content.files.items()):
        faults += _of_file(path, text)
    return faults or list(dict.fromkeys(_compiled(content.files)))  # what mails share is wrong in each of them


@lru_cache(KEPT_SOURCES)
def _of_file(path: str, text: str) -> tuple[Fault, ...]:
    """Those of one file by itself; an edit changes few files, and the others are not looked at again."""
    if path.startswith(ROOT) and path.endswith((".mjml", ".txt")):
        return (*_expressions(path, text), *unclosed(path, text))
    return tuple(_texts(path, text)) if LANGUAGE.search(path) else ()


def _too_large(files: Mapping[str, str]) -> Iterator[Fault]:
    for path, text in sorted(files.items()):
        if len(text) > LARGEST_FILE:
            yield Fault(path, None, f"it is larger than {LARGEST_FILE // 1000} KB.", "A mail is clipped at 102 KB.")


def _sequence(files: Mapping[str, str]) -> Iterator[Fault]:
    try:
        faults = without_effect(files)
    except SequenceError as error:
        faults = list(error.faults)
    yield from (Fault(*fault) for fault in faults)


def _texts(path: str, text: str) -> Iterator[Fault]:
    """Expressions in the texts of one language, found at the line of their text."""
    try:
        words = read_words({path: text}, path.removeprefix(f"{ROOT}/"))
    except ContentError as error:
        yield from error.faults
        return
    yield from _written_twice(text, path)
    for name, word in words.items():
        for fault in _expressions(path, word):
            yield dataclasses.replace(fault, line=line_of_word(text, name))


def _written_twice(text: str, path: str) -> Iterator[Fault]:
    """Names of texts that stand there twice: YAML would silently take the last."""
    seen: set[str] = set()
    tree = yaml.compose(text, Loader=yaml.SafeLoader)
    for key, _ in tree.value if isinstance(tree, yaml.MappingNode) else ():
        if key.value in seen:
            yield Fault(path, key.start_mark.line + 1, f"{key.value} is written twice.", "Keep one of the two.")
        seen.add(key.value)


def _compiled(files: Mapping[str, str]) -> Iterator[Fault]:
    """Compiles each template in each language, formal and not; a language must have all texts.

    The HTML, by far the largest part, in one: texts are the same in the others, and each was looked at by itself.
    """
    is_used = any(step.enabled and step.template == OPTIONAL for step in load_sequence(files).steps.values())
    optional = (OPTIONAL,) if is_used or any(path.startswith(f"{ROOT}/{OPTIONAL}/") for path in files) else ()
    for template in (*NEEDED, *optional):
        languages = languages_of(files, template)
        if not languages:
            yield Fault(f"{ROOT}/{template}", None, "it has no texts.", "Put the folder back, with texts.en.yaml.")
        for language in languages:
            for formal in (False, True):
                try:
                    worded = word_mail(files, template, language, formal=formal)
                    (compile_mail if language == languages[0] else compile_text)(worded)
                except ContentError as error:
                    yield from (
                        dataclasses.replace(fault, problem=f"{fault.problem} ({language})") for fault in error.faults
                    )
                    break


def _expressions(path: str, text: str) -> Iterator[Fault]:
    """Names that no mail has, and expressions that are none."""
    source = WORD.sub("", text)
    names = Names(path)
    if path.endswith(TAIL) or "/components/" in path or LANGUAGE.search(path):
        names.loops = LOOPED
    try:
        tree = parsed(source)
        faults = [Fault(path, line, f"{what}.", "Use the values as they are.") for line, what in forbidden(tree)]
        if not faults:
            names.walk(tree, dict(names.loops))
    except TemplateSyntaxError as error:
        yield Fault(path, error.lineno, *told_of(error))
    except (RecursionError, ValueError):
        yield Fault(path, None, "an expression in it is too long or too deep.", "Make it several.")
    else:
        yield from [*faults, *names.faults]
