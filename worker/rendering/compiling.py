"""From a revision's files to compiled templates: words and includes put in, then MJML and Jinja compiled once.

MJML is compiled once for all languages; with the words of one in it, it is Jinja, compiled for each shop.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import yaml
from jinja2 import Template, nodes

from schedules.yaml_slips import slip_of
from worker.errors import ContentError, Fault
from worker.rendering.context import ShopContext
from worker.rendering.formats import RIGHT_TO_LEFT
from worker.rendering.jinja_slips import told_of
from worker.rendering.mjml_compiling import KEPT_SOURCES, html_of, mirrored
from worker.rendering.sandbox import Sandbox, folded
from worker.rendering.spoken import languages_of
from worker.rendering.totals import LABELS

ROOT = "email_templates"
INCLUDE = re.compile(r'(?<![ \t])[ \t]*<mj-include path="(?P<path>[a-z0-9_/.]+)" ?/>')
ANY_INCLUDE = re.compile("mj-include", re.IGNORECASE)
LARGEST_SOURCE = 200_000
"""Characters of one mail's MJML with all that it includes; ours have 10,000."""
LANGUAGE = re.compile(r"texts\.([a-z]{2,3})\.yaml$")
WORD = re.compile(r"\[\[([a-z_]+)\]\]")
EXPRESSION = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
FORMAL = ".formal"
TAIL = "layouts/tail.txt"

_HTML = Sandbox(autoescape=True)
_TEXT = Sandbox(autoescape=False, trim_blocks=True, lstrip_blocks=True)


@dataclass(frozen=True)
class Worded:
    """One mail in one language as Jinja: MJML is HTML already. Each part by the path its faults are told with."""

    subject: tuple[str, str]
    preheader: tuple[str, str]
    html: tuple[str, str]
    text: tuple[str, str]
    labels: dict[str, str]


@dataclass(frozen=True)
class Compiled:
    """One mail in one language, ready to run per recipient."""

    subject: Template
    preheader: Template
    html: Template
    text: Template
    labels: dict[str, str]


def word_mail(files: Mapping[str, str], template: str, language: str, *, formal: bool) -> Worded:
    """Puts words and includes in and compiles the MJML.

    Raises:
        ContentError: a file or a word is missing, or the MJML cannot be compiled.
    """
    words = words_of(files, template, language, formal=formal)
    body, text = f"{template}/body.mjml", f"{template}/body.txt"
    sources = {f"{template}/{name}": _source(files, f"{template}/{name}") for name in ("subject.txt", "preheader.txt")}
    sources |= {body: included(files, body), text: _source(files, text) + "\n" + _source(files, TAIL)}
    if faults := [*_missing(files, sources, words, language)]:
        raise ContentError(faults)

    def told(path: str) -> tuple[str, str]:
        return path, _worded(sources[path], words)

    return Worded(
        subject=told(f"{template}/subject.txt"),
        preheader=told(f"{template}/preheader.txt"),
        html=(body, _html(body, sources[body], words, is_mirrored=language in RIGHT_TO_LEFT)),
        text=told(text),
        labels={name: word for name, word in words.items() if name.startswith("label_")},
    )


def _missing(
    files: Mapping[str, str], sources: Mapping[str, str], words: Mapping[str, str], language: str
) -> Iterator[Fault]:
    """Words that a mail uses and this language has not, each once, with the file that it belongs into."""
    told = set(words)
    for path, source in sources.items():
        for match in WORD.finditer(source):
            if (name := match[1]) not in told:
                told.add(name)
                line = source.count("\n", 0, match.start()) + 1 if path.endswith(".txt") else None
                home = "components" if _has_word(files, "components", name) else path.partition("/")[0]
                remedy = f"Add it to {home}/texts.{language}.yaml."
                yield Fault(f"{ROOT}/{path}", line, f"the text [[{name}]] is missing.", remedy)
    if any("row.label" in source for source in sources.values()):
        home, remedy = f"{ROOT}/components/texts.{language}.yaml", "Add it: customers read it beside a sum."
        yield from (Fault(home, None, f"the text {name} is missing.", remedy) for name in LABELS if name not in told)


def _has_word(files: Mapping[str, str], folder: str, name: str) -> bool:
    return any(name in read_words(files, f"{folder}/texts.{each}.yaml") for each in languages_of(files, folder))


def compile_mail(worded: Worded, shop: ShopContext | None = None) -> Compiled:
    """Compiles the Jinja of a mail, for one shop or for any.

    Raises:
        ContentError: an expression is none.
    """
    return Compiled(
        subject=_jinja(_TEXT, *worded.subject, shop),
        preheader=_jinja(_TEXT, *worded.preheader, shop),
        html=_jinja(_HTML, *worded.html, shop),
        text=_jinja(_TEXT, *worded.text, shop),
        labels=worded.labels,
    )


def compile_text(worded: Worded) -> None:
    """Compiles all but the HTML, for any shop.

    Raises:
        ContentError: an expression is none.
    """
    for part in (worded.subject, worded.preheader, worded.text):
        _jinja(_TEXT, *part, None)


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
        found = yaml_of(_source(files, path))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        line, problem, remedy = slip_of(error)
        raise _refused(path, line, f"{problem}.", remedy) from error
    if not isinstance(found, dict):
        problem = "it holds no texts, of which each is a line with a name."
        raise _refused(path, None, problem, 'Write lines like  headline: "Thank you".')
    if faults := [_no_text(files, path, str(name)) for name, word in found.items() if not isinstance(word, str)]:
        raise ContentError(faults)
    return {str(name): word for name, word in found.items()}


def _no_text(files: Mapping[str, str], path: str, name: str) -> Fault:
    problem, remedy = f"what stands behind {name} is no text.", f'Put it in double quotes: {name}: "…".'
    return Fault(f"{ROOT}/{path}", line_of_word(files[f"{ROOT}/{path}"], name), problem, remedy)


def line_of_word(source: str, name: str) -> int:
    """The line of a file of texts at which one of them begins."""
    lines = enumerate(source.splitlines(), 1)
    return next((number for number, text in lines if text.startswith(f"{name}:")), 1)


@lru_cache(KEPT_SOURCES)
def yaml_of(text: str) -> object:
    """What the YAML says; nobody may change it. Raises whatever YAML raises."""
    return yaml.safe_load(text)


def included(files: Mapping[str, str], path: str) -> str:
    """The MJML of a file with what it includes, and what that includes.

    Raises:
        ContentError: a file is missing or includes itself, or it all becomes too large.
    """
    size = 0

    def read(at: str, above: tuple[str, ...]) -> str:
        nonlocal size
        source = _source(files, at)
        size += len(source)
        if at in above:
            raise _refused(at, None, "it includes itself.", "Take one of the mj-include out.")
        if size > LARGEST_SOURCE:
            problem = f"with all that it includes it has more than {LARGEST_SOURCE // 1000} KB."
            raise _refused(path, None, problem, "Include less.")
        return INCLUDE.sub(lambda match: read(match["path"], (*above, at)), source)

    return read(path, ())


def _html(path: str, source: str, words: Mapping[str, str], *, is_mirrored: bool) -> str:
    """Compiles the MJML once for all languages, then puts the words in."""
    if ANY_INCLUDE.search(source):
        # The MJML compiler would read the file from this machine's disk, whatever it is.
        raise _refused(path, None, "an mj-include is not written as it must be.", 'Write <mj-include path="…" />.')
    if not source.strip():
        raise _refused(path, None, "it is empty.", "Put back what stood there: `content diff` shows it.")
    try:
        compiled = html_of(source)
    except Exception as error:
        raise _refused(path, None, f"it is no MJML ({error}).", "Check that every tag is closed.") from error
    turned = mirrored(compiled) if is_mirrored else compiled
    return _worded(turned, {name: _escaped(word) for name, word in words.items()})


def _escaped(word: str) -> str:
    """The word as text of HTML; its expressions stay as they are."""
    return "".join(part if part.startswith("{") else html.escape(part, quote=False) for part in EXPRESSION.split(word))


def _worded(source: str, words: Mapping[str, str]) -> str:
    return WORD.sub(lambda match: words[match[1]], source)


def _jinja(environment: Sandbox, path: str, source: str, shop: ShopContext | None) -> Template:
    try:
        return template_of(environment, source, shop)
    except Exception as error:
        line = getattr(error, "lineno", None) if not path.endswith(".mjml") else None
        raise _refused(path, line, *told_of(error)) from error


@lru_cache(4 * KEPT_SOURCES)
def template_of(environment: Sandbox, source: str, shop: ShopContext | None) -> Template:
    """The template of this source, for one shop or for any. Raises whatever Jinja raises."""
    return environment.from_string(folded(environment, source, shop))


def _source(files: Mapping[str, str], path: str) -> str:
    found = files.get(f"{ROOT}/{path}")
    if found is None:
        is_text = languages_of(files, path.partition("/")[0]) and "/texts." in path
        remedy = "Copy texts.en.yaml there and translate it." if is_text else "Put it back."
        raise _refused(path, None, "the file is missing.", remedy)
    return found


def _refused(path: str, line: int | None, problem: str, remedy: str) -> ContentError:
    return ContentError([Fault(f"{ROOT}/{path}", line, problem, remedy)])


def parsed(source: str) -> nodes.Template:
    """The syntax tree of a text with expressions.

    Raises:
        TemplateSyntaxError: an expression is none.
    """
    return _TEXT.parse(source)
