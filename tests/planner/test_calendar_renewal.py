"""A later calendar file replaces an earlier one of the same participant, and touches nobody else's.

vsli-ino; Day 1 on Monday 5 January 2026. Each test takes files one after the other into one calendar, as apps do:
by UID, an event with a lower SEQUENCE never replaces one with a higher.
"""

import re
from datetime import date
from pathlib import Path
from typing import Any

import icalendar
from click.testing import CliRunner, Result

from planner.cli import cli
from planner.commands.plan import UNCLEAR
from tests.architecture.source import ROOT

CASES = ROOT / "docs/examples/cases"
ENROLLED = "- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05}"
FIRST_DOSES = [
    f"- {{fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: {drug}}}" for drug in ("vsli", "ino")
]
HELD_UP = [f"- {{fact: given, date: 2026-01-15, visit: induction.c1.d8, activity: {drug}}}" for drug in ("vsli", "ino")]
WRONG = "- {fact: gate_decided, id: g1, date: 2026-01-30, gate: induction.c1.response, outcome: no-benefit}"
MENDED = [
    "- {fact: void, date: 2026-01-31, of: g1}",
    "- {fact: gate_decided, date: 2026-01-31, gate: induction.c1.response, outcome: benefit}",
]


def run(path: Path, *words: str) -> Result:
    result = CliRunner().invoke(cli, ["plan", "vsli-ino", "--history", str(path), "--format", "ics", *words])
    assert result.exit_code == 0, result.output
    return result


def ics(tmp_path: Path, *facts: str, participant: str | None = "014") -> list[Any]:
    path = tmp_path / "facts.yaml"
    path.write_text("\n".join(facts))
    words = ["--participant", participant] if participant else []
    return list(icalendar.Calendar.from_ical(run(path, *words).stdout_bytes).walk("VEVENT"))


def taken(*files: list[Any]) -> dict[str, Any]:
    """What a calendar shows after it took the files: the events that are not cancelled, by their visits."""
    kept: dict[str, Any] = {}
    for file in files:
        for event in file:
            uid = str(event["UID"])
            if uid not in kept or kept[uid]["SEQUENCE"] <= event["SEQUENCE"]:
                kept[uid] = event
    shown = [event for event in kept.values() if event["STATUS"] != "CANCELLED"]
    named = {key_of(event): event for event in shown}
    assert len(named) == len(shown), "a visit stands there twice"
    return named


def key_of(event: Any) -> str:
    return str(event["DESCRIPTION"]).rpartition("Visit: ")[2]


def test_a_dose_that_has_no_safe_day_any_more_leaves_the_calendar(tmp_path: Path) -> None:
    first = ics(tmp_path, ENROLLED, *FIRST_DOSES)
    later = ics(tmp_path, ENROLLED, *FIRST_DOSES, *HELD_UP)
    assert taken(first)["induction.c1.d15"]["DTSTART"].dt == date(2026, 1, 19)
    assert "induction.c1.d15" not in taken(first, later)
    withdrawn = next(event for event in later if key_of(event) == "induction.c1.d15")
    assert withdrawn["DTSTART"].dt == date(2026, 1, 19)
    assert "no day is left" in withdrawn["DESCRIPTION"]


def test_visits_off_the_path_that_a_mended_decision_takes_leave_the_calendar(tmp_path: Path) -> None:
    first = ics(tmp_path, ENROLLED, *FIRST_DOSES, WRONG)
    later = ics(tmp_path, ENROLLED, *FIRST_DOSES, WRONG, *MENDED)
    assert "induction.c2.d1" in taken(first)
    assert not [key for key in taken(first, later) if key.startswith("induction.c2")]
    gone = next(event for event in later if key_of(event) == "induction.c2.d1")
    assert gone["SUMMARY"] == "CANCELLED: C2D1 (vsli-ino, 014)"


def test_visits_that_the_end_of_treatment_cancels_leave_the_calendar() -> None:
    events = icalendar.Calendar.from_ical(run(CASES / "A8.yaml").stdout_bytes).walk("VEVENT")
    cancelled = {key_of(event) for event in events if event["STATUS"] == "CANCELLED"}
    assert {"induction.c2.d1", "induction.c2.d8", "induction.c2.d15", "induction.c2.marrow"} <= cancelled


def test_an_earlier_file_taken_late_does_not_bring_anything_back(tmp_path: Path) -> None:
    first = ics(tmp_path, ENROLLED, *FIRST_DOSES)
    later = ics(tmp_path, ENROLLED, *FIRST_DOSES, *HELD_UP)
    assert taken(later, first) == taken(first, later)
    assert {event["SEQUENCE"] for event in later} == {5}


def test_another_day_1_moves_the_events_and_makes_no_second_ones(tmp_path: Path) -> None:
    wrong = "- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05, id: e1, recorded: 2025-12-30T09:00:00Z}"
    mended = [
        "- {fact: void, date: 2026-01-02, of: e1}",
        "- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-06, id: e2, recorded: 2026-01-02T09:00:00Z}",
    ]
    for participant in ("014", None):
        first = ics(tmp_path, wrong, participant=participant)
        shown = taken(first, ics(tmp_path, wrong, *mended, participant=participant))
        assert shown["induction.c1.d1"]["DTSTART"].dt == date(2026, 1, 6)


def test_a_file_from_a_start_date_is_replaced_by_one_from_the_record(tmp_path: Path) -> None:
    words = ["plan", "vsli-ino", "--start", "2026-01-05", "--format", "ics", "--participant", "014"]
    first = icalendar.Calendar.from_ical(CliRunner().invoke(cli, words).stdout_bytes).walk("VEVENT")
    later = ics(tmp_path, ENROLLED, *FIRST_DOSES, *HELD_UP)
    assert "induction.c1.d15" not in taken(first, later)


def test_two_participants_with_the_same_day_1_share_no_event(tmp_path: Path) -> None:
    uids = [{str(event["UID"]) for event in ics(tmp_path, ENROLLED, participant=who)} for who in ("014", "015")]
    assert not uids[0] & uids[1]
    named = [ENROLLED.replace("enrolled,", f"enrolled, id: e{number},") for number in (1, 2)]
    uids = [{str(event["UID"]) for event in ics(tmp_path, line, participant=None)} for line in named]
    assert not uids[0] & uids[1]


def test_enrolments_that_read_the_same_are_pointed_out_and_the_file_is_written_all_the_same() -> None:
    result = run(CASES / "A5.yaml")
    assert result.stderr == f"{UNCLEAR}\n"
    assert run(CASES / "A5.yaml", "--participant", "014").stderr == ""


def test_the_code_of_the_participant_stands_in_every_event(tmp_path: Path) -> None:
    assert all("014" in event["SUMMARY"] for event in ics(tmp_path, ENROLLED))


def test_a_code_that_is_no_code_is_refused() -> None:
    for words in (["--participant", " ", "--format", "ics"], ["--participant", "014"]):
        result = CliRunner().invoke(cli, ["plan", "vsli-ino", "--start", "2026-01-05", *words])
        assert result.exit_code == 2
        assert re.search("--participant", result.stderr)
