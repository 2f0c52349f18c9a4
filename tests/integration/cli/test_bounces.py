"""`bounces` from files: mailboxes, one report alone, and what is neither."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.integration.cli.conftest import Cli
from tests.support.intake import connected
from tests.support.reports import bounce
from tests.support.shopify import order
from worker.dispatch.service import deliver_batch
from worker.store.models import Attempt
from worker.store.session import Database

FOREIGN = b"From lou@example.com Thu May 14 10:00:00 2026\nSubject: lunch?\n\nAt one?\n"


@pytest.fixture
def attempt(environment: None, database: Database, tmp_path: Path) -> UUID:
    """Of a confirmation that went out."""
    pipeline = connected(database, tmp_path)
    pipeline.plan("orders/create", order(1042, pipeline.now - timedelta(minutes=5)))
    assert deliver_batch(pipeline.installation) == 1
    with database.read() as session:
        return session.scalars(select(Attempt.id)).one()


@pytest.mark.parametrize("raw", [b"id,name\n1,Mia\n", b"\x00\xff\xfe", b"Subject: lunch?\n\nAt one?\n"])
def test_a_file_in_which_no_report_is_found_is_refused(cli: Cli, tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(raw)
    refused, told = cli("bounces", str(path)), cli("bounces", str(path), "--json")
    assert (refused.code, told.code) == (2, 2)
    assert "No report" in refused.err
    assert "orders.csv" in refused.err
    assert (told.document["exit_code"], "No report" in told.document["error"]) == (2, True)


def test_a_folder_that_is_no_maildir_is_refused(cli: Cli, tmp_path: Path) -> None:
    refused = cli("bounces", str(tmp_path))
    assert refused.code == 2
    assert "no Maildir" in refused.err


def test_a_report_alone_in_a_file_is_read(cli: Cli, attempt: UUID, tmp_path: Path) -> None:
    path = tmp_path / "report.eml"
    path.write_bytes(bounce(attempt))
    first, second = (cli("bounces", str(path), "--json").document for _ in range(2))
    assert (first["new"], second["new"], second["known"]) == (1, 0, 1)


def test_a_piped_report_that_cannot_be_stored_is_left_to_the_mail_server(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """75 is what it tries again after; after anything else it gives the report up."""
    monkeypatch.setenv("POSTPURCHASE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    piped = cli("bounces")
    assert (piped.code, "does not answer" in piped.err) == (75, True)
    assert cli("bounces", "--json").document["exit_code"] == 75
    monkeypatch.setenv("POSTPURCHASE_DATABASE_URL", "nonsense")
    assert cli("bounces").code == 75
    (tmp_path / "mbox").write_bytes(FOREIGN)
    assert cli("bounces", str(tmp_path / "mbox")).code == 2


@pytest.mark.parametrize(("raw", "foreign"), [(b"", 0), (FOREIGN, 1)])
def test_a_mailbox_without_reports_is_as_it_should_be(cli: Cli, tmp_path: Path, raw: bytes, foreign: int) -> None:
    path = tmp_path / "mbox"
    path.write_bytes(raw)
    told = cli("bounces", str(path), "--json")
    assert (told.code, told.document["foreign"]) == (0, foreign)
