"""What people say of deviations: one step after the other, each on record; what a later fact mends lapses by itself."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from planner.persistence.audit import AuditEntry
from planner.persistence.deviations import DeviationRow
from planner.persistence.facts import facts_of
from planner.persistence.unit_of_work import SYSTEM, Actor, Store
from planner.problems import Conflict, InvalidInput, NotFound
from planner.services.access import EVERYTHING
from planner.services.deviations import JudgeDeviation, SignDeviation, judge_deviation, sign_deviation
from planner.services.users import CreateUser, create_user
from tests.studies import STUDY, Trial, audited, trial

NUMBER = "01-001"
D8 = "induction.c1.d8"
LATE = f"outside-window:{D8}"


def doses(visit: str, day: str) -> list[dict[str, Any]]:
    return [{"fact": "given", "date": day, "visit": visit, "activity": drug} for drug in ("vsli", "ino")]


@pytest.fixture
def study(store: Store) -> Trial:
    """Somebody whose Day 8 was given two days after its window."""
    made = trial(store, datetime(2026, 1, 17, 15, tzinfo=UTC))
    made.enrol()
    made.record(NUMBER, *doses("induction.c1.d1", "2026-01-05"), *doses(D8, "2026-01-16"))
    return made


def row(study: Trial, identity: str = LATE) -> DeviationRow:
    with study.store.database.reading() as session:
        found = session.scalar(select(DeviationRow).where(DeviationRow.identity == identity))
    assert found is not None
    return found


def judge(study: Trial, step: str, **details: Any) -> DeviationRow:
    command = JudgeDeviation(study=STUDY, participant=NUMBER, identity=LATE, step=step, **details)
    return study.store.write(SYSTEM, study.now, lambda uow: judge_deviation(uow, EVERYTHING, command))


def test_a_deviation_goes_from_candidate_to_closed_and_every_step_is_on_record(study: Trial) -> None:
    assert (row(study).state, row(study).days) == ("candidate", 2)
    judge(study, "confirm", aware_since=date(2026, 1, 17))
    judge(study, "classify", important=True, category="dosing", cause="no chair", action="two chairs more")
    judge(study, "report", reported_on=date(2026, 1, 17), reported_to="the ethics committee")
    sign(study)
    judge(study, "close")
    done = row(study)
    assert (done.state, done.important, done.reported_to) == ("closed", True, "the ethics committee")
    with study.store.database.reading() as session:
        steps = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("deviation.%"))).all()
    assert [step.removeprefix("deviation.") for step in steps] == ["confirm", "classify", "report", "signed", "close"]


@pytest.mark.parametrize(("step", "missing"), [("dismiss", ["reason"])])
def test_a_step_asks_for_what_it_needs(study: Trial, step: str, missing: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        judge(study, step)
    assert [problem.place for problem in refused.value.problems] == missing
    assert row(study).state == "candidate"


def test_a_step_that_does_not_follow_and_one_that_is_none_are_refused(study: Trial) -> None:
    with pytest.raises(Conflict, match="it is candidate"):
        judge(study, "close")
    with pytest.raises(InvalidInput, match="no such step"):
        judge(study, "forget")


def test_two_people_at_once_do_not_judge_by_what_is_no_longer_so(study: Trial) -> None:
    seen = row(study).revision
    judge(study, "confirm", expected=seen)
    with pytest.raises(Conflict, match="revision"):
        judge(study, "dismiss", expected=seen, reason="not so")


def test_what_nobody_has_judged_lapses_when_a_fact_mends_it_and_comes_back_with_it(study: Trial) -> None:
    held = study.record(NUMBER, {"fact": "held", "date": "2026-01-12", "visit": D8, "reason": "toxicity",
                                 "resume": "2026-01-15"})  # fmt: skip
    assert (row(study).state, row(study).found) == ("lapsed", False)
    study.record(NUMBER, {"fact": "void", "date": "2026-01-17", "of": held.facts[0].id})
    assert (row(study).state, row(study).found) == ("candidate", True)


def test_what_people_have_judged_stays_when_a_fact_mends_it(study: Trial) -> None:
    judge(study, "confirm")
    study.record(NUMBER, {"fact": "held", "date": "2026-01-12", "visit": D8, "reason": "toxicity",
                          "resume": "2026-01-15"})  # fmt: skip
    assert (row(study).state, row(study).found) == ("confirmed", False)


def sign(study: Trial, expected: int | None = None) -> DeviationRow:
    """The signature of somebody who is made up for it."""
    name = f"signer-{study.now.timestamp()}-{expected}@example.org"
    somebody = CreateUser(email=name, name="Made Up", password="four words and more")
    user = study.store.write(SYSTEM, study.now, lambda uow: create_user(uow, somebody).id)
    command = SignDeviation(study=STUDY, participant=NUMBER, identity=LATE, meaning=" reviewed ", expected=expected)
    return study.store.write(
        Actor(f"user:{user}", user), study.now, lambda uow: sign_deviation(uow, EVERYTHING, command)
    )


def test_an_investigator_signs_what_was_classified_once(study: Trial) -> None:
    with pytest.raises(Conflict, match="classify it before"):
        sign(study)
    judge(study, "confirm")
    judge(study, "classify", important=False, category="dosing")
    study.now += timedelta(minutes=1)
    user = sign(study).signed_by
    assert user is not None
    assert (row(study).signed_by, row(study).signed_at, row(study).signed_as) == (user, study.now, "reviewed")
    study.now += timedelta(minutes=1)
    with pytest.raises(Conflict, match="signed already"):
        sign(study)
    assert row(study).signed_by == user


def test_nobody_signs_what_they_have_not_read(study: Trial) -> None:
    judge(study, "confirm")
    read = judge(study, "classify", important=False, category="dosing").revision
    judge(study, "classify", important=True, category="dosing")
    with pytest.raises(Conflict, match="look at it again"):
        sign(study, expected=read)
    assert sign(study, expected=read + 1).signed_as == "reviewed"


def test_an_important_one_whose_signature_goes_is_open_again(study: Trial) -> None:
    judge(study, "confirm")
    judge(study, "classify", important=True, category="dosing")
    sign(study)
    judge(study, "close")
    facts = study.store.read(lambda session: [kept.fact_id for kept in facts_of(session, 1) if kept.kind == "given"])
    voids = [{"fact": "void", "date": "2026-01-17", "of": fact} for fact in facts[2:]]
    study.record(NUMBER, *voids, *doses(D8, "2026-01-17"))
    assert (row(study).days, row(study).state, row(study).signed_by) == (3, "classified", None)
    (entry,) = audited(study, "deviation.signature-ended")
    assert (entry.before or {})["state"] == "closed"


def test_an_important_one_is_closed_only_under_a_signature(study: Trial) -> None:
    judge(study, "confirm")
    judge(study, "classify", important=True, category="dosing")
    with pytest.raises(Conflict, match=r"nobody has signed it.*the investigator signs it first"):
        judge(study, "close")
    sign(study)
    with pytest.raises(Conflict, match="nobody has signed it"):
        judge(study, "close", cause="something else")
    assert (row(study).state, row(study).signed_as) == ("classified", "reviewed")
    assert judge(study, "close", important=True).signed_as == "reviewed"


def test_one_that_is_not_important_needs_no_signature_and_becomes_so_only_under_one(study: Trial) -> None:
    judge(study, "confirm")
    judge(study, "classify", important=False, category="dosing")
    with pytest.raises(Conflict, match="nobody has signed it"):
        judge(study, "close", important=True)
    assert judge(study, "close").state == "closed"


def test_a_signature_goes_when_a_fact_makes_another_deviation_of_it(study: Trial) -> None:
    judge(study, "confirm")
    judge(study, "classify", important=False, category="dosing")
    sign(study)
    facts = study.store.read(lambda session: [kept.fact_id for kept in facts_of(session, 1) if kept.kind == "given"])
    study.record(NUMBER, {"fact": "omitted", "date": "2026-01-12", "visit": "induction.c1.d15", "activity": "vsli",
                          "reason": "toxicity"})  # fmt: skip
    assert row(study).signed_as == "reviewed"
    voids = [{"fact": "void", "date": "2026-01-17", "of": fact} for fact in facts[2:]]
    study.record(NUMBER, *voids, *doses(D8, "2026-01-17"))
    assert (row(study).days, row(study).state, row(study).signed_by) == (3, "classified", None)
    (entry,) = audited(study, "deviation.signature-ended")
    assert entry.before is not None
    assert (entry.before["days"], entry.before["signed_as"]) == (2, "reviewed")


def test_a_deviation_of_nobody_is_not_found(study: Trial) -> None:
    command = JudgeDeviation(study=STUDY, participant=NUMBER, identity="missed:nothing", step="confirm")
    with pytest.raises(NotFound):
        study.store.write(SYSTEM, study.now, lambda uow: judge_deviation(uow, EVERYTHING, command))


@pytest.mark.parametrize(
    ("days", "place"),
    [
        ({"aware_since": date(2026, 1, 18)}, "aware_since"),
        ({"reported_on": date(2027, 1, 17)}, "reported_on"),
        ({"aware_since": date(2026, 1, 17), "reported_on": date(2026, 1, 16)}, "reported_on"),
    ],
)
def test_nothing_is_known_or_reported_on_a_day_that_has_not_come_nor_reported_before_it_is_known(
    study: Trial, days: dict[str, date], place: str
) -> None:
    judge(study, "confirm")
    judge(study, "classify", important=True, category="dosing")
    with pytest.raises(InvalidInput) as refused:
        judge(study, "report", **{"reported_on": date(2026, 1, 17), **days}, reported_to="the ethics committee")
    assert place in [problem.place for problem in refused.value.problems]
    assert row(study).state == "classified"


def test_who_takes_a_step_that_cannot_be_taken_is_told_which_can(study: Trial) -> None:
    with pytest.raises(Conflict, match="from here it can take: confirm, dismiss"):
        judge(study, "close")
