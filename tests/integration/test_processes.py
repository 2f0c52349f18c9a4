"""Processes start when they can, say why when they can't, and end cleanly."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from tests.support.processes import Processes, wait_until
from tests.support.servers import free_port, fresh_postgres_database
from worker.bootstrap import Installation, build
from worker.celery import Postpurchase
from worker.embedded import Embedded
from worker.errors import SettingsError
from worker.heartbeats import last_sign_of
from worker.processes import run_beat, run_web, run_worker
from worker.reports.status import signs_of_life
from worker.settings import Settings
from worker.store.migrate import upgrade
from worker.store.session import Database
from worker.threads import BeatThread

UP = """
import sys
from pathlib import Path
from worker.bootstrap import build
from worker.processes import run_up
from worker.settings import Settings
installation = build(Settings(data_dir=Path(sys.argv[1])))
code = run_up(installation, port=int(sys.argv[2]), on_ready=lambda url: print(url, flush=True))
installation.close()
sys.exit(code)
"""


@pytest.mark.parametrize("run", [run_web, run_worker, run_beat])
def test_a_process_of_a_distributed_installation_needs_a_broker(
    run: Callable[[Installation], int], tmp_path: Path
) -> None:
    installation = build(Settings(data_dir=tmp_path))
    with pytest.raises(SettingsError, match="POSTPURCHASE_BROKER_URL"):
        run(installation)


def test_up_with_a_broker_says_what_to_run_instead(tmp_path: Path) -> None:
    installation = build(Settings(data_dir=tmp_path, broker_url=SecretStr("redis://127.0.0.1/0")))
    with pytest.raises(SettingsError, match="unset it"), Embedded(installation):
        pass


def test_a_second_up_in_one_data_folder_is_refused(tmp_path: Path) -> None:
    first, second = (build(Settings(data_dir=tmp_path)) for _ in range(2))
    with Embedded(first, port=0), pytest.raises(SettingsError, match="data folder"), Embedded(second, port=0):
        pass
    first.close()
    second.close()


def test_a_taken_port_is_an_error_with_a_remedy_and_frees_the_folder(tmp_path: Path) -> None:
    first, second = build(Settings(data_dir=tmp_path / "a")), build(Settings(data_dir=tmp_path / "b"))
    with Embedded(first, port=0) as running:
        port = int(running.url.rpartition(":")[2])
        with pytest.raises(SettingsError, match="--port"), Embedded(second, port=port):
            pass
    with Embedded(second, port=0) as again:
        assert again.is_alive
    first.close()
    second.close()


def test_worker_and_beat_of_up_give_signs_of_life(tmp_path: Path) -> None:
    installation = build(Settings(data_dir=tmp_path))
    with Embedded(installation, port=0):
        database = installation.database
        wait_until(lambda: last_sign_of(database, "worker") is not None, "a sign of the worker")
        wait_until(lambda: last_sign_of(database, "beat") is not None, "a sign of the beat")
    with database.read() as session:
        signs = signs_of_life(session, real_now=database.now())
    assert [(sign.is_alive, sign.has_ended) for sign in signs] == [(False, True)] * 2
    installation.close()


def test_a_beat_gives_signs_of_life_where_no_worker_hears_it(tmp_path: Path) -> None:
    installation = build(Settings(data_dir=tmp_path))
    upgrade(installation.database)
    app = Postpurchase(installation)
    beat = BeatThread(app)
    beat.start()
    wait_until(lambda: last_sign_of(installation.database, "beat") is not None, "a sign of the beat")
    beat.ask_to_stop()
    beat.join()
    app.close()
    assert last_sign_of(installation.database, "worker") is None
    installation.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_up_cleanly_and_leaves_only_its_data(number: signal.Signals, tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", UP, str(tmp_path / "var"), str(port)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == f"http://127.0.0.1:{port}"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=10) as reply:
        assert reply.status == 200
    process.send_signal(number)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert "Traceback" not in log
    assert "process.up.stopped" in log
    assert [path.name for path in tmp_path.iterdir()] == ["var"]


@pytest.fixture
def closed_database(postgres_url: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """A migrated database that lets nobody in, and what opens it."""
    with fresh_postgres_database(postgres_url) as url, psycopg.connect(postgres_url, autocommit=True) as admin:
        database = Database(url.replace("postgresql://", "postgresql+psycopg://", 1))
        upgrade(database)
        database.close()
        name = sql.Identifier(url.partition("?")[0].rpartition("/")[2])
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        yield url, lambda: admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


def test_a_process_waits_for_a_database_that_is_not_there_yet_and_a_signal_ends_the_wait(
    closed_database: tuple[str, Callable[[], None]], tmp_path: Path
) -> None:
    url, open_it = closed_database
    settings = {"database_url": url, "broker_url": "redis://127.0.0.1:1/0", "secret_key": "a long random text"}
    processes = Processes(tmp_path, settings | {"log_json": "true"})
    patient, stopped = processes.start("worker"), processes.start("beat")
    waits = "process.database.awaited"
    logs = [tmp_path / "worker-0.log", tmp_path / "beat-1.log"]
    wait_until(lambda: all(waits in log.read_text() for log in logs), "both wait", logs=processes.logs)
    assert processes.stop(stopped) == 0
    open_it()
    wait_until(lambda: "process.worker.started" in processes.logs(), "one has started", logs=processes.logs)
    assert "Traceback" not in processes.logs()
    assert processes.stop(patient) == 0


def test_a_process_that_died_by_itself_keeps_none_of_the_others_running(tmp_path: Path) -> None:
    """Of those that tests fork: else a failure leaves them, and tells of something else."""
    processes = Processes(tmp_path, {}, is_forked=True)
    dead = processes.start("no-such-command")
    assert dead.wait(60) == 2
    left = processes.start("up")
    processes.stop_all()
    assert (left.wait(10), processes.running) == (-signal.SIGKILL, [])
