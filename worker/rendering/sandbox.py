"""Where templates run: a sandbox that knows our values, few filters, and no way to grow large from little.

A template may show values, choose and loop. It defines nothing and calls nothing, so the work it makes is bounded by
its own length and by the lists of a mail.

Jinja's own sandbox asks a dozen questions at each attribute. Values of `context.py` are frozen records of plain data:
their fields need none of them. Whatever else a template reaches for still goes through all of them.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, nodes, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.filters import do_join, do_round
from jinja2.nodes import EvalContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from worker.rendering import context
from worker.rendering.reading import OWNERS, SPECIAL, TYPES, FieldReader, Spreader

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
LONGEST_VALUE = 300_000
"""Characters, or entries, of what a filter may make."""
MOST_DIGITS = 9
DEEPEST_LOOP = 3
"""Loops within loops; no mail needs more than one."""
MOST_FILTERS = 4
ALLOWED = frozenset(
    {
        *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem),
        *(nodes.For, nodes.If, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand),
        *(nodes.Concat, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos),
        *(nodes.Filter, nodes.Test, nodes.Keyword),
    }
)
NAMED = {
    nodes.Assign: "{% set %}",
    nodes.AssignBlock: "{% set %}",
    nodes.With: "{% with %}",
    nodes.Macro: "{% macro %}",
    nodes.CallBlock: "{% call %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.Block: "{% block %}",
    nodes.Include: "{% include %}",
    nodes.Import: "{% import %}",
    nodes.FromImport: "{% from %}",
    nodes.Extends: "{% extends %}",
    nodes.ScopedEvalContextModifier: "{% autoescape %}",
    nodes.Pow: "**",
    nodes.List: "a list of its own",
    nodes.Dict: "a table of its own",
}
"""How people know what is not allowed."""
GROWING = frozenset({"*", "**", "%"})
"""Operators that make a text a million times as long."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja for the templates of shops: unknown names are errors, and nothing but the mail's values can be reached."""

    intercepted_binops = GROWING
    code_generator_class = FieldReader
    owners = OWNERS
    special = SPECIAL.search

    def __init__(self, **options: Any) -> None:
        super().__init__(undefined=StrictUndefined, **options)
        self.globals = {}
        self.filters = {name: _bounded(filter_) for name, filter_ in self.filters.items() if name in FILTERS}
        self.filters |= {"join": _join, "round": _round}

    def getattr(self, obj: Any, attribute: str) -> Any:
        if attribute in TYPES.get(type(obj), ()):
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
        if isinstance(owner, nodes.Name) and owner.name == "shop" and node.attr in TYPES[context.ShopContext]:
            return nodes.Const(getattr(self.shop, node.attr), lineno=node.lineno)
        return self.generic_visit(node)


def folded(environment: Environment, source: str, shop: context.ShopContext | None) -> nodes.Template:
    """The parsed template; with a shop's values in it where one is given.

    Raises:
        TemplateSyntaxError: it is none, or does what no template of a mail may.
    """
    tree = environment.parse(source)
    for line, problem in forbidden(tree):
        raise TemplateSyntaxError(problem, line)
    if shop is not None:
        ShopFolder(shop).visit(tree)
    Spreader().visit(tree)
    return tree


def forbidden(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """What no template of a mail may do: line and words."""
    left: list[tuple[nodes.Node, int, int]] = [(tree, 0, 0)]
    while left:
        node, loops, filters = left.pop()
        loops, filters = loops + isinstance(node, nodes.For), filters + isinstance(node, nodes.Filter)
        problem = _problem(node, loops, filters)
        if problem:
            yield node.lineno, problem
        else:
            left += [(child, loops, filters) for child in node.iter_child_nodes()]


def _problem(node: nodes.Node, loops: int, filters: int) -> str:
    if isinstance(node, nodes.Call):
        return "it calls a function, which no mail may"
    if type(node) not in ALLOWED:
        return f"{NAMED.get(type(node), type(node).__name__)} may not be used in a mail"
    if loops > DEEPEST_LOOP:
        return f"more than {DEEPEST_LOOP} loops within each other"
    if filters > MOST_FILTERS:
        return f"more than {MOST_FILTERS} filters on each other"
    if isinstance(node, nodes.Getitem) and not (isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, int)):
        return "in square brackets may only stand a number"
    return ""


def _bounded(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, for values that stay small."""

    @wraps(filter_)
    def run(*given: Any, **named: Any) -> Any:
        made = filter_(*given, **named)
        if isinstance(made, str | list) and len(made) > LONGEST_VALUE:
            raise SecurityError("a filter makes too much of it")
        return made

    return run


@pass_eval_context
def _join(eval_ctx: EvalContext, value: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
    """Jinja's `join`, where what comes of it stays small."""
    texts = list(value)
    if sum(len(str(text)) for text in texts) + len(texts) * len(str(d)) > LONGEST_VALUE:
        raise SecurityError("a filter makes too much of it")
    joined: str = do_join(eval_ctx, texts, d, attribute)
    return joined


def _round(value: float, precision: int = 0, method: Any = "common") -> float:
    """Jinja's `round`, to few digits: it counts with 10 to the power of them."""
    if abs(precision) > MOST_DIGITS:
        raise SecurityError(f"numbers are rounded to {MOST_DIGITS} digits at most")
    return do_round(value, precision, method)
