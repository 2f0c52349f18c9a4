"""procrastinate with one job per email, in PostgreSQL: `worker`, `prepare`, or `schedule DUE` with ids on stdin."""

import os
import sys
from datetime import UTC, datetime
from uuid import UUID

from procrastinate import App, PsycopgConnector

from tests.bench.peers.mailing import send_one


def app() -> App:
    made = App(connector=PsycopgConnector(conninfo=os.environ["BENCH_JOBS"]))

    @made.task(name="send")
    def send(message_id: str) -> None:
        send_one(UUID(message_id))

    return made


def schedule(due: datetime, message_ids: list[str]) -> None:
    made = app()
    with made.open():
        later = made.configure_task("send", schedule_at=due)
        later.batch_defer(*({"message_id": each} for each in message_ids))


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        app().run_worker(concurrency=4, fetch_job_polling_interval=0.2, install_signal_handlers=False)
    elif sys.argv[1] == "prepare":
        made = app()
        with made.open():
            made.schema_manager.apply_schema()
    else:
        schedule(datetime.fromtimestamp(float(sys.argv[2]), UTC), [line.strip() for line in sys.stdin])
