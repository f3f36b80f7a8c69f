"""Cases A1 to A12 of the design: vsli-ino, weekends closed, Day 1 on Monday 5 January 2026, unless stated."""

from __future__ import annotations

from tests.case_plans import Run


def test_a1_a_cycle_held_without_an_end_has_no_date_and_asks_from_3_march(case: Run) -> None:
    plan = case("A1-held")
    assert {visit["target"] for visit in plan.starting_with("induction.c2.")} == {None}
    assert plan.status("induction.c2.d1") == "held"
    assert plan.visits["induction.c2.d1"]["conflicts"][0]["overdue_from"] == "2026-03-03"
    assert not plan.starting_with("maintenance")


def test_a1_once_dosed_the_cycle_counts_from_the_dose_and_the_undosed_visit_is_unscheduled(case: Run) -> None:
    plan = case("A1-dosed")
    assert plan.targets("induction.c2.d1", "induction.c2.d8", "induction.c2.d15") == [
        "2026-02-11",
        "2026-02-18",
        "2026-02-25",
    ]
    assert plan.target("maintenance.c1.d1") == "2026-03-11"
    assert plan.target("unscheduled.came-undosed") == "2026-02-02"
    assert plan.deviations == []


def test_a2_day_15_keeps_its_spacing_from_the_planned_day_8(case: Run) -> None:
    plan = case("A2")
    assert plan.target("induction.c1.d8") == "2026-01-20"
    assert plan.target("induction.c1.d15") == "2026-01-27"
    assert "Vincristine sulfate liposome IV is planned for 20 January 2026" in plan.why("induction.c1.d15")


def test_a3_day_15_of_induction_needs_a_decision_when_christmas_and_spacing_leave_no_day(case: Run) -> None:
    plan = case("A3-induction")
    assert plan.target("induction.c1.d15") is None
    assert plan.status("induction.c1.d15") == "needs-decision"
    conflict = plan.visits["induction.c1.d15"]["conflicts"][0]
    assert conflict["earliest_safe"] == "2026-12-28"
    assert conflict["may_omit"] is True
    assert "not before 24 December 2026" in conflict["text"]


def test_a3_day_15_of_maintenance_is_23_december_because_day_8_has_no_vsli(case: Run) -> None:
    plan = case("A3-maintenance")
    assert "vsli" not in plan.visits["maintenance.c1.d8"]["activities"]
    assert plan.target("maintenance.c1.d15") == "2026-12-23"


def test_a4_with_vsli_left_out_on_day_8_only_inotuzumab_spaces_day_15(case: Run) -> None:
    assert case("A4").target("induction.c1.d15") == "2026-01-20"


def test_a5_after_a_recorded_hold_day_15_follows_and_cycle_2_stays(case: Run) -> None:
    plan = case("A5")
    assert plan.target("induction.c1.d15") == "2026-01-22"
    assert plan.window("induction.c1.d15") == ("2026-01-22", "2026-01-24")
    assert plan.target("maintenance.c1.d1") == "2026-02-02"
    assert plan.deviations == []
    assert plan.queries == []


def test_a5_the_second_cycle_of_induction_stays_on_2_february_too(case: Run) -> None:
    plan = case("A5", "--what-if", "gate_decided date=2026-01-30 gate=induction.c1.response outcome=no-benefit")
    assert plan.target("induction.c2.d1") == "2026-02-02"


def test_a5b_the_same_delay_without_a_hold_is_a_deviation_and_day_15_needs_a_decision(case: Run) -> None:
    plan = case("A5b")
    assert plan.deviations == ["outside-window:induction.c1.d8"]
    assert plan.data["deviations"][0]["days"] == 1
    assert plan.target("induction.c1.d15") is None
    assert plan.status("induction.c1.d15") == "needs-decision"
    assert plan.visits["induction.c1.d15"]["conflicts"][0]["earliest_safe"] == "2026-01-22"


def test_a6_the_marrow_of_cycle_1_and_the_day_on_which_its_gate_is_due(case: Run) -> None:
    plan = case("A6")
    assert plan.target("induction.c1.marrow") == "2026-01-28"
    assert plan.window("induction.c1.marrow") == ("2026-01-25", "2026-02-01")
    assert plan.gates["induction.c1.response"]["due"] == "2026-01-30"


def test_a7_a_first_dose_that_slips_makes_the_screening_marrow_due_again_and_waits_for_it(case: Run) -> None:
    plan = case("A7")
    assert plan.status("screening.marrow") == "expired"
    assert plan.window("screening.marrow#2") == ("2025-12-12", "2026-01-08")
    assert plan.target("induction.c1.d1") is None
    assert plan.visits["induction.c1.d1"]["nominal"] == "2026-01-09"
    assert plan.deviations == []


def test_a7_before_it_slips_the_marrow_of_day_minus_26_is_valid(case: Run) -> None:
    plan = case("A7", "--what-if", "void date=2026-01-03 of=slipped")
    assert plan.visits["screening.marrow"]["study_day"] == -26
    assert plan.status("screening.marrow") == "done"
    assert plan.target("induction.c1.d1") == "2026-01-05"


def test_a7_the_slipped_marrow_is_on_study_day_minus_30(case: Run) -> None:
    assert case("A7").visits["screening.marrow"]["study_day"] == -30


def test_a7_once_repeated_day_1_has_its_date_again(case: Run) -> None:
    plan = case("A7-repeated")
    assert plan.target("screening.marrow#2") == "2026-01-06"
    assert plan.target("induction.c1.d1") == "2026-01-09"
    assert plan.deviations == []


def test_a8_progression_ends_treatment_and_starts_the_follow_up(case: Run) -> None:
    plan = case("A8")
    assert {visit["status"] for visit in plan.starting_with("induction.c2.")} == {"cancelled"}
    assert plan.window("follow-up.end-of-treatment") == ("2026-02-02", "2026-02-09")
    assert plan.target("follow-up.day-30") == "2026-02-18"
    contacts = plan.starting_with("follow-up.month-")
    assert [visit["target"] for visit in contacts] == ["2026-04-20", "2026-07-20", "2026-10-19", "2027-01-19"]
    assert {tuple(visit["activities"]) for visit in contacts} == {("status-contact",)}
    assert {visit["setting"] for visit in contacts} == {"remote"}


def test_a9_conditioning_and_transplant_shorten_the_end_visit_and_add_liver_tests(case: Run) -> None:
    plan = case("A9")
    assert plan.window("follow-up.end-of-treatment") == ("2026-02-02", "2026-02-04")
    assert plan.target("follow-up.day-30") == "2026-02-18"
    assert plan.visits["follow-up.day-30"]["setting"] == "inpatient"
    weeks = [visit["target"] for visit in plan.starting_with("follow-up.liver-week-")]
    assert weeks == ["2026-02-18", "2026-02-25", "2026-03-04", "2026-03-11"]


def test_a10_benefit_after_cycle_1_gives_five_cycles_of_maintenance(case: Run) -> None:
    plan = case("A10-after-cycle-1")
    days = [
        visit["target"] for key, visit in plan.visits.items() if key.startswith("maintenance") and ".d1" in key[-3:]
    ]
    assert days == ["2026-02-02", "2026-03-02", "2026-03-30", "2026-04-27", "2026-05-25"]


def test_a10_benefit_after_cycle_2_gives_four_cycles_and_a_seventh_cycle_of_treatment_asks(case: Run) -> None:
    plan = case("A10-after-cycle-2")
    firsts = [f"maintenance.c{cycle}.d1" for cycle in range(1, 5)]
    assert plan.targets(*firsts) == ["2026-03-02", "2026-03-30", "2026-04-27", "2026-05-25"]
    fifth = plan.visits["maintenance.c5.d1"]
    assert (fifth["nominal"], fifth["target"], fifth["status"]) == ("2026-06-22", None, "needs-decision")
    assert plan.gates["maintenance.c5.seventh-cycle"]["status"] == "open"
    assert "maintenance.c5.d8" not in plan.visits


def test_a10_the_seventh_cycle_is_planned_once_it_is_confirmed(case: Run) -> None:
    confirm = "gate_decided date=2026-06-19 gate=maintenance.c5.seventh-cycle outcome=confirm"
    plan = case("A10-after-cycle-2", "--what-if", confirm)
    assert plan.target("maintenance.c5.d1") == "2026-06-22"


def test_a11_a_hold_of_28_days_makes_cycle_9_the_last_before_the_limit(case: Run) -> None:
    plan = case("A11-held")
    assert plan.target("treatment.c9.d1") == "2026-09-14"
    assert not plan.starting_with("treatment.c10.")
    assert "5 October 2026" in plan.data["notices"][0]["text"]


def test_a11_without_the_hold_cycle_10_is_on_14_september(case: Run) -> None:
    plan = case("A11-undelayed")
    assert plan.target("treatment.c10.d1") == "2026-09-14"
    assert not plan.starting_with("treatment.c11.")


def test_a12_a_hold_of_the_daily_drug_takes_seven_doses_and_moves_no_infusion(case: Run) -> None:
    plan = case("A12")
    cycle_1 = next(doses for doses in plan.data["home_doses"] if doses["activity"] == "venetoclax")
    assert cycle_1["expected"] == 21
    assert cycle_1["held"] == [f"2026-01-{day}" for day in range(20, 27)]
    assert plan.targets("treatment.c1.d8", "treatment.c1.d15", "treatment.c2.d1") == [
        "2026-01-12",
        "2026-01-19",
        "2026-02-02",
    ]
