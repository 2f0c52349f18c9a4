"""Names in expressions, followed through the types of `context.py` without running anything."""

import dataclasses
import difflib
import types
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jinja2 import nodes
from markupsafe import Markup

from worker.errors import Fault
from worker.rendering.context import MailContext

_hints = cache(typing.get_type_hints)


def _fields(kind: Any) -> dict[str, Any]:
    return _hints(kind)


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

SHOWN = (None, str, int, Markup)
"""What may stand between {{ and }}; None: it is not followed further."""
NO_PARTS = "It has no parts: write it without."
LOOP = frozenset({"index", "first", "last", "length"})


class Names:
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
        if isinstance(node, nodes.Output):
            self._shown(node, known)
            return
        for child in node.iter_child_nodes():
            self.walk(child, known)

    def _shown(self, node: nodes.Output, known: dict[str, Any]) -> None:
        for child in node.nodes:
            kind = self._type_of(child, known)
            if isinstance(child, nodes.Name | nodes.Getattr) and kind not in SHOWN:
                name = child.name if isinstance(child, nodes.Name) else child.attr
                self._fault(node, f"'{name}' is no text: customers would read how it is stored.", _instead(name, kind))

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
                nothing = NO_PARTS if owner else "Parts are asked of names alone, as in order.number."
                parts = f"There are: {', '.join(sorted(fields))}." if fields else nothing
                self._fault(node, f"'{node.attr}' is unknown here.", parts)
            return None
        return fields[node.attr]

    def _fault(self, node: nodes.Node, problem: str, remedy: str) -> None:
        self.faults.append(Fault(self.path, node.lineno, problem, remedy))


def _instead(name: str, kind: Any) -> str:
    if kind is bool:
        return f"It is yes or no: write {{% if {name} %}}…{{% endif %}}."
    if typing.get_origin(kind) is list:
        return f"Run over it: {{% for each in {name} %}}…{{% endfor %}}."
    return f"Name what you want of it, like {name}.{next(iter(_fields(_without_none(kind))))}."


def _close(name: str, fields: dict[str, Any]) -> str:
    close = difflib.get_close_matches(name, fields)
    return f"Close to it: {', '.join(close)}" if close else f"There are: {', '.join(sorted(fields))}"


def _without_none(kind: Any) -> Any:
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return next(each for each in typing.get_args(kind) if each is not type(None))
    return kind
