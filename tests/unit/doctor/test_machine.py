"""What `doctor` makes of settings and machine."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from worker.doctor import machine
from worker.doctor.checks import Level
from worker.doctor.service import worst
from worker.settings import ClockMode, Settings

KEY = "SG." + "a" * 22 + "." + "b" * 43


def _settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


@pytest.mark.parametrize(
    ("free", "level"), [(5_000_000_000, Level.OK), (500_000_000, Level.WARN), (50_000_000, Level.FAIL)]
)
def test_a_full_disk_is_said_before_it_refuses_webhooks(
    free: int, level: Level, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=free))
    assert machine.check_disk(_settings(data_dir=tmp_path / "var")).level is level


@pytest.mark.parametrize(
    ("written", "mode", "levels"),
    [
        ("POSTPURCHASE_SECRET_KEY=hush", 0o644, [Level.WARN]),
        ("POSTPURCHASE_SENDGRID_API_KEY=SG.hush", 0o640, []),
        ("POSTPURCHASE_SENDGRID_API_KEY=\nPOSTPURCHASE_SECRET_KEY_FILE=/run/key", 0o644, []),
        ("POSTPURCHASE_PUBLIC_URL=https://mail.example.com", 0o644, []),
    ],
)
def test_secrets_in_a_file_that_every_user_can_read_are_warned_of(
    written: str, mode: int, levels: list[Level], tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    Path(".env").write_text(written)
    Path(".env").chmod(mode)
    checks = machine.check_dotenv()
    assert [check.level for check in checks] == levels
    assert "hush" not in "".join(check.text + check.remedy for check in checks)


@pytest.mark.parametrize(
    ("keys", "level"), [("k" * 40, Level.OK), ("k" * 40 + ",short", Level.WARN), ("k" * 40 + ",", Level.FAIL)]
)
def test_a_secret_key_is_judged_without_being_shown(keys: str, level: Level) -> None:
    check = machine.check_key(_settings(secret_key=SecretStr(keys)))
    assert check.level is level
    assert "kkk" not in check.text + check.remedy


def test_a_secret_key_may_be_unset_in_embedded_mode_alone() -> None:
    embedded = machine.check_key(_settings())
    distributed = machine.check_key(_settings(broker_url=SecretStr("redis://localhost")))
    assert (embedded.level, distributed.level) == (Level.OK, Level.FAIL)


def test_a_secret_key_that_is_not_made_yet_is_not_said_to_be_there(tmp_path: Path) -> None:
    before = machine.check_key(_settings(data_dir=tmp_path)).text
    (tmp_path / "secret.key").write_text("k" * 40, encoding="utf-8")
    after = machine.check_key(_settings(data_dir=tmp_path)).text
    assert "is made" in before
    assert "no backup holds it" in after


@pytest.mark.parametrize(("key", "level"), [(KEY, Level.OK), ("SG.half", Level.FAIL), ("key-123", Level.FAIL)])
def test_a_sendgrid_key_must_look_like_one(key: str, level: Level) -> None:
    settings = _settings(sendgrid_api_key=SecretStr(key), public_url="https://mail.northkettle.example")
    first, *_ = machine.check_provider(settings)
    assert first.level is level
    assert key not in first.text + first.remedy


def test_a_simulator_takes_any_key() -> None:
    settings = _settings(sendgrid_api_key=SecretStr("x"), sendgrid_base_url="http://127.0.0.1:9")
    assert machine.check_provider(settings)[0].level is Level.OK


def test_test_mode_is_never_forgotten() -> None:
    checks = machine.check_provider(_settings(redirect_all_to="me@northkettle.example"))
    assert [check.name for check in checks] == ["provider", "test mode"]


@pytest.mark.parametrize(
    ("url", "level"),
    [
        ("https://mail.northkettle.example", Level.OK),
        ("http://127.0.0.1:8000", Level.WARN),
        ("http://mail.northkettle.example", Level.FAIL),
        ("https://:443", Level.FAIL),
    ],
)
def test_links_in_mails_must_be_reachable_over_https(url: str, level: Level) -> None:
    assert machine.check_public_url(_settings(public_url=url)).level is level


def test_a_simulated_clock_is_said() -> None:
    assert machine.check_clock(_settings(clock=ClockMode.SIMULATED)).level is Level.WARN


def test_the_worst_answer_counts() -> None:
    fine, warned = machine.check_clock(_settings()), machine.check_clock(_settings(clock=ClockMode.SIMULATED))
    assert worst([fine]) is Level.OK
    assert worst([fine, warned]) is Level.WARN
