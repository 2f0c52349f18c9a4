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


def test_smtp_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="POSTPURCHASE_SENDGRID_API_KEY"):
        _chosen(tmp_path, smtp_url="smtp://localhost")
