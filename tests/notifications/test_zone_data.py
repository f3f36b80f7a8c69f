"""The newer of the rules for time zones counts, the machine's or the package's. Each test has a Python of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tzdata

SHOW = (
    "from notifications import zone_data; zone_data.prefer_newest();"
    "import zoneinfo; print(zone_data.version(), *zoneinfo.TZPATH)"
)
ROOT = Path(__file__).resolve().parents[2]


def shown(zones: Path, first: str = "pass", code: str = SHOW, **environment: str) -> list[str]:
    """What a Python prints whose machine has these time zones; ``first`` is what it does before."""
    told = f"import zoneinfo; zoneinfo.reset_tzpath([{str(zones)!r}]); {first}; {code}"
    run = subprocess.run(
        [sys.executable, "-c", told],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return run.stdout.split()


@pytest.fixture
def zones(tmp_path: Path) -> Path:
    """A machine's folder of time zones, that does not say its version."""
    (tmp_path / "Europe").mkdir()
    return tmp_path


@pytest.mark.parametrize("name", ["tzdata.zi", "+VERSION"])
def test_a_machine_with_older_rules_is_not_asked(zones: Path, name: str) -> None:
    (zones / name).write_text("# version 2019a\n" if name == "tzdata.zi" else "2019a\n")
    assert shown(zones) == [tzdata.IANA_VERSION]


def test_a_machine_that_does_not_say_how_old_its_rules_are_is_not_asked(zones: Path) -> None:
    assert shown(zones) == [tzdata.IANA_VERSION]


@pytest.mark.parametrize("version", ["2099a", tzdata.IANA_VERSION])
def test_a_machine_with_rules_as_new_or_newer_is_asked(zones: Path, version: str) -> None:
    (zones / "tzdata.zi").write_text(f"# version {version}\n# redo posix_only\n")
    assert shown(zones) == [version, str(zones)]


def test_a_machine_without_any_has_those_of_the_package(tmp_path: Path) -> None:
    assert shown(tmp_path)[0] == tzdata.IANA_VERSION


def test_whoever_has_chosen_keeps_what_they_chose(zones: Path) -> None:
    (zones / "tzdata.zi").write_text("# version 2019a\n")
    assert shown(zones, PYTHONTZPATH=str(zones)) == ["2019a", str(zones)]


def test_the_service_chooses_before_it_does_anything_else(zones: Path) -> None:
    code = "import planner; from notifications.calendars.time_zones import TZDATA_VERSION; print(TZDATA_VERSION)"
    assert shown(zones, code=code) == [tzdata.IANA_VERSION]


def test_clocks_that_a_process_had_before_are_not_kept(zones: Path) -> None:
    (zones / "Europe" / "Berlin").write_bytes(_file_of("Asia", "Kolkata"))
    first = "before = zoneinfo.ZoneInfo('Europe/Berlin')"
    hour = "datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).utcoffset()"
    assert shown(zones, first, f"{SHOW}; from datetime import datetime; print({hour})")[-1] == "1:00:00"


def _file_of(area: str, name: str) -> bytes:
    return (Path(str(tzdata.__file__)).parent / "zoneinfo" / area / name).read_bytes()
