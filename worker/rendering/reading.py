"""How templates are compiled: what is known of our values by then is not asked again at each mail.

Every value that a template sees is a field of a record of `context.py`, and so of a known type.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Any, get_args, get_origin

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame, optimizeconst
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from worker.rendering import context

TYPES: dict[Any, dict[str, Any]] = {
    kind: {field.name: field.type for field in dataclasses.fields(kind)}
    for kind in vars(context).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}
"""Types of records -> the fields that templates may read, with theirs."""
OWNERS: dict[str, frozenset[type]] = {
    name: frozenset(kind for kind, names in TYPES.items() if name in names)
    for name in frozenset().union(*TYPES.values())
}
"""The other way round: fields -> the types of records that have them."""
SPECIAL = re.compile("[&<>'\"]")
"""What `escape` changes."""


class Spreader(NodeTransformer):
    """Makes branches of choices that are put out, and several outputs of joined texts: nothing is made in between."""

    def visit_Output(self, node: nodes.Output) -> list[nodes.Node]:
        parts = (part for child in node.nodes for part in _spread(child))
        return [
            made
            for is_choice, some in groupby(parts, lambda part: isinstance(part, nodes.If))
            for made in (some if is_choice else [nodes.Output(list(some), lineno=node.lineno)])
        ]


def _spread(node: nodes.Node) -> Iterator[nodes.Node]:
    if isinstance(node, nodes.Concat):
        for child in node.nodes:
            yield from _spread(child)
    elif isinstance(node, nodes.CondExpr):
        yield nodes.If(node.test, _branch(node.expr1), [], _branch(node.expr2), lineno=node.lineno)
    else:
        yield node


def _branch(node: nodes.Node | None) -> list[nodes.Node]:
    return Spreader().visit_Output(nodes.Output([node], lineno=node.lineno)) if node is not None else []


class FieldReader(CodeGenerator):
    """Reads and writes fields of our records where they stand, without calls: a mail has about a hundred of them."""

    _looped: Mapping[str, Any] = MappingProxyType({})
    """Names of loops -> the type of what they go through; None: not known."""

    def write_commons(self) -> None:
        super().write_commons()
        self.writeline("special = environment.special")

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        before, name = self._looped, getattr(node.target, "name", "")
        kind = self._kind(node.iter, frame)
        is_known = get_origin(kind) is list and name not in before
        self._looped = {**before, name: get_args(kind)[0] if is_known else None}
        super().visit_For(node, frame)
        self._looped = before

    def visit_Name(self, node: nodes.Name, frame: Frame) -> None:
        if node.ctx == "load" and self._is_of_the_mail(node, frame):
            self.write(frame.symbols.ref(node.name))
        else:
            super().visit_Name(node, frame)

    @optimizeconst
    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        if node.attr in TYPES.get(self._kind(node.node, frame), ()):
            self.visit(node.node, frame)
            self.write(f".{node.attr}")
        elif node.attr in OWNERS:
            self.write(f"(owner.{node.attr} if (owner := ")
            self.visit(node.node, frame)
            self.write(f").__class__ in environment.owners[{node.attr!r}]")
            self.write(f" else environment.getattr(owner, {node.attr!r}))")
        else:
            super().visit_Getattr(node, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        before, _ = self._around(node, frame)
        self.write(before)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        _, after = self._around(node, frame)
        self.write(after)

    def _around(self, node: nodes.Expr, frame: Frame) -> tuple[str, str]:
        """What makes a text of an expression's value. One without special characters, as most are, stays as it is."""
        kind, escapes = self._kind(node, frame), frame.eval_ctx.autoescape
        if kind is Markup or (kind is str and not escapes):
            return "", ""
        if kind is str:
            return "(value if not special(value := ", ") else escape(value))"
        if escapes:
            return "(value if (value := ", ").__class__ is str and not special(value) else escape(value))"
        return "str(", ")"

    def _kind(self, node: nodes.Node, frame: Frame) -> Any:
        """The type of an expression's value; None: not known."""
        if isinstance(node, nodes.Name):
            return (
                TYPES[context.MailContext].get(node.name)
                if self._is_of_the_mail(node, frame)
                else self._looped.get(node.name)
            )
        if isinstance(node, nodes.Getattr):
            return TYPES.get(self._kind(node.node, frame), {}).get(node.attr)
        return None

    @staticmethod
    def _is_of_the_mail(node: nodes.Name, frame: Frame) -> bool:
        """Whether it names a value of the mail; those are never missing, and no loop has taken the name."""
        return node.name in TYPES[context.MailContext] and frame.symbols.ref(node.name) == f"l_0_{node.name}"
