"""Settings: what the environment says, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        monkeypatch.delenv(str(alias) if alias else f"WARDLINE_{name.upper()}", raising=False)


def test_nothing_has_to_be_set() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.home) == ("127.0.0.1", 8000, Path(".wardline"))
    assert settings.database_url is None
    assert settings.redis_url is None
    assert settings.simulator


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("PORT", "8123", "port", 8123),
        ("HOST", "::", "host", "::"),
        ("WARDLINE_HOME", "elsewhere", "home", Path("elsewhere")),
        ("WARDLINE_SIMULATOR", "off", "simulator", False),
        ("WARDLINE_SIMULATOR", "on", "simulator", True),
        ("WARDLINE_SESSION_IDLE_MINUTES", "5", "session_idle_minutes", 5),
        ("WARDLINE_SESSION_HOURS", "", "session_hours", 12),
        (
            "WARDLINE_ALLOWED_ORIGINS",
            "https://a.example/, https://b.example",
            "allowed_origins",
            ("https://a.example", "https://b.example"),
        ),
        (
            "WARDLINE_ALLOWED_ORIGINS",
            "HTTPS://A.example:443,http://b.example:80/,http://[::1]:5173,app://board",
            "allowed_origins",
            ("https://a.example", "http://b.example", "http://[::1]:5173", "app://board"),
        ),
        ("WARDLINE_TRUSTED_PROXIES", "*", "trusted_proxies", "*"),
        ("WARDLINE_TRUSTED_PROXIES", "::1, 10.0.0.0/8", "trusted_proxies", "::1, 10.0.0.0/8"),
    ],
)
def test_the_environment_sets_them(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, field: str, value: object
) -> None:
    monkeypatch.setenv(variable, text)
    assert getattr(load_settings(), field) == value


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("PORT", "http", "PORT: Input should be a valid integer"),
        ("PORT", "65536", "PORT: Input should be less than or equal to 65535"),
        ("WARDLINE_SESSION_HOURS", "0", "WARDLINE_SESSION_HOURS: Input should be greater than 0"),
        ("WARDLINE_SIMULATOR", "perhaps", "WARDLINE_SIMULATOR: Input should be a valid boolean"),
        ("DATABASE_URL", "mysql://u:hunter2@h/d", "DATABASE_URL: must be a URL that starts with"),
        ("REDIS_URL", "hunter2", "REDIS_URL: must be a URL that starts with redis://"),
        ("WARDLINE_ALLOWED_ORIGINS", "hunter2", "WARDLINE_ALLOWED_ORIGINS: must be origins"),
        ("WARDLINE_ALLOWED_ORIGINS", "https://a/hunter2", "WARDLINE_ALLOWED_ORIGINS: must be"),
        ("WARDLINE_ALLOWED_ORIGINS", "https://b,*", "WARDLINE_ALLOWED_ORIGINS: must be origins"),
        ("WARDLINE_ALLOWED_ORIGINS", "https://a:hunter2", "WARDLINE_ALLOWED_ORIGINS: must be"),
        ("WARDLINE_TRUSTED_PROXIES", "hunter2", "WARDLINE_TRUSTED_PROXIES: must be addresses"),
        ("WARDLINE_TRUSTED_PROXIES", "10.0.0.1/8", "WARDLINE_TRUSTED_PROXIES: must be addresses"),
        ("WARDLINE_POOL_MAX_SIZE", "1", "WARDLINE_POOL_MAX_SIZE: must not be smaller than"),
    ],
)
def test_a_wrong_one_is_named_and_its_value_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, said: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(said)
    assert "hunter2" not in str(caught.value)


def test_every_wrong_one_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "0")
    monkeypatch.setenv("WARDLINE_SESSION_HOURS", "x")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "PORT",
        "WARDLINE_SESSION_HOURS",
    ]


def test_secrets_are_in_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hunter2@h/d")
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@h")
    monkeypatch.setenv("WARDLINE_DEMO_PASSWORD", "hunter2-long")
    settings = load_settings()
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://u:hunter2@h/d"


def test_they_do_not_change_while_we_run() -> None:
    with pytest.raises(ValidationError):
        load_settings().port = 1
