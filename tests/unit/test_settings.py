"""Settings: what is refused, with which sentence."""

from pathlib import Path

import pytest

from worker.errors import SettingsError
from worker.settings import load_settings


def test_nothing_set_is_the_embedded_default() -> None:
    settings = load_settings()
    assert settings.is_embedded
    assert not settings.has_provider
    assert settings.sqlalchemy_url == "sqlite:///var/postpurchase.db"


def test_an_empty_setting_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_BROKER_URL", "")
    assert load_settings().is_embedded


def test_two_providers_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "key")
    monkeypatch.setenv("POSTPURCHASE_SMTP_URL", "smtp://localhost")
    with pytest.raises(SettingsError, match="keep one"):
        load_settings()


def test_a_simulated_clock_never_meets_the_real_sendgrid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "key")
    monkeypatch.setenv("POSTPURCHASE_CLOCK", "simulated")
    with pytest.raises(SettingsError, match="invented times"):
        load_settings()


def test_links_in_real_mails_are_https(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "key")
    monkeypatch.setenv("POSTPURCHASE_PUBLIC_URL", "http://mail.example.com")
    with pytest.raises(SettingsError, match="https://"):
        load_settings()


def test_a_secret_is_read_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("sealed\n")
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY_FILE", str(path))
    key = load_settings().secret_key
    assert key is not None
    assert key.get_secret_value() == "sealed"


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY_FILE", "/nowhere/key")
    with pytest.raises(SettingsError, match="POSTPURCHASE_SECRET_KEY_FILE names /nowhere/key"):
        load_settings()


def test_a_wrong_value_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_CLOCK", "soon")
    with pytest.raises(SettingsError, match="POSTPURCHASE_CLOCK") as caught:
        load_settings()
    assert "soon" not in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "value", "remedy"),
    [
        ("REDIRECT_ALL_TO", "you", "no email address"),
        ("DATABASE_URL", "mysql://user:hush@db/postpurchase", "postgresql://"),
    ],
)
def test_what_would_only_fail_later_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, remedy: str
) -> None:
    monkeypatch.setenv(f"POSTPURCHASE_{setting}", value)
    with pytest.raises(SettingsError, match=remedy) as refused:
        load_settings()
    assert "hush" not in str(refused.value)
