"""What is wrong with a revision's content, by file and line, before anybody gets a mail made of it.

Every expression is followed through the types of `context.py`: a name that does not exist there is found without
running anything. Then every template is compiled in each of its languages.
"""

import dataclasses
import difflib
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from jinja2 import TemplateSyntaxError, nodes

from schedules.catalog import SequenceError, without_effect
from schedules.sequence import TEMPLATES
from worker.errors import ContentError, Fault
from worker.rendering.compiling import (
    LANGUAGE,
    ROOT,
    TAIL,
    WORD,
    compile_mail,
    languages_of,
    line_of_word,
    parsed,
    read_words,
    word_mail,
)
from worker.rendering.context import MailContext
from worker.rendering.jinja_slips import told_of
from worker.rendering.mjml_compiling import unclosed
from worker.rendering.port import Content
from worker.rendering.sandbox import forbidden

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
        if path.startswith(ROOT) and path.endswith((".mjml", ".txt")):
            faults += [*_expressions(path, text), *unclosed(path, text)]
        elif LANGUAGE.search(path):
            faults += _texts(content.files, path)
    return faults or list(dict.fromkeys(_compiled(content.files)))  # what mails share is wrong in each of them


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


def _texts(files: Mapping[str, str], path: str) -> Iterator[Fault]:
    """Expressions in the texts of one language, found at the line of their text."""
    try:
        words = read_words(files, path.removeprefix(f"{ROOT}/"))
    except ContentError as error:
        yield from error.faults
        return
    yield from _written_twice(files[path], path)
    for name, word in words.items():
        for fault in _expressions(path, word):
            yield dataclasses.replace(fault, line=line_of_word(files[path], name))


def _written_twice(text: str, path: str) -> Iterator[Fault]:
    """Names of texts that stand there twice: YAML would silently take the last."""
    seen: set[str] = set()
    tree = yaml.compose(text, Loader=yaml.SafeLoader)
    for key, _ in tree.value if isinstance(tree, yaml.MappingNode) else ():
        if key.value in seen:
            yield Fault(path, key.start_mark.line + 1, f"{key.value} is written twice.", "Keep one of the two.")
        seen.add(key.value)


def _compiled(files: Mapping[str, str]) -> Iterator[Fault]:
    """Compiles each template in each language, formal and not; a language must have all texts."""
    optional = (OPTIONAL,) if any(path.startswith(f"{ROOT}/{OPTIONAL}/") for path in files) else ()
    for template in (*NEEDED, *optional):
        languages = languages_of(files, template)
        if not languages:
            yield Fault(f"{ROOT}/{template}", None, "it has no texts.", "Add texts.en.yaml.")
        for language in languages:
            for formal in (False, True):
                try:
                    compile_mail(word_mail(files, template, language, formal=formal))
                except ContentError as error:
                    yield from (
                        dataclasses.replace(fault, problem=f"{fault.problem} ({language})") for fault in error.faults
                    )
                    break


def _expressions(path: str, text: str) -> Iterator[Fault]:
    """Names that no mail has, and expressions that are none."""
    source = WORD.sub("", text)
    names = _Names(path)
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


def _fields(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


ITEMS = {
    name: typing.get_args(kind)[0] for name, kind in _fields(MailContext).items() if typing.get_origin(kind) is list
}
"""Lists of a mail -> the type of what is in them."""
LOOPED: dict[str, Any] = {"line": ITEMS["lines"], "card": ITEMS["cards"], "row": ITEMS["totals"], "tip": ITEMS["tips"]}
"""Loop variables that texts and components may use inside the loops of the mails."""


def _lists_in(owners: Mapping[str, Any]) -> Iterator[str]:
    for owner, kind in owners.items():
        fields = _fields(kind) if dataclasses.is_dataclass(kind) else {}
        yield from (f"{owner}.{name}" for name, each in fields.items() if typing.get_origin(each) is list)


LISTS = (*ITEMS, *_lists_in(_fields(MailContext)), *_lists_in(LOOPED))
"""What a loop may run over, as templates write it."""

LOOP = frozenset({"index", "first", "last", "length"})


class _Names:
    """Follows every name and attribute through the types of the context."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.loops: dict[str, Any] = {}

    def walk(self, node: nodes.Node, known: dict[str, Any]) -> None:
        if isinstance(node, nodes.For):
            self._loop(node, known)
            return
        if isinstance(node, nodes.Getattr | nodes.Name):
            self._type_of(node, known)
            return
        if isinstance(node, nodes.Call):
            self._fault(node, "a text calls a function, which it may not.", "Use the values as they are.")
            return
        if isinstance(node, nodes.Mul | nodes.Mod) and str in (
            self._type_of(node.left, known),
            self._type_of(node.right, known),
        ):
            self._fault(node, f"'{node.operator}' is used with a text.", "It works with numbers alone.")
            return
        for child in node.iter_child_nodes():
            self.walk(child, known)

    def _loop(self, node: nodes.For, known: dict[str, Any]) -> None:
        kind = self._type_of(node.iter, known)
        if typing.get_origin(kind) is not list:
            self._fault(
                node, "a loop runs over something that is no list of the mail.", f"Lists are: {', '.join(LISTS)}."
            )
            return
        assert isinstance(node.target, nodes.Name), "lists of a mail are looped with one name"
        inner = known | {node.target.name: typing.get_args(kind)[0], "loop": None}
        for child in [*node.body, *node.else_]:
            self.walk(child, inner)

    def _type_of(self, node: nodes.Node, known: dict[str, Any]) -> Any:
        """The type of a name or attribute; None when it is not followed further."""
        if isinstance(node, nodes.Name):
            if node.name in known:
                return known[node.name]
            fields = _fields(MailContext)
            if node.name not in fields:
                self._fault(node, f"'{node.name}' is unknown.", f"{_close(node.name, fields)}.")
                return None
            return fields[node.name]
        if isinstance(node, nodes.Getattr):
            return self._attribute(node, known)
        if isinstance(node, nodes.Const | nodes.Concat):
            return type(node.value) if isinstance(node, nodes.Const) else str
        self.walk(node, known)
        return None

    def _attribute(self, node: nodes.Getattr, known: dict[str, Any]) -> Any:
        if isinstance(node.node, nodes.Name) and node.node.name == "loop" and node.attr in LOOP:
            return None
        before = len(self.faults)
        owner = _without_none(self._type_of(node.node, known))
        fields = _fields(owner) if dataclasses.is_dataclass(owner) else {}
        if node.attr not in fields:
            if len(self.faults) == before:
                parts = f"There are: {', '.join(sorted(fields))}." if fields else "It has no parts: write it without."
                self._fault(node, f"'{node.attr}' is unknown here.", parts)
            return None
        return fields[node.attr]

    def _fault(self, node: nodes.Node, problem: str, remedy: str) -> None:
        self.faults.append(Fault(self.path, node.lineno, problem, remedy))


def _close(name: str, fields: dict[str, Any]) -> str:
    close = difflib.get_close_matches(name, fields)
    return f"Close to it: {', '.join(close)}" if close else f"There are: {', '.join(sorted(fields))}"


def _without_none(kind: Any) -> Any:
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return next(each for each in typing.get_args(kind) if each is not type(None))
    return kind
