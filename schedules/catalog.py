"""Reads a sequence from its YAML and names what is wrong: file, line, remedy."""

from collections.abc import Mapping
from importlib import resources
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from schedules.sequence import Sequence

PATH = "sequences/post_purchase.yaml"


class SequenceFault(NamedTuple):
    file: str
    line: int | None
    problem: str
    remedy: str


class SequenceError(Exception):
    """A sequence is refused as a whole."""

    def __init__(self, faults: list[SequenceFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.file}:{fault.line or 1}: {fault.problem}" for fault in faults))


def load_sequence(files: Mapping[str, str]) -> Sequence:
    """The sequence in a revision's files.

    Raises:
        SequenceError: the file is missing, is no YAML, or a setting is wrong.
    """
    text = files.get(PATH)
    if text is None:
        raise SequenceError([SequenceFault(PATH, None, "the file is missing.", "Put it back.")])
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SequenceError([_syntax_fault(error)]) from error
    try:
        return Sequence.model_validate(data)
    except ValidationError as error:
        raise SequenceError([_fault(node, problem) for problem in error.errors(include_input=False)]) from error


def packaged_sequence() -> Sequence:
    """The sequence that comes with the program."""
    path = resources.files("schedules") / PATH
    return load_sequence({PATH: path.read_text(encoding="utf-8")})


def _syntax_fault(error: yaml.YAMLError) -> SequenceFault:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it is no YAML"
    return SequenceFault(PATH, mark.line + 1 if mark else None, f"{problem}.", "Check indentation, quotes and colons.")


def _fault(node: Any, problem: Any) -> SequenceFault:
    place = [str(part) for part in problem["loc"] if part not in ("[key]",)]
    name = ".".join(place) or "the file"
    line = _line(node, place)
    if problem["type"] == "extra_forbidden":
        return SequenceFault(PATH, line, f"{name} is not a setting.", "Check its spelling, or remove it.")
    if problem["type"] == "missing":
        return SequenceFault(PATH, line, f"{name} is missing.", "Add it.")
    text = str(problem["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return SequenceFault(PATH, line, f"{name}: {text}.", "")


def _line(node: Any, place: list[str]) -> int | None:
    """The line of the deepest part of the place that stands in the file."""
    line = node.start_mark.line + 1 if node is not None else None
    for part in place:
        if not isinstance(node, yaml.MappingNode):
            break
        pair = next((pair for pair in node.value if pair[0].value == part), None)
        if pair is None:
            break
        line, node = pair[0].start_mark.line + 1, pair[1]
    return line
