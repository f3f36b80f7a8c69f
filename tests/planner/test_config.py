"""Settings come from the environment; what cannot be used is told with its variable, all at once."""

from pathlib import Path

import pytest

from planner.config import ConfigurationError, Settings, read_settings


def test_without_settings_the_planner_keeps_a_database_of_its_own() -> None:
    assert (read_settings().is_embedded, read_settings().database) == (True, "sqlite:///planner-data/planner.db")


def test_a_postgresql_address_gets_the_driver_that_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://planner@db.example.org/visits")
    settings = read_settings()
    assert (settings.is_embedded, settings.database) == (
        False, "postgresql+psycopg://planner@db.example.org/visits",
    )  # fmt: skip


def test_everything_that_is_wrong_is_told_at_once_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DATABASE_URL": "mysql://somewhere", "PLANNER_DATABASE_POOL": "0",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        read_settings()
    said = {line.partition(":")[0] for line in str(refused.value).splitlines()}
    assert said == {"DATABASE_URL", "PLANNER_DATABASE_POOL"}


def test_the_reference_has_every_setting() -> None:
    page = Path(__file__).parents[2].joinpath("docs/reference/settings.md").read_text("utf-8")
    missing = [name for name in Settings.model_fields if f"{name.upper()}`" not in page]
    assert missing == []


def test_a_channel_without_what_it_needs_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PLANNER_CHANNEL": "twilio", "PLANNER_SMTP_HOST": "mail.example.org"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        read_settings()
    for missing in ("TWILIO_ACCOUNT", "TWILIO_TOKEN", "PUBLIC_URL", "TWILIO_FROM", "SMTP_FROM"):
        assert f"PLANNER_{missing}" in str(refused.value)


def test_a_lease_lasts_more_than_three_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANNER_SEND_TIMEOUT_SECONDS", "20")
    with pytest.raises(ConfigurationError, match="more than three times"):
        read_settings()


@pytest.mark.parametrize("address", ["ftp://visits.example.org", "visits.example.org", "https://", "https://a.b/?x=1"])
def test_a_public_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="PLANNER_PUBLIC_URL"):
        read_settings({"public_url": address})
