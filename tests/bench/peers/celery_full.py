"""Celery with one `eta` task per email, over Redis: `worker`, `prepare`, or `schedule DUE` with ids on stdin."""

import os
import sys
from datetime import UTC, datetime
from uuid import UUID

from celery import Celery

from tests.bench.peers.mailing import send_one

app = Celery("peer", broker=os.environ["BENCH_BROKER"])
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=100)


@app.task
def send(message_id: str) -> None:
    send_one(UUID(message_id))


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        app.worker_main(["worker", "--concurrency", "4", "--loglevel", "ERROR", "--without-mingle", "--without-gossip"])
    elif sys.argv[1] == "schedule":
        due = datetime.fromtimestamp(float(sys.argv[2]), UTC)
        for line in sys.stdin:
            send.apply_async((line.strip(),), eta=due)
