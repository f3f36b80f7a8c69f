"""`planner feed`: links made, listed, rotated and withdrawn by whoever has a shell; calendar files checked."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from planner.cli import cli

SITE = ("site", "create", "north", "--name", "North", "--zone", "America/New_York")
BROKEN = b"BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:PUBLISH\nEND:VCALENDAR\n"


def run(*words: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, words, input=given)


@pytest.fixture
def link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("PLANNER_DATA_FOLDER", str(tmp_path))
    for words in (("database", "upgrade"), SITE):
        assert run(*words).exit_code == 0
    made = run("feed", "create", "centre", "--site", "north", "--label", "Room 2", "--alarm", "60")
    assert made.exit_code == 0, made.output
    found = re.search(r"https://…/calendars/([\w-]+)\.ics", made.output)
    assert found is not None
    return found[1]


def test_a_feed_is_made_listed_rotated_and_withdrawn(link: str) -> None:
    listed = run("feed", "list")
    assert "Room 2" in listed.output
    assert "never fetched" in listed.output
    assert link not in listed.output
    assert run("feed", "rotate", "1").exit_code == 0
    assert run("feed", "revoke", "2").exit_code == 0
    found = json.loads(run("feed", "list", "--format", "json").output)
    assert [(one["id"], one["state"]) for one in found] == [(1, "withdrawn"), (2, "withdrawn")]
    assert run("feed", "list", "--status", "active").output == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "study"), "study"),
        (("create", "coordinator"), "say whose it is"),
        (("create", "coordinator", "--for", "nobody@example.org"), "nobody signs in"),
        (("create", "site", "--site", "nowhere"), "no site"),
        (("revoke", "99"), "no such feed"),
        (("list", "--status", "odd"), "no status odd"),
        (("lint", "no-such-file.ics"), "does not exist"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(link: str, words: tuple[str, ...], said: str) -> None:
    found = run("feed", *words)
    assert found.exit_code == 2
    assert said in found.output


def test_a_calendar_file_is_checked_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "a.ics"
    file.write_bytes(BROKEN)
    found = run("feed", "lint", str(file))
    assert found.exit_code == 1
    assert f"{file}:3: " in found.output
    assert run("feed", "lint", "-", given=BROKEN).output.startswith("-:")
