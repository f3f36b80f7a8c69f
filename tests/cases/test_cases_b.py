"""The cases under B of the design: everyday trouble, each with a history that runs through the command line."""

from __future__ import annotations

from tests.case_plans import CASES, Run, arguments_of


def test_every_example_history_says_how_to_run_it_and_plans(case: Run) -> None:
    files = sorted(CASES.glob("*.yaml"))
    assert len(files) > 40
    for file in files:
        assert str(file.relative_to(CASES.parents[2])) in arguments_of(file)
        assert case(file.stem).visits


def test_a_public_holiday_on_day_8_moves_it_to_the_next_day_and_says_so(case: Run) -> None:
    plan = case("B-public-holiday-on-day-8")
    assert plan.target("induction.c1.d8") == "2026-01-20"
    assert "Martin Luther King" in plan.why("induction.c1.d8")


def test_when_all_days_of_a_window_are_closed_the_visit_needs_a_decision(case: Run) -> None:
    plan = case("B-whole-window-closed")
    assert plan.status("induction.c1.d8") == "needs-decision"
    assert plan.target("induction.c1.d8") is None
    assert plan.visits["induction.c1.d8"]["conflicts"][0]["earliest_safe"] == "2026-01-15"


def test_a_site_with_every_day_closed_has_no_date_for_any_visit(case: Run) -> None:
    plan = case("B-site-always-closed")
    assert {visit["target"] for visit in plan.visits.values()} == {None}
    assert {visit["status"] for visit in plan.visits.values()} == {"needs-decision"}


def test_benefit_after_cycle_1_leads_to_maintenance(case: Run) -> None:
    plan = case("B-benefit-after-cycle-1")
    assert plan.visits["maintenance.c1.d1"]["certainty"] == "firm"
    assert plan.visits["maintenance.c2.d1"]["certainty"] == "tentative"
    assert not plan.starting_with("induction.c2")


def test_benefit_after_cycle_2_leads_to_maintenance(case: Run) -> None:
    assert case("B-benefit-after-cycle-2").target("maintenance.c1.d1") == "2026-03-02"


def test_no_benefit_after_cycle_2_ends_the_treatment(case: Run) -> None:
    plan = case("B-benefit-never")
    assert not plan.starting_with("maintenance")
    assert plan.data["treatment_end"] == {
        "date": "2026-02-27",
        "reason": "no-benefit",
        "recorded": True,
        "certainty": "firm",
    }
    assert plan.target("follow-up.day-30") == "2026-03-18"


def test_nothing_is_planned_after_a_death(case: Run) -> None:
    for name in ("B-death", "B-death-month-known"):
        plan = case(name)
        still_to_come = {"planned", "due", "booked", "to-rebook", "needs-decision", "held"}
        assert not [visit for visit in plan.visits.values() if visit["status"] in still_to_come]
        assert all(visit["target"] is None for visit in plan.visits.values() if visit["status"] == "cancelled")


def test_after_withdrawal_from_treatment_the_follow_up_goes_on(case: Run) -> None:
    plan = case("B-withdrawal-from-treatment")
    assert plan.status("induction.c1.marrow") == "cancelled"
    assert plan.targets("follow-up.end-of-treatment", "follow-up.day-30") == ["2026-01-26", "2026-02-18"]


def test_after_withdrawal_from_visits_only_the_permitted_contacts_remain(case: Run) -> None:
    plan = case("B-withdrawal-from-visits")
    assert plan.status("follow-up.day-30") == "cancelled"
    assert plan.target("follow-up.month-3") == "2026-04-20"
    assert plan.visits["follow-up.month-3"]["setting"] == "remote"


def test_after_withdrawal_from_contact_nothing_remains(case: Run) -> None:
    plan = case("B-withdrawal-from-contact")
    assert {visit["status"] for visit in plan.visits.values()} == {"done", "cancelled"}


def test_an_unscheduled_intrathecal_dose_keeps_vsli_off_its_day(case: Run) -> None:
    plan = case("B-unscheduled-visit")
    assert plan.target("unscheduled.it-1") == "2026-01-12"
    assert plan.target("induction.c1.d8") == "2026-01-13"
    assert "never given on the same day" in plan.why("induction.c1.d8")


def test_two_visits_whose_windows_overlap_each_keep_their_own_day(case: Run) -> None:
    plan = case("B-overlapping-windows")
    assert plan.targets("follow-up.liver-week-1", "follow-up.day-30") == ["2026-02-17", "2026-02-19"]
    assert plan.deviations == []


def test_a_visit_recorded_three_weeks_late_was_unknown_until_then(case: Run) -> None:
    before = case("B-recorded-three-weeks-late", "--known-at", "2026-01-20T12:00:00Z", "--as-of", "2026-01-20")
    assert before.status("induction.c1.d8") == "unrecorded"
    assert before.queries == ["unrecorded:induction.c1.d8"]
    after = case("B-recorded-three-weeks-late")
    assert after.status("induction.c1.d8") == "done"
    assert after.deviations == []


def test_a_visit_recorded_on_the_wrong_participant_counts_no_more_once_voided(case: Run) -> None:
    plan = case("B-wrong-participant-voided")
    assert plan.status("induction.c1.d8") == "planned"
    assert plan.targets("induction.c1.d8", "induction.c1.d15") == ["2026-01-12", "2026-01-19"]
    assert plan.deviations == []


def test_treatment_ended_by_mistake_goes_on_once_the_end_is_voided(case: Run) -> None:
    plan = case("B-restarted-after-end-by-mistake")
    assert plan.target("induction.c2.d8") == "2026-02-09"
    assert plan.data["treatment_end"]["recorded"] is False
    assert plan.deviations == []


def test_an_amendment_widens_a_window_and_adds_visits_for_somebody_in_cycle_1(case: Run) -> None:
    plan = case("B-amendment-in-cycle-1")
    assert plan.window("treatment.c1.d8") == ("2026-01-11", "2026-01-15")
    assert plan.target("treatment.c1.d4") == "2026-01-08"
    assert plan.target("follow-up.month-2") == "2026-03-26"


def test_the_same_amendment_asks_nothing_of_the_past_from_somebody_in_follow_up(case: Run) -> None:
    plan = case("B-amendment-in-follow-up")
    assert "treatment.c1.d4" not in plan.visits
    assert plan.target("follow-up.month-2") == "2026-03-26"
    assert plan.deviations == ["outside-window:treatment.c1.d8"]


def test_until_consent_to_the_amendment_only_what_is_new_waits(case: Run) -> None:
    plan = case("B-amendment-without-reconsent")
    waiting = [key for key, visit in plan.visits.items() if visit["status"] == "needs-decision"]
    assert waiting == ["treatment.c1.d4", "treatment.c2.d4", "follow-up.month-2"]
    assert plan.target("treatment.c1.d8") == "2026-01-12"


def test_after_a_transfer_the_new_sites_weekend_and_holidays_count(case: Run) -> None:
    plan = case("B-transfer")
    assert plan.target("induction.c1.d15") == "2026-01-19"
    assert plan.target("maintenance.c1.d15") == "2026-02-16"
    staying = case("B-closed-fifth-monday")
    assert staying.target("maintenance.c1.d15") == "2026-02-17"


def test_three_months_after_31_january_is_30_april_and_six_are_31_july(case: Run) -> None:
    plan = case("B-31-january")
    months = [f"follow-up.month-{count}" for count in (3, 6, 9, 12)]
    assert plan.targets(*months) == ["2026-04-30", "2026-07-31", "2026-10-31", "2027-01-31"]


def test_a_year_after_29_february_is_28_february(case: Run) -> None:
    plan = case("B-29-february")
    assert plan.targets("follow-up.month-3", "follow-up.month-12") == ["2028-05-29", "2029-02-28"]


def test_over_new_year_days_go_on_counting(case: Run) -> None:
    plan = case("B-new-year")
    assert plan.targets("induction.c1.d8", "induction.c1.d15") == ["2026-12-31", "2027-01-07"]
    assert plan.visits["induction.c1.d15"]["study_day"] == 15


def test_a_clock_that_goes_forward_moves_no_day(case: Run) -> None:
    plan = case("B-clock-goes-forward")
    assert plan.targets("induction.c1.d8", "induction.c1.d15") == ["2026-03-09", "2026-03-16"]
    assert plan.visits["induction.c1.d8"]["booked"]["time"] == "09:00"


def test_a_clock_that_goes_back_moves_no_day(case: Run) -> None:
    plan = case("B-clock-goes-back")
    assert plan.targets("induction.c1.d8", "induction.c1.d15") == ["2026-11-02", "2026-11-09"]


def test_the_end_of_treatment_on_a_saturday_puts_the_end_visit_on_monday(case: Run) -> None:
    plan = case("B-end-of-treatment-on-a-saturday")
    assert plan.window("follow-up.end-of-treatment") == ("2026-01-31", "2026-02-07")
    assert plan.target("follow-up.end-of-treatment") == "2026-02-02"


def test_a_closed_fifth_monday_closes_nothing_in_a_month_without_one(case: Run) -> None:
    plan = case("B-closed-fifth-monday")
    assert plan.targets("maintenance.c1.d1", "maintenance.c1.d8") == ["2026-02-02", "2026-02-09"]
    assert plan.target("maintenance.c3.d1") == "2026-03-31"
    assert "stock-taking" in plan.why("maintenance.c3.d1")


def test_the_same_history_entered_in_another_order_gives_the_same_plan(case: Run) -> None:
    assert case("B-another-order-of-entry").data == case("A5").data
