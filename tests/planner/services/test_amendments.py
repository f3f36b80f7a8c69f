"""Amendments take effect site by site: who is there comes under them, and who must consent again is listed."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from planner.persistence.facts import FactRow
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.visits import visits_of
from planner.problems import InvalidInput, NotFound, PlannerError, Refused
from planner.services.access import EVERYTHING, Scope, find_study
from planner.services.amendments import (
    AmendmentReport,
    MakeEffective,
    amendment_effective,
    apply_due_amendments,
    effective_versions,
    preview_amendment,
)
from planner.services.reconsents import Reconsent, reconsent_log
from planner.services.studies import add_version
from tests.studies import NORTH, SOUTH, STUDY, Trial, audited, trial

NOW = datetime(2026, 1, 8, 15, 0, tzinfo=UTC)
FIRST = """\
protocol: small
version: "1.0"
title: Small
activities:
  drug: {label: Drug, kind: dose}
  look: {label: Look, kind: assessment}
  biopsy: {label: Biopsy, kind: procedure}
epochs:
  t:
    label: Treatment
    length: 28 days
    visits:
      d1: {label: Day 1, day: 1, window: 0/+1, activities: [drug]}
      d8: {label: Day 8, day: 8, window: -1/+1, activities: [drug, look]}
"""
SECOND = (
    FIRST.replace('"1.0"', '"2.0"\nreconsent: true').replace("[drug, look]", "[drug, look, biopsy]")
    + "      d22: {label: Day 22, day: 22, window: -1/+1, activities: [look]}\n"
)
THIRD = FIRST.replace('"1.0"', '"3.0"').replace("window: -1/+1", "window: -1/+3")
TWO = MakeEffective(study=STUDY, site=NORTH, version="2.0", approved_on=date(2026, 1, 2), effective_on=date(2026, 1, 7))
DOSE = {"fact": "given", "date": "2026-01-05", "visit": "t.d1", "activity": "drug"}


@pytest.fixture
def study(store: Store) -> Trial:
    made = trial(store, NOW, [FIRST, SECOND, THIRD])
    made.enrol("01-001")
    made.record("01-001", DOSE)
    return made


def command(**changed: Any) -> MakeEffective:
    said = {name: getattr(TWO, name) for name in ("study", "site", "version", "approved_on", "effective_on")}
    return MakeEffective(**{**said, **changed})


def put(study: Trial, now: datetime = NOW, scope: Scope = EVERYTHING, **changed: Any) -> AmendmentReport:
    wanted = command(**changed)
    return study.store.write(SYSTEM, now, lambda uow: amendment_effective(uow, study.designs, scope, wanted))


def preview(study: Trial, **changed: Any) -> AmendmentReport:
    wanted = command(**changed)
    return study.store.read(lambda session: preview_amendment(session, study.designs, EVERYTHING, wanted, NOW))


def versions(study: Trial) -> dict[str, str | None]:
    query = select(Participant).order_by(Participant.number)
    return study.store.read(lambda session: {one.number: one.version for one in session.scalars(query)})


def log(study: Trial, now: datetime = NOW, version: str | None = None, scope: Scope = EVERYTHING) -> list[Reconsent]:
    return study.store.read(lambda session: reconsent_log(session, study.designs, scope, STUDY, now, version))


def test_who_is_at_the_site_comes_under_the_version_and_is_planned_anew(study: Trial) -> None:
    study.enrol("02-001", site=SOUTH)
    report = put(study)
    assert [(one.participant, one.since) for one in report.amended] == [("01-001", date(2026, 1, 7))]
    changes = report.amended[0].recorded.changes
    assert changes is not None
    assert "t.d22" in {change.key for change in changes.visits}
    assert versions(study) == {"01-001": "2.0", "02-001": "1.0"}
    with study.store.database.reading() as session:
        assert visits_of(session, 1)["t.d22"].target is not None or visits_of(session, 1)["t.d22"].conflicts


def test_what_asks_for_consent_again_is_outstanding_until_it_is_given(study: Trial) -> None:
    assert put(study).to_reconsent == ("01-001",)
    assert log(study) == [Reconsent("01-001", NORTH, "2.0", date(2026, 1, 7), True, None, True)]
    study.record("01-001", {"fact": "consented", "date": "2026-01-08", "version": "2.0"})
    assert log(study) == [Reconsent("01-001", NORTH, "2.0", date(2026, 1, 7), True, date(2026, 1, 8), False)]
    assert put(study).to_reconsent == ()


def test_who_consented_before_the_day_has_nothing_outstanding(study: Trial) -> None:
    study.record("01-001", {"fact": "consented", "date": "2026-01-06", "version": "2.0"})
    assert preview(study).to_reconsent == ()
    assert put(study).to_reconsent == ()


def test_a_version_that_asks_for_no_consent_is_logged_and_never_outstanding(study: Trial) -> None:
    put(study)
    assert put(study, version="3.0").to_reconsent == ()
    assert [(entry.version, entry.needed, entry.outstanding) for entry in log(study)] == [
        ("2.0", True, False),  # replaced before anybody asked
        ("3.0", False, False),
    ]
    assert [entry.version for entry in log(study, version="3.0")] == ["3.0"]


def test_nobody_asks_the_dead_or_those_who_withdrew_for_consent(study: Trial) -> None:
    put(study)
    study.record("01-001", {"fact": "withdrew", "date": "2026-01-08", "scope": "visits"})
    assert [entry.outstanding for entry in log(study)] == [False]


def test_a_preview_shows_what_would_move_and_changes_nothing(study: Trial) -> None:
    report = preview(study)
    assert [one.participant for one in report.amended] == ["01-001"]
    assert report.to_reconsent == ("01-001",)
    assert versions(study) == {"01-001": "1.0"}
    assert study.store.read(lambda session: effective_versions(session, EVERYTHING, STUDY)) == []


def test_a_version_that_is_in_effect_later_waits_and_its_preview_looks_from_its_day(study: Trial) -> None:
    later = date(2026, 1, 12)
    (one,) = preview(study, effective_on=later).amended
    assert one.recorded.changes is not None
    assert "t.d22" in {change.key for change in one.recorded.changes.visits}
    report = put(study, effective_on=later)
    assert (report.waits, report.amended, versions(study)) == (True, (), {"01-001": "1.0"})


def test_every_night_those_come_under_a_version_whose_day_has_come(study: Trial) -> None:
    put(study, effective_on=date(2026, 1, 12))

    def tonight(now: datetime) -> list[AmendmentReport]:
        return apply_due_amendments(study.store, study.designs, SYSTEM, now)

    assert tonight(NOW) == []
    assert tonight(datetime(2026, 1, 12, 4, 0, tzinfo=UTC)) == [], "in New York it is still the 11th"
    (report,) = tonight(datetime(2026, 1, 12, 6, 0, tzinfo=UTC))
    assert [(one.participant, one.since) for one in report.amended] == [("01-001", date(2026, 1, 12))]
    assert tonight(datetime(2026, 1, 13, 6, 0, tzinfo=UTC)) == []


def test_who_moves_to_the_site_comes_under_its_version_from_that_day_on(study: Trial) -> None:
    study.enrol("02-001", site=SOUTH)
    put(study)
    study.record("02-001", {"fact": "transferred", "date": "2026-01-08", "site": NORTH})
    (report,) = apply_due_amendments(study.store, study.designs, SYSTEM, NOW)
    assert [(one.participant, one.since) for one in report.amended] == [("02-001", date(2026, 1, 8))]


def test_done_again_it_moves_nobody_twice(study: Trial) -> None:
    put(study)
    assert put(study).amended == ()
    assert len(audited(study, "protocol.effective")) == 1


def test_an_older_version_takes_nobody_back(study: Trial) -> None:
    put(study, version="3.0")
    assert put(study).amended == ()
    assert versions(study) == {"01-001": "3.0"}


def test_who_died_or_is_only_being_screened_stays_as_they_are(study: Trial) -> None:
    study.screen("01-002", planned_day_1=date(2026, 2, 2))
    study.record("01-001", {"fact": "died", "date": "2026-01-06"})
    report = put(study)
    assert (report.amended, report.failed) == ((), ())


def test_who_enrols_at_the_site_afterwards_does_so_under_its_version(study: Trial) -> None:
    put(study)
    for number, site in (("01-003", NORTH), ("02-003", SOUTH)):
        study.screen(number, site)
        study.record(number, {"fact": "enrolled", "date": "2026-01-08", "day_1": "2026-01-12"})
    study.screen("01-004")
    study.record("01-004", {"fact": "enrolled", "date": "2026-01-06", "day_1": "2026-01-12"})
    study.screen("01-005")
    study.record("01-005", {"fact": "enrolled", "date": "2026-01-08", "day_1": "2026-01-12", "version": "1.0"})
    found = versions(study)
    assert [found[number] for number in ("01-003", "02-003", "01-004", "01-005")] == ["2.0", "1.0", "1.0", "1.0"]


def test_one_of_whom_no_plan_can_be_made_keeps_nobody_else_back(store: Store) -> None:
    both = FIRST.replace("epochs:", "arms:\n  a: {label: A}\n  b: {label: B}\nepochs:")
    one = both.replace("  b: {label: B}\n", "").replace('"1.0"', '"2.0"')
    study = trial(store, NOW, [both, one])
    for number, arm in (("01-001", "b"), ("01-002", "a")):
        study.enrol(number, arm=arm)
    known = count(study)
    for report in (preview(study), put(study)):
        assert [(number, "no arm 'b'" in why) for number, why in report.failed] == [("01-001", True)]
        assert [one.participant for one in report.amended] == ["01-002"]
    assert versions(study) == {"01-001": "1.0", "01-002": "2.0"}
    assert count(study) == known + 1


def test_one_whose_chair_is_taken_stays_wholly_under_the_old_version(store: Store) -> None:
    without = (
        FIRST.replace('"1.0"', '"2.0"').replace("      d8:", "      d9:").replace("Day 8, day: 8", "Day 9, day: 9")
    )
    study = trial(store, NOW, [FIRST, without, THIRD])
    booked = {"fact": "booked", "date": "2026-01-12", "visit": "t.d8", "time": "09:30", "minutes": 60}
    study.enrol("01-001")
    study.record("01-001", DOSE, booked)
    put(study)  # the chair is given back with the visit, and taken by others
    for number in ("01-002", "01-003"):
        study.enrol(number, version="1.0")
        study.record(number, DOSE, booked)
    before = count(study), study.store.read(lambda session: visits_of(session, 1)["t.d8"].revision)
    report = put(study, version="3.0")
    assert [(number, "no chair is free" in why) for number, why in report.failed] == [("01-001", True)]
    assert [one.participant for one in report.amended] == ["01-002", "01-003"]
    assert versions(study) == {"01-001": "2.0", "01-002": "3.0", "01-003": "3.0"}
    after = count(study), study.store.read(lambda session: visits_of(session, 1)["t.d8"].revision)
    assert after == (before[0] + 2, before[1])
    assert [entry.subject for entry in audited(study, "facts.recorded")][-2:] == [
        "participant:01-002",
        "participant:01-003",
    ]


def count(study: Trial) -> int:
    return study.store.read(lambda session: session.scalar(select(func.count()).select_from(FactRow))) or 0


def test_who_has_nothing_left_to_come_by_the_old_version_comes_under_the_new_one_too(study: Trial) -> None:
    study.record("01-001", {"fact": "given", "date": "2026-01-12", "visit": "t.d8", "activity": "drug"})
    put(study, now=datetime(2026, 1, 13, 15, 0, tzinfo=UTC))
    with study.store.database.reading() as session:
        assert not visits_of(session, 1)["t.d22"].gone


def test_who_has_completed_the_study_stays_as_they_are(study: Trial) -> None:
    study.record("01-001", {"fact": "treatment_ended", "date": "2026-01-06", "reason": "toxicity"})
    assert put(study).amended == ()


def test_where_which_version_is_in_effect_is_a_list(study: Trial) -> None:
    put(study)
    put(study, site=SOUTH, effective_on=date(2026, 3, 1))
    known = study.store.read(lambda session: effective_versions(session, EVERYTHING, STUDY))
    assert known == [
        (NORTH, "2.0", date(2026, 1, 2), date(2026, 1, 7)),
        (SOUTH, "2.0", date(2026, 1, 2), date(2026, 3, 1)),
    ]
    own = study.store.read(lambda session: effective_versions(session, Scope(((1, 2),)), STUDY))
    assert [site for site, *_ in own] == [SOUTH]


def test_another_day_can_be_written_until_somebody_is_under_it(study: Trial) -> None:
    put(study, effective_on=date(2026, 2, 1))
    put(study, effective_on=date(2026, 1, 7))
    with pytest.raises(Refused, match="participants are under it since 2026-01-07"):
        put(study, effective_on=date(2026, 1, 6))
    put(study, approved_on=date(2026, 1, 3))
    known = study.store.read(lambda session: effective_versions(session, EVERYTHING, STUDY))
    assert known == [(NORTH, "2.0", date(2026, 1, 3), date(2026, 1, 7))]


WRONG: dict[str, tuple[Callable[[Trial], Any], type[PlannerError]]] = {
    "a version that is none": (lambda study: put(study, version="9.0"), NotFound),
    "a site that is none": (lambda study: put(study, site="nowhere"), NotFound),
    "a site out of scope": (lambda study: put(study, scope=Scope(((1, 2),))), NotFound),
    "in effect before it is approved": (lambda study: put(study, effective_on=date(2026, 1, 1)), InvalidInput),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_is_refused(study: Trial, what: str) -> None:
    work, kind = WRONG[what]
    with pytest.raises(kind):
        work(study)
    assert versions(study) == {"01-001": "1.0"}


def test_a_version_whose_assumptions_nobody_has_confirmed_takes_no_effect(study: Trial) -> None:
    fourth = THIRD.replace('"3.0"', '"4.0"')
    study.store.write(SYSTEM, NOW, lambda uow: add_version(uow, find_study(uow.session, EVERYTHING, STUDY), fourth).id)
    with pytest.raises(Refused, match="confirmed"):
        put(study, version="4.0")


def test_the_log_is_of_ones_own_sites_only(study: Trial) -> None:
    put(study)
    assert log(study, scope=Scope(((1, 2),))) == []


def test_nothing_was_approved_on_a_day_that_has_not_come(study: Trial) -> None:
    with pytest.raises(InvalidInput, match="approved_on: 2027-01-02 has not come yet at the site"):
        put(study, approved_on=date(2027, 1, 2), effective_on=date(2027, 1, 7))


def test_no_version_is_in_effect_at_a_site_after_a_newer_one(study: Trial) -> None:
    put(study)
    with pytest.raises(Refused, match=r"version 2\.0 is in effect there from 2026-01-07 on, and is newer"):
        put(study, version="1.0", effective_on=date(2026, 1, 8))
    put(study, version="1.0", effective_on=date(2026, 1, 2))
