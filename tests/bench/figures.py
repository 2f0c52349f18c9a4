"""What a benchmark says: a value beside its baseline of the same run, its limit, and what it must reach."""

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured value.

    `ratio`: value over baseline, measured in the same run. `limit_share`: how much of what this machine can do at all.
    `met`: "aim", "must" or "missed"; empty for figures that only inform.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    limit_share: float | None = None
    must: str = ""
    aim: str = ""
    met: str = ""

    def row(self) -> dict[str, Any]:
        return asdict(self)


def judged(
    *,
    name: str,
    value: float,
    unit: str,
    must: Callable[[float, float], bool] | None = None,
    aim: Callable[[float, float], bool] | None = None,
    must_says: str = "",
    aim_says: str = "",
    baseline: float | None = None,
    limit: float | None = None,
) -> Figure:
    """A figure with its judgement: `must` and `aim` are asked with the value and its ratio to the baseline."""
    ratio = value / baseline if baseline else 0.0
    met = ""
    if must is not None:
        met = "must" if must(value, ratio) else "missed"
    if aim is not None and met != "missed" and aim(value, ratio):
        met = "aim"
    return Figure(
        name=name,
        value=value,
        unit=unit,
        baseline=baseline,
        ratio=ratio if baseline else None,
        limit_share=value / limit if limit else None,
        must=must_says,
        aim=aim_says,
        met=met,
    )


def median_of(measure: Callable[[], float], times: int = 5) -> float:
    """The median of several measurements: machines are shared and noisy."""
    return statistics.median(measure() for _ in range(times))


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of all lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
