"""What differs between two plans: the ground of what people are told. vsli-ino, Day 1 on Monday 5 January 2026."""

from datetime import date, time
from functools import cache

from schedules.changes import Changes, What, compare, moved_by
from schedules.design import Design
from schedules.history import (
    Booked,
    CycleHeld,
    Enrolled,
    Fact,
    GateDecided,
    Given,
    Held,
    History,
    TreatmentEnded,
)
from schedules.plan import plan
from schedules.protocol_file import library_protocol, read_parameters
from schedules.scheduled import Plan
from schedules.statuses import Status
from tests.architecture.source import ROOT

ENROLLED = Enrolled(date=date(2025, 12, 30), day_1=date(2026, 1, 5))


@cache
def design() -> Design:
    return Design((library_protocol("vsli-ino").protocol,))


def planned(*facts: Fact, as_of: date = date(2026, 1, 6)) -> Plan:
    return plan(design(), History((ENROLLED, *facts)), as_of)


def doses(visit: str, day: date) -> tuple[Fact, Fact]:
    return Given(date=day, visit=visit, activity="vsli"), Given(date=day, visit=visit, activity="ino")


def keys(changes: Changes, what: What) -> list[str]:
    return [change.key for change in changes.of(what)]


def test_a_plan_does_not_differ_from_itself() -> None:
    changes = compare(planned(), planned())
    assert not changes
    assert not any((changes.visits, changes.gates, changes.home_doses, changes.new_deviations))


def test_a_day_1_given_two_days_late_moves_all_later_visits_by_two_days_but_not_those_before() -> None:
    late = doses("induction.c1.d1", date(2026, 1, 7))
    changes = compare(planned(), planned(*late))
    by_key = {change.key: change for change in changes.visits}
    assert moved_by(by_key["induction.c1.d8"]) == 2
    assert moved_by(by_key["maintenance.c5.d15"]) == 2
    assert by_key["induction.c1.d8"].aspects == ("target", "window")


def test_a_move_names_the_old_and_the_new_day() -> None:
    changes = compare(planned(), planned(*doses("induction.c1.d1", date(2026, 1, 7))))
    change = next(change for change in changes.visits if change.key == "induction.c1.d8")
    assert change.old is not None
    assert change.new is not None
    assert (change.old.target, change.new.target) == (date(2026, 1, 12), date(2026, 1, 14))


def test_a_dose_given_on_its_day_only_changes_the_status() -> None:
    changes = compare(planned(), planned(*doses("induction.c1.d1", date(2026, 1, 5))))
    change = changes.of(What.CHANGED)[0]
    assert (change.key, change.aspects) == ("induction.c1.d1", ("status",))
    assert moved_by(change) == 0


def test_no_benefit_makes_a_second_cycle_appear_and_a_maintenance_cycle_fall_away() -> None:
    decided = GateDecided(date=date(2026, 1, 30), gate="induction.c1.response", outcome="no-benefit")
    changes = compare(planned(), planned(decided))
    assert "induction.c2.d8" in keys(changes, What.APPEARED)
    assert "maintenance.c5.d8" in keys(changes, What.FELL_AWAY)
    fallen = next(change for change in changes.visits if change.key == "maintenance.c5.d8")
    assert fallen.new is None
    assert moved_by(fallen) is None


def test_a_cancelled_visit_counts_as_fallen_away_and_one_restored_as_appeared() -> None:
    ended = TreatmentEnded(date=date(2026, 1, 13), reason="toxicity")
    before, after = planned(), planned(ended)
    assert after.visit("induction.c1.d15").status is Status.CANCELLED
    assert "induction.c1.d15" in keys(compare(before, after), What.FELL_AWAY)
    assert "induction.c1.d15" in keys(compare(after, before), What.APPEARED)


def test_what_is_cancelled_in_one_plan_and_missing_in_the_other_is_no_change() -> None:
    ended = TreatmentEnded(date=date(2026, 1, 13), reason="toxicity")
    no_benefit = GateDecided(date=date(2026, 1, 12), gate="induction.c1.response", outcome="no-benefit")
    for changes in (compare(planned(ended), planned(ended, no_benefit)), compare(planned(ended), planned(ended))):
        assert not [key for key in keys(changes, What.APPEARED) if key.startswith("induction.c2")]


def test_a_cycle_held_without_an_end_takes_the_dates_away() -> None:
    base = [fact for key, day in (("d1", 5), ("d8", 12), ("d15", 19)) for fact in
            doses(f"induction.c1.{key}", date(2026, 1, day))]  # fmt: skip
    held = CycleHeld(date=date(2026, 2, 2), cycle="maintenance.c1", reason="counts")
    as_of = date(2026, 2, 2)
    changes = compare(planned(*base, as_of=as_of), planned(*base, held, as_of=as_of))
    change = next(change for change in changes.visits if change.key == "maintenance.c1.d1")
    assert {"target", "status", "conflicts"} <= set(change.aspects)
    assert moved_by(change) is None


def test_a_decision_changes_its_gate_and_a_gate_off_the_path_falls_away() -> None:
    base = doses("induction.c1.d1", date(2026, 1, 5))
    decided = GateDecided(date=date(2026, 1, 30), gate="induction.c1.response", outcome="progression")
    changes = {change.key: change for change in compare(planned(*base), planned(*base, decided)).gates}
    assert changes["induction.c1.response"].what is What.CHANGED
    assert "outcome" in changes["induction.c1.response"].aspects
    assert changes["maintenance.c1.continue"].what is What.FELL_AWAY


def test_another_end_of_treatment_is_told_with_the_old_one() -> None:
    ended = TreatmentEnded(date=date(2026, 1, 13), reason="toxicity")
    end = compare(planned(), planned(ended)).treatment_end
    assert end is not None
    assert end.old is not None
    assert end.new is not None
    assert (end.old.reason, end.new.reason, end.new.day) == ("completed", "toxicity", date(2026, 1, 13))


def test_another_hour_of_an_appointment_is_a_change_although_the_day_stays() -> None:
    def booked(hour: int) -> Booked:
        return Booked(date=date(2026, 1, 12), visit="induction.c1.d8", time=time(hour, 30))

    changes = compare(planned(booked(9)), planned(booked(11)))
    assert [(change.key, change.aspects) for change in changes.visits] == [("induction.c1.d8", ("booking",))]


def test_deviations_that_come_and_go_are_listed() -> None:
    early, in_time = doses("induction.c1.d1", date(2026, 1, 5)), doses("induction.c1.d8", date(2026, 1, 12))
    late = doses("induction.c1.d8", date(2026, 1, 16))
    as_of = date(2026, 1, 17)
    changes = compare(planned(*early, *in_time, as_of=as_of), planned(*early, *late, as_of=as_of))
    new = {deviation.id for deviation in changes.new_deviations}
    assert [name for name in new if "induction.c1.d8" in name]
    back = compare(planned(*early, *late, as_of=as_of), planned(*early, *in_time, as_of=as_of))
    assert {deviation.id for deviation in back.gone_deviations} == new


def test_holding_a_drug_taken_at_home_changes_its_doses_and_no_visit() -> None:
    values = read_parameters((ROOT / "docs/examples/ven-ino.parameters.yaml").read_bytes(), "values.yaml")
    study = Design((library_protocol("ven-ino", values).protocol,))
    held = Held(date=date(2026, 1, 20), activity="venetoclax", reason="toxicity", resume=date(2026, 1, 27))
    before, after = (plan(study, History((ENROLLED, *facts)), date(2026, 1, 20)) for facts in ((), (held,)))
    changes = compare(before, after)
    assert changes.visits == ()
    change = changes.home_doses[0]
    assert change.old is not None
    assert change.new is not None
    assert (len(change.old.days), len(change.new.days), len(change.new.held)) == (28, 21, 7)


def test_changes_stand_in_the_order_of_the_new_plan_and_the_fallen_behind_their_neighbours() -> None:
    decided = GateDecided(date=date(2026, 1, 30), gate="induction.c1.response", outcome="no-benefit")
    found = [change.key for change in compare(planned(), planned(decided)).visits]
    assert found.index("induction.c2.d1") < found.index("induction.c2.d8") < found.index("maintenance.c1.d1")
    assert found[-3:] == ["maintenance.c5.d1", "maintenance.c5.d8", "maintenance.c5.d15"]
