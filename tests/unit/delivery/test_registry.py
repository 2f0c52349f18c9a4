"""Which provider the settings choose."""

from pathlib import Path

import pytest

from worker.clock import Clock
from worker.delivery.port import Provider
from worker.delivery.registry import choose_provider
from worker.errors import SettingsError
from worker.settings import Settings
from worker.store.session import Database


def _chosen(tmp_path: Path, **values: str) -> Provider:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    return choose_provider(Settings(public_url="https://mail.northkettle.example", **values), database, Clock(database))


def test_a_sendgrid_key_chooses_sendgrid(tmp_path: Path) -> None:
    assert _chosen(tmp_path, sendgrid_api_key="SG.x").name == "sendgrid"


def test_unknown_attempts_wait_for_evidence_only_where_events_can_be_verified(tmp_path: Path) -> None:
    assert not _chosen(tmp_path, sendgrid_api_key="SG.x").can_reconcile
    assert _chosen(tmp_path, sendgrid_api_key="SG.x", sendgrid_event_public_key="MFk").can_reconcile


def test_an_smtp_url_chooses_smtp_which_never_hears_what_became_of_a_mail(tmp_path: Path) -> None:
    provider = _chosen(tmp_path, smtp_url="smtp://localhost")
    assert (provider.name, provider.can_reconcile) == ("smtp", False)


def test_an_smtp_url_that_names_no_server_is_refused_with_its_form(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="must look like smtp://"):
        _chosen(tmp_path, smtp_url="localhost:25")
