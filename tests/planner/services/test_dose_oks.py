"""OK to treat: who said on which results that a dose may be given, and which doses were given without it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from planner.persistence.dose_oks import DoseOk
from planner.persistence.unit_of_work import SYSTEM, Actor, Store
from planner.problems import Conflict, InvalidInput, NotAllowed, NotFound, Refused
from planner.services.access import EVERYTHING, Scope
from planner.services.dose_oks import DoseWithoutOk, GiveOk, Result, doses_without_ok, give_ok, oks_for, revoke_ok
from tests.studies import NOW, SOUTH, STUDY, Trial, a_user, audited, trial

D1 = "induction.c1.d1"
PLATELETS = Result(name="platelets", value="90", unit="10^9/L", day=date(2026, 1, 4))
DOSE = {"fact": "given", "date": "2026-01-05", "visit": D1, "activity": "vsli"}


@pytest.fixture
def study(store: Store) -> Trial:
    made = trial(store)
    made.enrol()
    return made


@pytest.fixture
def who(study: Trial) -> Actor:
    return a_user(study.store, "investigator@example.org")


def command(**changed: Any) -> GiveOk:
    said = {"study": STUDY, "participant": "01-001", "visit": D1, "drug": "vsli", "results": (PLATELETS,)}
    return GiveOk(**{**said, **changed})


def give(study: Trial, who: Actor, at: datetime = NOW, **changed: Any) -> DoseOk:
    wanted = command(**changed)
    return study.store.write(who, at, lambda uow: give_ok(uow, study.designs, EVERYTHING, wanted))


def revoke(study: Trial, who: Actor, at: datetime = NOW, why: str = "liver tests rose", visit: str = D1) -> DoseOk:
    return study.store.write(who, at, lambda uow: revoke_ok(uow, EVERYTHING, STUDY, "01-001", visit, "vsli", why))


def without(study: Trial, since: date = date.min) -> list[DoseWithoutOk]:
    return study.store.read(lambda session: doses_without_ok(session, study.designs, EVERYTHING, STUDY, since))


def wrong(study: Trial) -> list[str]:
    return [dose.wrong for dose in without(study)]


def test_an_ok_says_who_gave_it_when_and_on_which_results(study: Trial, who: Actor) -> None:
    give(study, who, note=" no neuropathy ")
    (row,) = study.store.read(lambda session: oks_for(session, EVERYTHING, STUDY, "01-001"))
    assert (row.given_by, row.given_at, row.visit_key, row.drug, row.note) == (
        who.user_id, NOW, D1, "vsli", "no neuropathy",
    )  # fmt: skip
    assert row.results == [{"name": "platelets", "value": "90", "unit": "10^9/L", "day": "2026-01-04"}]
    (entry,) = audited(study, "dose.ok-given")
    assert (entry.actor, (entry.after or {})["results"]) == (who.name, row.results)


def test_a_dose_with_an_ok_is_not_listed_and_one_without_is(study: Trial, who: Actor) -> None:
    give(study, who)
    study.record("01-001", DOSE, {**DOSE, "activity": "ino"})
    assert without(study) == [DoseWithoutOk("01-001", "north", D1, "ino", date(2026, 1, 5), "none")]


def test_a_voided_dose_is_not_listed(study: Trial) -> None:
    recorded = study.record("01-001", DOSE)
    study.record("01-001", {"fact": "void", "date": "2026-01-05", "of": recorded.facts[0].id})
    assert without(study) == []


def test_an_ok_of_another_visit_or_another_participant_is_none(study: Trial, who: Actor) -> None:
    study.enrol("01-002")
    give(study, who, participant="01-002")
    give(study, who, visit="induction.c1.d8")
    study.record("01-001", DOSE)
    assert wrong(study) == ["none"]


def test_an_ok_given_after_the_dose_comes_too_late(study: Trial, who: Actor) -> None:
    study.record("01-001", DOSE)
    give(study, who, at=NOW + timedelta(days=1))
    assert wrong(study) == ["later"]


def test_where_the_hour_of_a_dose_is_known_the_ok_must_come_before_it(study: Trial, who: Actor) -> None:
    study.record("01-001", {**DOSE, "start": "08:30"})  # 14:00 UTC is 09:00 in New York
    give(study, who)
    assert wrong(study) == ["later"]
    study.enrol("01-002")
    study.record("01-002", {**DOSE, "start": "09:30"})
    give(study, who, participant="01-002")
    assert [(dose.participant, dose.wrong) for dose in without(study)] == [("01-001", "later")]


def test_a_dose_after_its_ok_was_revoked_is_listed_and_one_before_is_not(study: Trial, who: Actor) -> None:
    give(study, who, at=NOW - timedelta(days=1))
    revoke(study, who, at=NOW)
    study.record("01-001", {**DOSE, "start": "09:30"})
    assert wrong(study) == ["revoked"]
    study.enrol("01-002")
    give(study, who, at=NOW - timedelta(days=1), participant="01-002")
    study.record("01-002", {**DOSE, "start": "08:30"})
    study.store.write(who, NOW, lambda uow: revoke_ok(uow, EVERYTHING, STUDY, "01-002", D1, "vsli", "fever"))
    assert [dose.participant for dose in without(study)] == ["01-001"]


def test_a_day_is_that_of_the_site_which_saw_the_participant(study: Trial, who: Actor) -> None:
    study.enrol("02-001", site=SOUTH)
    late = NOW.replace(hour=22, minute=30)  # 5 January in New York, 6 January in Jerusalem
    for number in ("01-001", "02-001"):
        give(study, who, at=late, participant=number)
        study.record(number, DOSE)
    assert [(dose.participant, dose.site, dose.wrong) for dose in without(study)] == [("02-001", SOUTH, "later")]


def test_a_dose_outside_any_visit_has_no_ok(study: Trial, who: Actor) -> None:
    give(study, who)
    study.record("01-001", {"fact": "given", "date": "2026-01-05", "activity": "vsli", "outside_plan": True})
    assert [(dose.visit, dose.wrong) for dose in without(study)] == [(None, "none")]


def test_the_list_may_begin_at_a_day(study: Trial) -> None:
    study.record("01-001", DOSE)
    assert without(study, date(2026, 1, 6)) == []
    assert len(without(study, date(2026, 1, 5))) == 1


def test_a_dose_has_one_ok_at_a_time_and_another_after_it_was_revoked(study: Trial, who: Actor) -> None:
    give(study, who)
    with pytest.raises(Conflict):
        give(study, who)
    row = revoke(study, who)
    assert (row.revoked_by, row.revoked_at, row.revoked_why) == (who.user_id, NOW, "liver tests rose")
    give(study, who)
    said = study.store.read(lambda session: oks_for(session, EVERYTHING, STUDY, "01-001"))
    assert [ok.revoked_at is None for ok in said] == [False, True]
    assert [entry.why for entry in audited(study, "dose.ok-revoked")] == ["liver tests rose"]


def test_of_people_who_give_it_at_the_same_moment_one_does(study: Trial, who: Actor) -> None:
    with ThreadPoolExecutor(4) as pool:
        tries = [pool.submit(give, study, who) for _ in range(4)]
    assert [type(one.exception()) for one in tries].count(Conflict) == 3
    assert len(study.store.read(lambda session: oks_for(session, EVERYTHING, STUDY, "01-001"))) == 1


def test_the_database_too_lets_no_second_ok_stand(study: Trial, who: Actor) -> None:
    row = give(study, who)
    twice = DoseOk(study_id=row.study_id, participant_id=row.participant_id, visit_key=D1, drug="vsli",
                   given_by=row.given_by, given_at=NOW, results=[], note="n")  # fmt: skip
    with pytest.raises(IntegrityError), study.store.database.writing() as session:
        session.add(twice)


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"drug": "marrow"}, "drug"),
        ({"drug": "bloods"}, "drug"),
        ({"visit": "screening.baseline"}, "drug"),
        ({"results": ()}, "results"),
        ({"results": (PLATELETS,) * 51}, "results"),
        ({"results": (Result(name="", value="90", day=date(2026, 1, 4)),)}, "results/0/name"),
        ({"results": (Result(name="platelets", value=" ", day=date(2026, 1, 4)),)}, "results/0/value"),
        ({"results": (Result(name="platelets", value="90", day=date(2026, 1, 6)),)}, "results/0/day"),
        ({"note": "n" * 4_001}, "note"),
    ],
)
def test_what_cannot_be_is_told_by_its_field(study: Trial, who: Actor, changed: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        give(study, who, **changed)
    assert [problem.place for problem in refused.value.problems] == [place]


def test_only_a_person_says_that_a_dose_may_be_given(study: Trial, who: Actor) -> None:
    with pytest.raises(NotAllowed):
        give(study, SYSTEM)
    give(study, who)
    with pytest.raises(NotAllowed):
        revoke(study, SYSTEM)


def test_a_visit_that_will_not_be_gets_no_ok(study: Trial, who: Actor) -> None:
    study.record("01-001", {"fact": "visit_missed", "date": "2026-01-05", "visit": D1, "reason": "travel"})
    with pytest.raises(Refused, match="missed"):
        give(study, who)


def test_an_ok_is_revoked_with_a_reason_and_only_while_it_stands(study: Trial, who: Actor) -> None:
    with pytest.raises(NotFound):
        revoke(study, who)
    give(study, who)
    with pytest.raises(InvalidInput, match="why is missing"):
        revoke(study, who, why=" ")
    with pytest.raises(NotFound):
        revoke(study, who, visit="induction.c1.d8")


ELSEWHERE = Scope(((1, 2),))
OUT_OF_SCOPE: dict[str, Callable[[Trial, Actor], Any]] = {
    "give": lambda study, who: study.store.write(
        who, NOW, lambda uow: give_ok(uow, study.designs, ELSEWHERE, command())
    ),
    "revoke": lambda study, who: study.store.write(
        who, NOW, lambda uow: revoke_ok(uow, ELSEWHERE, STUDY, "01-001", D1, "vsli", "w")
    ),
    "look": lambda study, who: study.store.read(lambda session: oks_for(session, ELSEWHERE, STUDY, "01-001")),
}


@pytest.mark.parametrize("what", OUT_OF_SCOPE)
def test_who_is_of_another_site_finds_nobody(study: Trial, who: Actor, what: str) -> None:
    give(study, who)
    with pytest.raises(NotFound):
        OUT_OF_SCOPE[what](study, who)


def test_the_list_is_of_ones_own_sites_only(study: Trial) -> None:
    study.record("01-001", DOSE)
    assert study.store.read(lambda session: doses_without_ok(session, study.designs, ELSEWHERE, STUDY)) == []
