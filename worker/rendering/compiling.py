"""From a revision's files to compiled templates: words and includes put in, then MJML and Jinja compiled once.

Jinja runs in a sandbox, escapes what it prints, and refuses names it doesn't know.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

import yaml
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from mjml import mjml_to_html  # type: ignore[import-untyped]  # it ships no types

from worker.errors import ContentError, Fault

ROOT = "email_templates"
INCLUDE = re.compile(r'[ \t]*<mj-include path="(?P<path>[a-z0-9_/.]+)" ?/>')
WORD = re.compile(r"\[\[([a-z_]+)\]\]")
EXPRESSION = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
FORMAL = ".formal"
TAIL = "layouts/tail.txt"

_HTML = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
_TEXT = ImmutableSandboxedEnvironment(
    autoescape=False,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Compiled:
    """One mail in one language, ready to run per recipient."""

    subject: Template
    preheader: Template
    html: Template
    text: Template
    labels: dict[str, str]


def compile_mail(files: Mapping[str, str], template: str, language: str, *, formal: bool) -> Compiled:
    """Compiles a template in a language.

    Raises:
        ContentError: a file or a word is missing, or MJML or Jinja cannot be compiled.
    """
    words = words_of(files, template, language, formal=formal)

    def text(path: str, tail: str = "") -> Template:
        return _jinja(_TEXT, _worded(_source(files, path) + tail, words, path), path)

    return Compiled(
        subject=text(f"{template}/subject.txt"),
        preheader=text(f"{template}/preheader.txt"),
        html=_jinja(_HTML, _body(files, template, words), f"{template}/body.mjml"),
        text=text(f"{template}/body.txt", "\n" + _source(files, TAIL)),
        labels={name: word for name, word in words.items() if name.startswith("label_")},
    )


def languages_of(files: Mapping[str, str], template: str) -> tuple[str, ...]:
    """Languages that a template has texts in."""
    found = re.compile(rf"{ROOT}/{template}/texts\.([a-z]{{2,3}})\.yaml")
    return tuple(sorted(match[1] for path in files if (match := found.fullmatch(path))))


def words_of(files: Mapping[str, str], template: str, language: str, *, formal: bool) -> dict[str, str]:
    """All words of a template in a language: its own over those that all mails share."""
    words: dict[str, str] = {}
    for folder in ("components", template):
        words |= read_words(files, f"{folder}/texts.{language}.yaml")
    plain = {name: word for name, word in words.items() if not name.endswith(FORMAL)}
    if formal:
        plain |= {name.removesuffix(FORMAL): word for name, word in words.items() if name.endswith(FORMAL)}
    return plain


def read_words(files: Mapping[str, str], path: str) -> dict[str, str]:
    try:
        found = yaml.safe_load(_source(files, path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        raise _refused(path, line, "it is no YAML.", "Put each text in double quotes.") from error
    if not isinstance(found, dict) or not all(isinstance(word, str) for word in found.values()):
        raise _refused(path, None, "each line must be a name and a text.", 'Write lines like  headline: "Thank you".')
    return {str(name): word for name, word in found.items()}


def included(files: Mapping[str, str], path: str) -> str:
    """The MJML of a file with what it includes, and what that includes."""
    source = _source(files, path)
    return INCLUDE.sub(lambda match: included(files, match["path"]), source)


def _body(files: Mapping[str, str], template: str, words: Mapping[str, str]) -> str:
    path = f"{template}/body.mjml"
    source = _worded(included(files, path), {name: _escaped(word) for name, word in words.items()}, path)
    try:
        compiled = str(mjml_to_html(StringIO(source)).html)
    except Exception as error:
        raise _refused(path, None, f"it is no MJML ({error}).", "Check that every tag is closed.") from error
    return _slimmed(compiled).replace('lang="und"', 'lang="{{ lang }}"').replace('dir="auto"', 'dir="{{ dir }}"')


def _escaped(word: str) -> str:
    """The word as MJML text; its expressions stay as they are."""
    return "".join(part if part.startswith("{") else html.escape(part, quote=False) for part in EXPRESSION.split(word))


def _slimmed(compiled: str) -> str:
    """Without the indentation that the compiler adds: mails over 102 KB are clipped by Gmail."""
    return re.sub(r"\n\s*", "\n", compiled)


def _worded(source: str, words: Mapping[str, str], path: str) -> str:
    for match in WORD.finditer(source):
        if match[1] not in words:
            line = source.count("\n", 0, match.start()) + 1 if path.endswith(".txt") else None
            raise _refused(path, line, f"the text [[{match[1]}]] is missing.", "Add it to texts.LANGUAGE.yaml.")
    return WORD.sub(lambda match: words[match[1]], source)


def _jinja(environment: ImmutableSandboxedEnvironment, source: str, path: str) -> Template:
    try:
        return environment.from_string(source)
    except Exception as error:
        line = getattr(error, "lineno", None) if not path.endswith(".mjml") else None
        raise _refused(path, line, f"{error}.", "Check the {{ … }} and {% … %} in it.") from error


def _source(files: Mapping[str, str], path: str) -> str:
    found = files.get(f"{ROOT}/{path}")
    if found is None:
        raise _refused(path, None, "the file is missing.", "Put it back.")
    return found


def _refused(path: str, line: int | None, problem: str, remedy: str) -> ContentError:
    return ContentError([Fault(f"{ROOT}/{path}", line, problem, remedy)])


def environments() -> tuple[Any, Any]:
    """The sandboxes for HTML and for plain text, for the linter."""
    return _HTML, _TEXT
