"""Two studies outside oncology, a vaccine and a crossover: every date here was counted by hand on a wall calendar."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from planner.cli import cli
from tests.case_plans import ROOT, CasePlan, Run

VACCINE = "docs/examples/protocols/vaccine.yaml"
CROSSOVER = "docs/examples/protocols/crossover.yaml"


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(cli, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout


def _planned(monkeypatch: pytest.MonkeyPatch, protocol: str, start: str, arm: str, *options: str) -> CasePlan:
    text = _run(monkeypatch, "plan", protocol, "--start", start, "--arm", arm, "--format", "json", *options)
    return CasePlan(json.loads(text))


def _given(plan: CasePlan, visit: str) -> set[str]:
    return set(plan.visits[visit]["activities"]) & {"vaccine", "placebo", "tablet-a", "tablet-b"}


@pytest.mark.parametrize(
    ("protocol", "rows"),
    [
        (VACCINE, ["Injection of the vaccine", "Injection of placebo", "Pregnancy test", "Another live vaccine"]),
        (CROSSOVER, ["Tablet A", "Tablet B", "Blood sample for drug", "Discharge in the morning"]),
    ],
)
def test_both_protocols_have_no_problems_and_are_shown(
    monkeypatch: pytest.MonkeyPatch, protocol: str, rows: list[str]
) -> None:
    assert "no problems" in _run(monkeypatch, "protocol", "check", protocol)
    shown = _run(monkeypatch, "protocol", "show", protocol)
    for row in [*rows, "Assumptions"]:
        assert row in shown


def test_both_arms_of_the_vaccine_study_differ_in_the_injection_and_in_one_blood_test(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vaccine = _planned(monkeypatch, VACCINE, "2026-01-05", "vaccine")
    placebo = _planned(monkeypatch, VACCINE, "2026-01-05", "placebo")
    assert set(vaccine.visits) - set(placebo.visits) == {"vaccination.cells"}
    for visit in ("vaccination.dose-1", "vaccination.dose-2", "vaccination.booster"):
        assert _given(vaccine, visit) == {"vaccine"}
        assert _given(placebo, visit) == {"placebo"}
        assert vaccine.target(visit) == placebo.target(visit)


def test_the_vaccine_study_from_a_monday_with_holidays_is_planned_as_counted_by_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = _planned(monkeypatch, VACCINE, "2026-01-05", "vaccine", "--holidays", "US")
    assert plan.targets("screening.screening", "screening.pregnancy") == ["2025-12-22", "2026-01-02"]
    assert plan.targets("vaccination.call-1", "vaccination.dose-2", "vaccination.call-2") == [
        "2026-01-12",
        "2026-02-02",
        "2026-02-09",
    ]
    # Two weeks after 2 February is Washington's birthday.
    assert plan.target("vaccination.cells") == "2026-02-17"
    # 2 August is a Sunday.
    assert plan.target("vaccination.booster") == "2026-08-03"
    assert plan.window("vaccination.booster") == ("2026-07-19", "2026-08-16")
    assert plan.targets("vaccination.call-3", "vaccination.antibodies", "follow-up.month-12") == [
        "2026-08-10",
        "2026-08-31",
        "2027-01-05",
    ]
    assert plan.visits["vaccination.call-1"]["setting"] == "remote"


def test_when_dose_2_moves_off_closed_days_what_is_counted_from_it_moves_too(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = ("--closed", "2026-02-02", "--closed", "2026-02-03")
    plan = _planned(monkeypatch, VACCINE, "2026-01-05", "placebo", *closed)
    assert plan.targets("vaccination.dose-2", "vaccination.call-2", "vaccination.booster") == [
        "2026-02-04",
        "2026-02-11",
        "2026-08-04",
    ]


def test_a_booster_follows_a_late_dose_2_and_the_safety_visit_does_not(case: Run) -> None:
    plan = case("vaccine-dose-2-late")
    assert plan.deviations == ["outside-window:vaccination.dose-2"]
    assert plan.window("vaccination.dose-2") == ("2026-01-26", "2026-02-09")
    assert plan.targets("vaccination.call-2", "vaccination.cells") == ["2026-02-24", "2026-03-03"]
    assert plan.target("vaccination.booster") == "2026-08-17"
    assert plan.window("vaccination.booster") == ("2026-08-03", "2026-08-31")
    assert plan.targets("vaccination.call-3", "vaccination.antibodies") == ["2026-08-24", "2026-09-14"]
    assert plan.target("follow-up.month-12") == "2027-01-05"


def test_six_months_after_31_august_is_the_end_of_february(case: Run) -> None:
    plan = case("vaccine-dose-2-on-31-august")
    assert plan.visits["vaccination.booster"]["due"] == "2027-02-28"
    assert plan.target("vaccination.booster") == "2027-03-01"
    assert plan.window("vaccination.booster") == ("2027-02-14", "2027-03-14")
    assert plan.targets("vaccination.call-3", "vaccination.antibodies") == ["2027-03-08", "2027-03-29"]
    assert plan.target("follow-up.month-12") == "2027-08-03"


def test_antibodies_follow_the_appointment_of_an_early_booster(case: Run) -> None:
    plan = case("vaccine-booster-early")
    assert plan.status("vaccination.booster") == "booked"
    assert plan.targets("vaccination.booster", "vaccination.call-3", "vaccination.antibodies") == [
        "2026-07-20",
        "2026-07-27",
        "2026-08-17",
    ]
    assert plan.window("vaccination.antibodies") == ("2026-08-10", "2026-08-24")
    assert plan.target("follow-up.month-12") == "2027-01-05"


def test_a_booster_booked_before_its_window_is_to_be_rebooked(case: Run) -> None:
    plan = case("vaccine-booster-too-early")
    assert plan.status("vaccination.booster") == "to-rebook"
    assert plan.target("vaccination.booster") == "2026-08-03"
    assert "17 July 2026" in str(plan.visits["vaccination.booster"]["conflicts"])


def test_no_firm_date_is_counted_from_a_booking_that_does_not_fit(case: Run) -> None:
    plan = case("vaccine-booster-too-early")
    for key, weeks_later in (("vaccination.call-3", "2026-08-10"), ("vaccination.antibodies", "2026-08-31")):
        assert plan.target(key) == weeks_later or plan.visits[key]["certainty"] == "tentative"


def test_a_pregnancy_test_that_is_eight_days_old_has_expired_and_is_due_again(case: Run) -> None:
    plan = case("vaccine-pregnancy-test-expired")
    assert plan.status("screening.pregnancy") == "expired"
    assert plan.status("screening.pregnancy#2") == "due"
    assert plan.window("screening.pregnancy#2") == ("2025-12-31", "2026-01-06")
    assert plan.target("vaccination.dose-1") is None
    assert plan.visits["vaccination.dose-2"]["certainty"] == "tentative"
    assert plan.target("vaccination.dose-2") == "2026-02-04"


def test_once_the_pregnancy_test_is_repeated_all_is_counted_from_the_actual_dose_1(case: Run) -> None:
    plan = case("vaccine-pregnancy-test-repeated")
    assert plan.status("screening.pregnancy#2") == "done"
    assert plan.targets("vaccination.dose-1", "vaccination.call-1", "vaccination.dose-2", "vaccination.call-2") == [
        "2026-01-07",
        "2026-01-14",
        "2026-02-04",
        "2026-02-11",
    ]
    assert plan.targets("vaccination.booster", "vaccination.antibodies") == ["2026-08-04", "2026-09-01"]
    assert plan.target("follow-up.month-12") == "2027-01-07"
    assert plan.deviations == []


def test_who_stops_early_has_no_booster_but_the_extra_visit_and_the_safety_follow_up(case: Run) -> None:
    plan = case("vaccine-stopped-early")
    assert plan.status("vaccination.booster") == "cancelled"
    assert plan.target("follow-up.early") == "2026-04-14"
    assert plan.window("follow-up.early") == ("2026-04-14", "2026-04-21")
    assert plan.target("follow-up.month-12") == "2027-01-05"
    assert plan.window("follow-up.month-12") == ("2026-12-22", "2027-01-19")


def test_dose_2_is_never_on_the_day_of_another_live_vaccine(case: Run) -> None:
    plan = case("vaccine-live-vaccine")
    assert plan.target("unscheduled.travel-1") == "2026-02-02"
    assert plan.targets("vaccination.dose-2", "vaccination.call-2", "vaccination.cells") == [
        "2026-02-03",
        "2026-02-10",
        "2026-02-17",
    ]
    assert plan.target("vaccination.booster") == "2026-08-03"
    assert plan.deviations == []


def test_who_stops_early_still_sees_the_appointments_that_are_to_be_given_back(case: Run) -> None:
    plan = case("vaccine-stopped-early")
    appointments = {"vaccination.booster": "2026-08-03", "vaccination.antibodies": "2026-08-31"}
    for key, day in appointments.items():
        assert plan.status(key) == "cancelled"
        assert plan.visits[key]["booked"] is not None
        assert day in json.dumps(plan.visits[key])


def test_a_dose_1_on_a_pregnancy_test_that_had_expired_is_a_deviation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = (ROOT / VACCINE).read_text()
    wider = text.replace("window: days -7 to -1", "window: days -28 to -1")
    assert wider != text
    (tmp_path / "vaccine.yaml").write_text(wider)
    (tmp_path / "facts.yaml").write_text(
        "- {fact: consented, date: 2025-12-22}\n"
        "- {fact: attended, date: 2025-12-22, visit: screening.screening}\n"
        "- {fact: attended, date: 2025-12-22, visit: screening.pregnancy}\n"
        "- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05, arm: vaccine}\n"
        "- {fact: given, date: 2026-01-05, visit: vaccination.dose-1, activity: vaccine}\n"
    )
    history = ("--history", str(tmp_path / "facts.yaml"))
    planned = _run(monkeypatch, "plan", str(tmp_path / "vaccine.yaml"), *history, "--format", "json")
    # The test was 14 days old on the day of dose 1, and is valid for 7.
    assert CasePlan(json.loads(planned)).deviations != []


@pytest.mark.parametrize(("arm", "first", "second"), [("ab", "a", "b"), ("ba", "b", "a")])
def test_both_orders_of_the_crossover_have_the_same_days_and_the_tablets_swapped(
    monkeypatch: pytest.MonkeyPatch, arm: str, first: str, second: str
) -> None:
    plan = _planned(monkeypatch, CROSSOVER, "2026-01-06", arm, "--holidays", "US")
    visits = ("admission", "first", "hour-24", "second")
    assert plan.targets(*(f"period-{first}.{visit}" for visit in visits)) == [
        "2026-01-05",
        "2026-01-06",
        "2026-01-07",
        "2026-01-13",
    ]
    assert plan.targets(*(f"period-{second}.{visit}" for visit in visits)) == [
        "2026-01-26",
        "2026-01-27",
        "2026-01-28",
        "2026-02-03",
    ]
    assert plan.window(f"period-{second}.first") == ("2026-01-27", "2026-02-03")
    assert plan.target("follow-up.call") == "2026-02-10"
    for period in (first, second):
        assert _given(plan, f"period-{period}.first") == {f"tablet-{period}"}
        assert _given(plan, f"period-{period}.second") == {f"tablet-{period}"}


def test_the_blood_samples_of_the_in_house_day_keep_their_times(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = _planned(monkeypatch, CROSSOVER, "2026-01-06", "ab")
    samples = [detail for detail in plan.visits["period-a.first"]["details"] if detail["activity"] == "levels"]
    assert [sample["at"] for sample in samples] == [
        ["-15 minutes"],
        ["30 minutes", "1 hour"],
        ["2 hours", "4 hours"],
        ["8 hours"],
    ]
    assert [sample["within"] for sample in samples] == [
        "-10/+10 minutes",
        "-2/+2 minutes",
        "-5/+5 minutes",
        "-15/+15 minutes",
    ]
    assert {sample["timed_from"] for sample in samples} == {"tablet-a"}


def test_the_second_period_follows_a_late_last_dose_of_the_first(case: Run) -> None:
    plan = case("crossover-last-dose-late")
    assert plan.deviations == ["outside-window:period-a.second"]
    visits = ("admission", "first", "hour-24", "second")
    assert plan.targets(*(f"period-b.{visit}" for visit in visits)) == [
        "2026-01-28",
        "2026-01-29",
        "2026-01-30",
        "2026-02-05",
    ]
    assert plan.window("period-b.first") == ("2026-01-29", "2026-02-05")
    assert plan.target("follow-up.call") == "2026-02-12"


def test_after_a_washout_over_christmas_the_stay_follows_the_appointment(case: Run) -> None:
    plan = case("crossover-washout-over-closed-days")
    assert plan.window("period-b.first") == ("2026-12-22", "2026-12-29")
    assert plan.status("period-b.first") == "booked"
    visits = ("admission", "first", "hour-24", "second")
    assert plan.targets(*(f"period-b.{visit}" for visit in visits)) == [
        "2026-12-28",
        "2026-12-29",
        "2026-12-30",
        "2027-01-05",
    ]
    assert plan.target("follow-up.call") == "2027-01-12"
    assert plan.deviations == []


def test_a_second_period_whose_whole_window_is_closed_needs_a_decision(case: Run) -> None:
    plan = case("crossover-site-closed-for-the-window")
    assert plan.status("period-b.first") == "needs-decision"
    assert plan.target("period-b.first") is None
    assert plan.visits["period-b.first"]["conflicts"][0]["earliest_safe"] == "2026-12-30"
    assert plan.visits["follow-up.call"]["certainty"] == "tentative"


def test_a_second_period_begun_in_the_washout_is_a_deviation_and_goes_on_from_its_actual_day(case: Run) -> None:
    plan = case("crossover-washout-too-short")
    assert plan.deviations == ["outside-window:period-a.first"]
    assert plan.window("period-a.first") == ("2026-01-27", "2026-02-03")
    assert plan.targets("period-a.hour-24", "period-a.second", "follow-up.call") == [
        "2026-01-27",
        "2026-02-02",
        "2026-02-09",
    ]


def test_a_wrong_tablet_is_a_deviation_and_the_washout_counts_from_it(case: Run) -> None:
    plan = case("crossover-wrong-tablet")
    assert any(deviation.startswith("wrong-drug:period-b.second") for deviation in plan.deviations)
    assert plan.target("period-a.first") == "2026-01-27"


def test_a_tablet_that_nobody_gave_is_not_said_to_have_been_given(case: Run) -> None:
    plan = case("crossover-wrong-tablet")
    assert not [deviation for deviation in plan.deviations if deviation.startswith("same-day")]


def test_who_stops_in_the_washout_is_called_7_days_after_the_last_dose_given(case: Run) -> None:
    plan = case("crossover-stopped-early")
    assert plan.target("follow-up.call") == "2026-01-20"
    assert plan.window("follow-up.call") == ("2026-01-20", "2026-01-23")
    assert {visit["status"] for visit in plan.starting_with("period-b.")} == {"cancelled"}


def test_no_firm_call_is_planned_while_the_last_dose_has_no_date(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = ("--closed", "2026-02-02", "--closed", "2026-02-03", "--closed", "2026-02-04")
    plan = _planned(monkeypatch, CROSSOVER, "2026-01-06", "ab", *closed)
    assert plan.target("period-b.second") is None
    call = plan.visits["follow-up.call"]
    assert call["target"] is None or call["certainty"] == "tentative"


def test_how_venetoclax_is_stepped_up_is_read_in_cycle_1_alone(case: Run) -> None:
    doses = [each for each in case("A12").data["home_doses"] if each["activity"] == "venetoclax"]
    assert len(doses) > 5
    assert [each["cycle"] for each in doses if each["note"]] == [1]
