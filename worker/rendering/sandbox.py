"""Where templates run: a sandbox that knows our values, few filters, and no way to grow large from little.

Jinja's own sandbox asks a dozen questions at each attribute. Values of `context.py` are frozen records of plain data:
their fields need none of them. Whatever else a template reaches for still goes through all of them.
"""

import dataclasses
from typing import Any

from jinja2 import Environment, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame, optimizeconst
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from worker.rendering import context

FIELDS: dict[type, frozenset[str]] = {
    kind: frozenset(field.name for field in dataclasses.fields(kind))
    for kind in vars(context).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}
"""Types of values -> the fields that templates may read."""
OWNERS: dict[str, frozenset[type]] = {
    name: frozenset(kind for kind, names in FIELDS.items() if name in names)
    for name in frozenset().union(*FIELDS.values())
}
"""The other way round: fields -> the types of values that have them."""
FILTERS = frozenset(
    {
        *(
            "abs",
            "capitalize",
            "count",
            "d",
            "default",
            "e",
            "escape",
            "first",
            "float",
            "int",
            "join",
            "last",
            "length",
        ),
        *("list", "lower", "max", "min", "reverse", "round", "sort", "string", "sum", "title", "trim"),
        *("truncate", "unique", "upper", "wordcount"),
    }
)
"""What is left out either makes much of little (`center`, `indent`, `format`), or markup of text (`safe`)."""
GROWING = frozenset({"*", "**", "%"})
"""Operators that make a text a million times as long."""


class FieldReader(CodeGenerator):
    """Reads a field of our values where it stands, without a call: a mail reads about a hundred of them."""

    @optimizeconst
    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        if node.attr not in OWNERS:
            super().visit_Getattr(node, frame)
            return
        self.write(f"(owner.{node.attr} if (owner := ")
        self.visit(node.node, frame)
        self.write(f").__class__ in environment.owners[{node.attr!r}]")
        self.write(f" else environment.getattr(owner, {node.attr!r}))")


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja for the templates of shops: unknown names are errors, and nothing but the mail's values can be reached."""

    intercepted_binops = GROWING
    code_generator_class = FieldReader
    owners = OWNERS

    def __init__(self, **options: Any) -> None:
        super().__init__(undefined=StrictUndefined, **options)
        self.globals = {}
        self.filters = {name: filter_ for name, filter_ in self.filters.items() if name in FILTERS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        known = FIELDS.get(type(obj))
        if known is not None and attribute in known:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, int | float) and isinstance(right, int | float) and operator != "**":
            return super().call_binop(context, operator, left, right)
        raise SecurityError(f"'{operator}' may only be used with numbers")


class ShopFolder(NodeTransformer):
    """Puts a shop's own values into a template, so that they are worked out once and not per mail."""

    def __init__(self, shop: context.ShopContext) -> None:
        self.shop = shop

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:
        owner = node.node
        if isinstance(owner, nodes.Name) and owner.name == "shop" and node.attr in FIELDS[context.ShopContext]:
            return nodes.Const(getattr(self.shop, node.attr), lineno=node.lineno)
        return self.generic_visit(node)


def folded(environment: Environment, source: str, shop: context.ShopContext | None) -> nodes.Template:
    """The parsed template; with a shop's values in it where one is given."""
    tree = environment.parse(source)
    if shop is not None:
        ShopFolder(shop).visit(tree)
    return tree
