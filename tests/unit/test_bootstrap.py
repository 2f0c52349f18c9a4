"""The secret key of an installation."""

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from worker.bootstrap import KEY_FILE, build, secret_keys
from worker.errors import SettingsError
from worker.settings import Settings


def test_the_embedded_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var")
    first, second = secret_keys(settings), secret_keys(settings)
    assert first == second
    assert len(first[0]) > 40
    assert stat.S_IMODE((tmp_path / "var" / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == [KEY_FILE]


def test_keys_are_a_list_newest_first() -> None:
    assert secret_keys(Settings(secret_key=SecretStr("new, old"))) == ("new", "old")


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="empty"):
        secret_keys(Settings(secret_key=SecretStr(" , ")))


def test_a_distributed_installation_needs_a_key() -> None:
    with pytest.raises(SettingsError, match="POSTPURCHASE_SECRET_KEY is unset"):
        secret_keys(Settings(broker_url=SecretStr("redis://localhost")))


def test_the_data_folder_is_made_private_and_only_when_something_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "var"
    installation = build(Settings(data_dir=folder))
    assert not folder.exists()
    installation.database.now()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    installation.close()


def test_the_database_is_private_in_a_folder_that_is_not(tmp_path: Path) -> None:
    """A folder that somebody made, or a volume."""
    folder = tmp_path / "var"
    folder.mkdir()
    folder.chmod(0o755)
    installation = build(Settings(data_dir=folder))
    with installation.database.connection() as connection:
        connection.exec_driver_sql("CREATE TABLE written (id INTEGER)")
        connection.commit()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert set(modes) >= {"postpurchase.db", "postpurchase.db-wal"}
    assert set(modes.values()) == {0o600}
    installation.close()


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    for folder in (tmp_path / "taken", tmp_path / "taken" / "var"):
        installation = build(Settings(data_dir=folder))
        with pytest.raises(SettingsError, match="POSTPURCHASE_DATA_DIR"):
            installation.database.now()
        installation.close()
