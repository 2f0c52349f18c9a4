"""Figures as Prometheus reads them. Loaded when somebody asks for them: most installations are never asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from worker.reports.metrics import read_metrics

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


@dataclass(frozen=True, eq=False)  # a registry keeps its collectors in a dict
class _Found(Collector):
    metrics: list[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.metrics


def figures(session: Session, *, now: datetime, real_now: datetime) -> bytes:
    """All metrics in Prometheus' text format. `now` is business time, `real_now` the database's."""
    registry = CollectorRegistry()
    registry.register(_Found(read_metrics(session, now=now, real_now=real_now)))
    return generate_latest(registry)
