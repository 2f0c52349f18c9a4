"""procrastinate with one job per email, in PostgreSQL itself: `worker`, or `schedule DUE` with the ids on stdin."""

import os
import sys
from datetime import UTC, datetime
from uuid import UUID

from procrastinate import App, PsycopgConnector

from tests.bench.peers.mailing import send_one

app = App(connector=PsycopgConnector(conninfo=os.environ["BENCH_JOBS"]))


@app.task(name="send")
def send(message_id: str) -> None:
    send_one(UUID(message_id))


def schedule(due: datetime, message_ids: list[str]) -> None:
    with app.replace_connector(app.connector.get_sync_connector()).open() as opened:
        opened.schema_manager.apply_schema()
        send.configure(schedule_at=due).batch_defer(*({"message_id": each} for each in message_ids))


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        app.run_worker(concurrency=4, fetch_job_polling_interval=0.2, install_signal_handlers=False)
    else:
        schedule(datetime.fromtimestamp(float(sys.argv[2]), UTC), [line.strip() for line in sys.stdin])
