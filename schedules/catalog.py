"""Reads a sequence from its YAML and names what is wrong: file, line, remedy."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from schedules.codes import CodeUse
from schedules.offers import Named
from schedules.sequence import FURTHEST_COMBINED, TEMPLATES, Sequence
from schedules.yaml_slips import slip_of

PATH = "sequences/post_purchase.yaml"

REMEDIES = {
    "extra_forbidden": ("it is not a setting", "Check its spelling, or remove it."),
    "missing": ("it is missing", "Add it."),
}
"""What pydantic calls some faults, and how we say them."""


class SequenceFault(NamedTuple):
    file: str
    line: int | None
    problem: str
    remedy: str


class NamedThing(NamedTuple):
    """A product id, category, brand or tag that a sequence names, at `place`; `kind` is the list's name there."""

    file: str
    line: int
    place: str
    kind: str
    name: str


class SequenceError(Exception):
    """A sequence is refused as a whole."""

    def __init__(self, faults: list[SequenceFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.file}:{fault.line or 1}: {fault.problem}" for fault in faults))


def load_sequence(files: Mapping[str, str]) -> Sequence:
    """The sequence in a revision's files.

    Raises:
        SequenceError: the file is missing, is no YAML, or a setting is wrong; all faults at once.
    """
    text = files.get(PATH)
    if text is None:
        raise SequenceError([SequenceFault(PATH, None, "the file is missing.", "Put it back.")])
    node, data = _read(text)
    if not isinstance(data, dict):
        problem = "it holds no settings." if data else "it is empty."
        raise SequenceError([SequenceFault(PATH, None, problem, "Put back what stood there: `content diff` shows it.")])
    try:
        return Sequence.model_validate(data)
    except ValidationError as error:
        faults = [_fault(node, problem) for problem in error.errors(include_input=False, include_url=False)]
        raise SequenceError(faults) from error


@lru_cache(maxsize=64)
def parsed_sequence(text: str) -> Sequence:
    """The sequence in a text that was checked when it was published; read once, however many orders go by it."""
    return load_sequence({PATH: text})


def above_ceiling(files: Mapping[str, str], ceiling: Decimal) -> list[SequenceFault]:
    """Codes of a readable sequence that take off more percent than the shop allows; sending would cut them."""
    sequence = load_sequence(files)
    node, _ = _read(files[PATH])
    own = {
        f"steps.{step}.code.{segment.value}": sequence.code.depth(code)
        for step, each in sequence.steps.items()
        for segment, code in each.code.items()
        if code.use is CodeUse.OWN
    }
    depths = {"code": (sequence.code.kind, sequence.code.value)} | own
    raising = "or let the owner raise it: `postpurchase shop set SHOP --discount-ceiling"
    return [
        SequenceFault(
            PATH,
            _line(node, [*place.split("."), "value"]),
            f"{place}: {value} % is more than this shop's ceiling of {ceiling} %.",
            f"Write at most {ceiling}, {raising} {value}`.",
        )
        for place, (kind, value) in depths.items()
        if kind == "percent" and value > ceiling
    ]


def without_effect(files: Mapping[str, str]) -> list[SequenceFault]:
    """Settings of a readable sequence that promise more than is done; what was published with them still works."""
    sequence, most = load_sequence(files), FURTHEST_COMBINED.days
    node, _ = _read(files[PATH])
    faults = []
    if sequence.combine_orders_within > FURTHEST_COMBINED:
        problem = f"combine_orders_within: orders more than {most} days apart are never looked at together."
        line = _line(node, ["combine_orders_within"])
        faults.append(SequenceFault(PATH, line, problem, f"Write at most {most} days."))
    for name, step in sequence.steps.items():
        if step.template != TEMPLATES[name]:
            place = f"steps.{name}.template"
            problem = f"{place}: the mail is made of {TEMPLATES[name]}, whatever stands here."
            remedy = f"Write template: {TEMPLATES[name]}, and change the mail in that folder."
            faults.append(SequenceFault(PATH, _line(node, place.split(".")), problem, remedy))
    return faults


def named_things(files: Mapping[str, str]) -> list[NamedThing]:
    """What a readable sequence names of the catalogue, which nothing here knows."""
    node, _ = _read(files[PATH])
    found = []
    for where in (("code", "never_on"), ("offers", "never"), ("offers", "first")):
        for kind in Named.model_fields:
            listed = _at(node, (*where, kind))
            for each in listed.value if isinstance(listed, yaml.SequenceNode) else ():
                found.append(NamedThing(PATH, _line_of(each), ".".join((*where, kind)), kind, str(each.value)))
    return found


def packaged_sequence() -> Sequence:
    """The sequence that comes with the program."""
    return parsed_sequence((resources.files("schedules") / PATH).read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def _read(text: str) -> tuple[Any, Any]:
    """The tree with its line numbers, and its values, all as text: YAML itself would read 9:00 as the number 540.

    Nobody may change them: each look at a sequence on its way into a revision gets the same.
    """
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        if faults := list(_twice(node)):
            raise SequenceError(faults)
        data = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes text, lists and mappings alone
    except yaml.YAMLError as error:
        raise SequenceError([_syntax_fault(error)]) from error
    except RecursionError as error:
        problem = SequenceFault(PATH, None, "it is nested too deeply.", "Keep to the form of the packaged file.")
        raise SequenceError([problem]) from error
    return node, data


def _twice(node: Any) -> Iterator[SequenceFault]:
    """Settings written twice, of which YAML would silently take the last; and references, which hide a value."""
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, yaml.ScalarNode):
            continue
        if id(each) in seen:
            yield SequenceFault(PATH, _line_of(each), "a part is used twice by reference.", "Write it out.")
            continue
        seen.add(id(each))
        if isinstance(each, yaml.MappingNode):
            yield from _repeated(each)
            waiting += [value for _, value in each.value]
        elif isinstance(each, yaml.SequenceNode):
            waiting += each.value


def _repeated(node: yaml.MappingNode) -> Iterator[SequenceFault]:
    names: set[str] = set()
    for key, _ in node.value:
        name = str(key.value)
        if name in names:
            yield SequenceFault(PATH, _line_of(key), f"{name} is written twice.", "Keep one of the two.")
        names.add(name)


def _syntax_fault(error: yaml.YAMLError) -> SequenceFault:
    line, problem, remedy = slip_of(error)
    return SequenceFault(PATH, line, f"{problem}.", remedy)


def _fault(node: Any, problem: Any) -> SequenceFault:
    words, remedy = REMEDIES.get(problem["type"], (problem["msg"], "Write it as in the packaged file."))
    context = problem.get("ctx", {})
    place = [str(part) for part in problem["loc"] if part != "[key]"] + str(context.get("at", "")).split(".")
    place = [part for part in place if part]
    words = words.replace("Input should", "it should").replace("valid dictionary or instance of", "set of settings, a")
    name = ".".join(place) or "the file"
    return SequenceFault(PATH, _line(node, place), f"{name}: {words}.", str(context.get("remedy", remedy)))


def _line(node: Any, place: list[str]) -> int | None:
    """The line of the deepest part of the place that stands in the file."""
    line = _line_of(node) if node is not None else None
    for part in place:
        if not isinstance(node, yaml.MappingNode):
            break
        pair = next((pair for pair in node.value if pair[0].value == part), None)
        if pair is None:
            break
        line, node = _line_of(pair[0]), pair[1]
    return line


def _at(node: Any, place: tuple[str, ...]) -> Any:
    """The part of the tree that stands there; None: nothing does."""
    for part in place:
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        node = next((value for key, value in pairs if key.value == part), None)
    return node


def _line_of(node: Any) -> int:
    return int(node.start_mark.line) + 1
