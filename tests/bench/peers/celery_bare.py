"""What people would use instead: Celery with one `eta` task per email, Jinja per mail, sendgrid's client, a row each.

`worker`, or `schedule FIRST COUNT DUE`; the environment says where broker, door and orders are.
"""

import os
import sqlite3
import sys
from datetime import UTC, datetime

import sendgrid
from celery import Celery
from sendgrid.helpers.mail import CustomArg, Mail

from worker.demo.situations import example
from worker.rendering.builder import Builder
from worker.rendering.compiling import compile_mail, word_mail
from worker.rendering.shops import shop_context
from worker.store.content import packaged_content

TABLE = "CREATE TABLE IF NOT EXISTS orders (number INTEGER PRIMARY KEY, address TEXT, sent INTEGER DEFAULT 0)"

app = Celery("peer", broker=os.environ["BENCH_BROKER"])
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=100)
_made = compile_mail(word_mail(packaged_content().files, "order_confirmation", "en", formal=False))
_client = sendgrid.SendGridAPIClient("SG.bench", host=os.environ["BENCH_DOOR"])


@app.task
def send(number: int) -> None:
    with sqlite3.connect(os.environ["BENCH_DB"], timeout=60) as database:
        [address] = database.execute("SELECT address FROM orders WHERE number = ?", (number,)).fetchone()
    inputs = example("confirmation")
    context = vars(Builder(inputs, "en", _made.labels, shop_context(inputs.shop)).build())
    mail = Mail(
        from_email="orders@mail.northkettle.example",
        to_emails=address,
        subject=_made.subject.render(context),
        html_content=_made.html.render(context),
        plain_text_content=_made.text.render(context),
    )
    mail.add_custom_arg(CustomArg("message", f"{number:036d}"))
    _client.send(mail)
    with sqlite3.connect(os.environ["BENCH_DB"], timeout=60) as database:
        database.execute("UPDATE orders SET sent = 1 WHERE number = ?", (number,))


def schedule(first: int, count: int, due: datetime) -> None:
    with sqlite3.connect(os.environ["BENCH_DB"]) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(TABLE)
        rows = [(number, f"m{number}@example.com") for number in range(first, first + count)]
        database.executemany("INSERT INTO orders (number, address) VALUES (?, ?)", rows)
    for number in range(first, first + count):
        send.apply_async((number,), eta=due)


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        app.worker_main(["worker", "--concurrency", "2", "--loglevel", "ERROR", "--without-mingle", "--without-gossip"])
    else:
        schedule(int(sys.argv[2]), int(sys.argv[3]), datetime.fromtimestamp(float(sys.argv[4]), UTC))
