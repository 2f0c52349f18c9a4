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


@pytest.mark.parametrize(
    "url",
    [
        "https://api.eu.sendgrid.com",
        "https://API.SendGrid.com",
        "https://api.sendgrid.com:443",
        "http://api.sendgrid.com",
        "https://api.sendgrid.com./",
    ],
)
def test_sendgrid_is_known_by_its_host_however_its_address_is_written(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "key")
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_BASE_URL", url)
    monkeypatch.setenv("POSTPURCHASE_CLOCK", "simulated")
    with pytest.raises(SettingsError, match="invented times"):
        load_settings()


def test_a_simulated_clock_may_meet_a_stand_in_for_sendgrid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "key")
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_BASE_URL", "http://sendgrid.com.example.test:9999")
    monkeypatch.setenv("POSTPURCHASE_CLOCK", "simulated")
    assert load_settings().has_provider


@pytest.mark.parametrize(
    "url", ["http://mail.example.com", "http://localhost.example.com", "http://127.0.0.1.example.com"]
)
def test_links_in_real_mails_are_https(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "key")
    monkeypatch.setenv("POSTPURCHASE_PUBLIC_URL", url)
    with pytest.raises(SettingsError, match="https://"):
        load_settings()


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"])
def test_links_to_this_machine_need_no_https(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_API_KEY", "key")
    monkeypatch.setenv("POSTPURCHASE_PUBLIC_URL", url)
    assert load_settings().public_url == url


def test_lists_of_sendgrid_that_receipts_bypass_are_none_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().bypassed_lists == ()
    monkeypatch.setenv("POSTPURCHASE_SENDGRID_BYPASS", "unsubscribe, spam")
    assert load_settings().bypassed_lists == ("unsubscribe", "spam")


def test_a_secret_is_read_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("sealed\n")
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY_FILE", str(path))
    key = load_settings().secret_key
    assert key is not None
    assert key.get_secret_value() == "sealed"


def _dotenv(**values: object) -> None:
    """A `.env` in the folder that the test runs in."""
    Path(".env").write_text("".join(f"POSTPURCHASE_{name}={value}\n" for name, value in values.items()))


def test_a_secret_is_read_from_a_file_that_dotenv_names(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("SG.key\n")
    _dotenv(SENDGRID_API_KEY_FILE=path, PUBLIC_URL="https://mail.example.com")
    assert load_settings().has_provider


def test_a_secret_of_the_environment_counts_before_a_file_that_dotenv_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("of the file")
    _dotenv(SECRET_KEY_FILE=tmp_path / "key")
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY", "of the environment")
    key = load_settings().secret_key
    assert key is not None
    assert key.get_secret_value() == "of the environment"


def test_the_mark_that_some_editors_begin_a_file_with_is_no_part_of_a_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("sealed", encoding="utf-8-sig")
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY_FILE", str(tmp_path / "key"))
    key = load_settings().secret_key
    assert key is not None
    assert key.get_secret_value() == "sealed"


def test_a_secret_file_that_is_empty_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of an SMTP URL nothing would be sent, and nobody told."""
    (tmp_path / "url").write_text("\n")
    monkeypatch.setenv("POSTPURCHASE_SMTP_URL_FILE", str(tmp_path / "url"))
    with pytest.raises(SettingsError, match=r"POSTPURCHASE_SMTP_URL_FILE names .*url, which is empty"):
        load_settings()


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_SECRET_KEY_FILE", "/nowhere/key")
    with pytest.raises(SettingsError, match="POSTPURCHASE_SECRET_KEY_FILE names /nowhere/key"):
        load_settings()


def test_a_secret_file_that_is_no_text_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv("POSTPURCHASE_METRICS_TOKEN_FILE", str(path))
    with pytest.raises(SettingsError, match=f"POSTPURCHASE_METRICS_TOKEN_FILE names {path}, which is no text"):
        load_settings()


NO_DATABASE = "is none that can be used: give a URL that begins with postgresql://, or unset it to use SQLite."
NO_BROKER = (
    "is none that can be used: give a URL like redis://127.0.0.1:6379 or amqp://127.0.0.1, or unset it for "
    "`postpurchase up`."
)
NO_KEY = "is none that can be used: give the key alone, like SG.…, without blanks, breaks or accents."
REFUSED = [
    ("SENDGRID_API_KEY", "SG.hush\n", NO_KEY),
    ("SENDGRID_API_KEY", "Bearer SG.hush", NO_KEY),
    ("SENDGRID_API_KEY", "SG.hüsh", NO_KEY),
    ("KEEP_BODIES_DAYS", "x", "is 'x': give a whole number of days, from 1 to 36500."),
    ("KEEP_BODIES_DAYS", "0", "is '0': give a whole number of days, from 1 to 36500."),
    ("KEEP_BODIES_DAYS", "999999999", "is '999999999': give a whole number of days, from 1 to 36500."),
    ("PUBLIC_URL", "https://a.example b", "is 'https://a.example b': give an address like https://mail.example.com."),
    (
        "PUBLIC_URL",
        "https://a.example?b=1",
        "is 'https://a.example?b=1': give an address like https://mail.example.com.",
    ),
    ("KEEP_BODIES_DAYS", "1.5", "is '1.5': give a whole number of days, from 1 to 36500."),
    ("CLOCK", "soon", "is 'soon': give real or simulated."),
    ("LOG_JSON", "maybe", "is 'maybe': give true or false."),
    ("PUBLIC_URL", "mail.example.com", "is 'mail.example.com': give an address like https://mail.example.com."),
    ("SENDGRID_BASE_URL", "http://", "is 'http://': give an address like https://api.sendgrid.com."),
    ("SENDGRID_BYPASS", "everything", "is 'everything': give lists out of spam, bounce, unsubscribe, between commas."),
    ("REDIRECT_ALL_TO", "you", "is 'you': give an email address like you@example.com."),
    ("DATABASE_URL", "mysql://user:hush@db/postpurchase", NO_DATABASE),
    ("DATABASE_URL", "postgresql:hush", NO_DATABASE),
    ("BROKER_URL", "hush", NO_BROKER),
    ("BROKER_URL", "memory://", NO_BROKER),
    ("BROKER_URL", "sqs://hush@", NO_BROKER),
    ("BROKER_URL", "redsi://hush@cache:6379/0", NO_BROKER),
    ("BROKER_URL", "redis://:hush@cache:port/0", NO_BROKER),
    ("BROKER_URL", "redis://:hu/sh@cache:6379/0", NO_BROKER),
    ("DATABASE_URL", "postgresql://user:hush@db:port/postpurchase", NO_DATABASE),
]


@pytest.mark.parametrize(("setting", "value", "told"), REFUSED)
def test_a_wrong_value_is_refused_in_one_sentence_that_shows_it_unless_it_is_secret(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"POSTPURCHASE_{setting}", value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value) == f"POSTPURCHASE_{setting} {told}"


@pytest.mark.parametrize(
    "url",
    [
        "redis://",
        "rediss://user:p%40ss@cache.example:6380/1",
        "rediss://:p@ss@cache.example:6380?ssl_cert_reqs=required",
        "redis+socket:///run/redis.sock",
        "amqps://rabbit//",
        "pyamqp://guest@[::1]:5672/",
        "amqp://one:5672;amqp://two:5672",
    ],
)
def test_every_broker_that_celery_reaches_with_what_is_installed_is_taken(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("POSTPURCHASE_BROKER_URL", url)
    taken = load_settings().broker_url
    assert taken is not None
    assert taken.get_secret_value() == url


def test_each_wrong_setting_has_its_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting, value, _ in REFUSED:
        monkeypatch.setenv(f"POSTPURCHASE_{setting}", value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert len(str(refused.value).splitlines()) == len({setting for setting, _, _ in REFUSED})


def test_settings_in_a_file_that_is_no_text_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"POSTPURCHASE_CLOCK=\xff\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"^\.env cannot be read"):
        load_settings()


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that not even root can read from is Linux's")
def test_settings_in_a_file_that_cannot_be_read_say_so(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to("/proc/self/mem")
    with pytest.raises(SettingsError, match=r"^\.env cannot be read \(.+\)\. Run this as the user whose file it is\.$"):
        load_settings()
