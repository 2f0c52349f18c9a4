"""The container installation agrees with the program."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from worker.delivery.smtp_server import parse_server
from worker.settings import PREFIX, Settings, load_settings

ROOT = Path(__file__).parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
OURS = ("web", "worker", "beat")
FILLED = {"POSTGRES_PASSWORD": "x", "POSTPURCHASE_SECRET_KEY": "y" * 40, "POSTPURCHASE_PUBLIC_URL": "https://m.example"}


def _services() -> dict[str, dict[str, Any]]:
    return dict(COMPOSE["services"])


def test_every_service_runs_without_root_and_tells_its_health() -> None:
    assert set(_services()) == {"postgres", "redis", "mailpit", "migrate", *OURS}
    for name, service in _services().items():
        assert service["user"] not in ("0", "root"), name
        assert service["cap_drop"] == ["ALL"], name
        assert service["healthcheck"], name


def test_no_log_of_a_container_grows_until_the_disk_is_full() -> None:
    for name, service in _services().items():
        assert service["logging"]["options"].keys() >= {"max-size", "max-file"}, name


def test_what_must_survive_a_restart_lies_in_volumes() -> None:
    named = {volume.partition(":")[0] for service in _services().values() for volume in service.get("volumes", [])}
    assert named == set(COMPOSE["volumes"])
    assert {"--appendonly", "yes"} <= set(_services()["redis"]["command"])


def test_containers_are_told_settings_that_exist_and_the_example_names_them() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    told = set(_services()["web"]["environment"])
    assert told <= known
    given = {name for value in _services()["web"]["environment"].values() for name in re.findall(r"\$\{(\w+)", value)}
    assert given <= set(re.findall(r"^#?(\w+)=", EXAMPLE, re.MULTILINE))


def test_the_filled_example_is_a_valid_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = [line for line in EXAMPLE.splitlines() if line and not line.startswith("#")]
    for name, _, value in (line.partition("=") for line in lines):
        monkeypatch.setenv(name, value or FILLED.get(name, ""))
    settings = load_settings()
    assert settings.smtp_url is not None
    assert parse_server(settings.smtp_url.get_secret_value()).host in _services()


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_docker_compose_understands_the_file() -> None:
    run = subprocess.run(
        ["docker-compose", "-f", ROOT / "docker-compose.yml", "config", "--quiet"],
        env={"PATH": os.environ["PATH"], **FILLED},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
