"""Commands of a user who may not look into the data folder, which is made for one user alone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Cli

NOBODY = 65534
COMMANDS = [("status",), ("doctor", "--offline", "--json"), ("bounces",)]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def as_somebody_else(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for command in COMMANDS:
        cli(*command)  # imports what it needs, which somebody else may not
    folder = tmp_path / "var"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("POSTPURCHASE_DATA_DIR", str(folder))
    is_root = os.geteuid() == 0  # no mode of a folder stops root
    tmp_path.chmod(0o755)
    if is_root:
        os.seteuid(NOBODY)
    else:
        folder.chmod(0)
    yield
    if is_root:
        os.seteuid(0)
    folder.chmod(0o700)


@pytest.mark.usefixtures("as_somebody_else")
def test_a_command_says_who_may_run_it(cli: Cli) -> None:
    ran = cli("status")
    assert ran.code == 2
    assert "cannot be read by this user" in ran.err
    assert "Run this as the user that runs Postpurchase" in ran.err


@pytest.mark.usefixtures("as_somebody_else")
def test_doctor_says_so_too(cli: Cli) -> None:
    [check] = [each for each in cli("doctor", "--offline", "--json").document["checks"] if each["level"] == "fail"]
    assert check["name"] == "data folder"
    assert "Run this as the user that runs Postpurchase" in check["remedy"]


@pytest.mark.usefixtures("as_somebody_else")
def test_a_report_that_is_piped_in_by_the_wrong_user_is_kept_by_the_mail_server(cli: Cli) -> None:
    assert cli("bounces").code == 75
