"""Attempts to reach a participant: logged, struck with a reason, counted before somebody is lost to follow-up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from planner.persistence.unit_of_work import SYSTEM, Actor, Store
from planner.problems import Conflict, InvalidInput, NotFound, Refused
from planner.services.access import EVERYTHING, Scope, find_study
from planner.services.contact_attempts import (
    Effort,
    LogAttempt,
    effort_for,
    log_attempt,
    strike_attempt,
    want_attempts,
)
from planner.services.facts import RecordFacts, preview_facts
from tests.studies import NOW, STUDY, Trial, a_user, audited, trial

LOST = {"fact": "lost_to_follow_up", "date": "2026-01-05", "attempts": 3}
CALL = LogAttempt(study=STUDY, participant="01-001", tried_at=NOW, channel="phone", outcome="no-answer")


@pytest.fixture
def study(store: Store) -> Trial:
    made = trial(store)
    made.enrol()
    return made


def log(study: Trial, command: LogAttempt = CALL, actor: Actor = SYSTEM, **changed: Any) -> int:
    return study.store.write(actor, NOW, lambda uow: log_attempt(uow, EVERYTHING, replace(command, **changed)).id)


def days_ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def strike(study: Trial, attempt: int, why: str = "another participant", number: str = "01-001") -> None:
    study.store.write(SYSTEM, NOW, lambda uow: strike_attempt(uow, EVERYTHING, STUDY, number, attempt, why))


def want(study: Trial, wanted: int | None) -> None:
    study.store.write(SYSTEM, NOW, lambda uow: want_attempts(uow, find_study(uow.session, EVERYTHING, STUDY), wanted))


def effort(study: Trial) -> Effort:
    return study.store.read(lambda session: effort_for(session, EVERYTHING, STUDY, "01-001"))


def test_an_attempt_says_who_tried_whom_when_how_and_what_came_of_it(study: Trial) -> None:
    who = a_user(study.store)
    log(study, actor=who, whom="caregiver", channel="sms", outcome="message-left", note=" called back later ",
        tried_by="the night nurse")  # fmt: skip
    (row,) = effort(study).attempts
    assert (row.whom, row.channel, row.outcome, row.note) == ("caregiver", "sms", "message-left", "called back later")
    assert (row.tried_at, row.tried_by, row.recorded_by) == (NOW, "the night nurse", who.user_id)
    (entry,) = audited(study, "contact.attempted")
    assert entry.after == {"id": row.id, "whom": "caregiver", "channel": "sms", "outcome": "message-left",
                           "tried_by": "the night nurse", "tried_at": NOW.isoformat()}  # fmt: skip


def test_attempts_stand_in_the_order_in_which_they_were_made(study: Trial) -> None:
    for days in (1, 3, 2):
        log(study, tried_at=days_ago(days))
    assert [row.tried_at for row in effort(study).attempts] == [days_ago(3), days_ago(2), days_ago(1)]


def test_nobody_is_lost_before_the_study_has_tried_as_often_as_it_wants(study: Trial) -> None:
    want(study, 3)
    for days in (3, 2):
        log(study, tried_at=days_ago(days))
    with pytest.raises(Refused, match="2 of the 3 attempts"):
        study.record("01-001", LOST)
    log(study, tried_at=days_ago(1))
    assert effort(study).is_enough
    study.record("01-001", LOST)


def test_a_preview_says_as_well_that_too_little_was_tried(study: Trial) -> None:
    from planner.services.fact_records import read_facts

    want(study, 1)
    command = RecordFacts(study=STUDY, participant="01-001", facts=read_facts([LOST]))
    with pytest.raises(Refused, match="0 of the 1 attempts"):
        study.store.read(lambda session: preview_facts(session, study.designs, EVERYTHING, command, NOW))


def test_a_study_that_wants_no_number_of_attempts_asks_for_none(study: Trial) -> None:
    study.record("01-001", LOST)
    assert (effort(study).wanted, effort(study).is_enough) == (None, True)


@pytest.mark.parametrize("outcome", ["reached", "refused"])
def test_once_somebody_was_in_touch_the_count_begins_again(study: Trial, outcome: str) -> None:
    want(study, 2)
    log(study, tried_at=days_ago(5))
    log(study, tried_at=days_ago(4))
    log(study, tried_at=days_ago(3), outcome=outcome)
    log(study, tried_at=days_ago(2))
    assert (effort(study).in_vain, effort(study).is_enough) == (1, False)


def test_a_struck_attempt_stays_and_counts_no_more(study: Trial) -> None:
    want(study, 1)
    strike(study, log(study))
    found = effort(study)
    assert (found.in_vain, found.is_enough) == (0, False)
    assert [row.struck_why for row in found.attempts] == ["another participant"]
    assert audited(study, "contact.attempt-struck")[0].why == "another participant"


def test_an_attempt_is_struck_once_with_a_reason_and_by_its_own_participant(study: Trial) -> None:
    study.enrol("01-002")
    attempt = log(study)
    with pytest.raises(InvalidInput, match="why is missing"):
        strike(study, attempt, why=" ")
    with pytest.raises(NotFound):
        strike(study, attempt, number="01-002")
    strike(study, attempt)
    with pytest.raises(Conflict):
        strike(study, attempt)


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"tried_at": NOW + timedelta(minutes=1)}, "tried_at"),
        ({"tried_at": NOW.replace(tzinfo=None)}, "tried_at"),
        ({"channel": "pigeon"}, "channel"),
        ({"outcome": "maybe"}, "outcome"),
        ({"whom": "neighbour"}, "whom"),
        ({"note": "n" * 4_001}, "note"),
        ({"tried_by": "n" * 201}, "tried_by"),
    ],
)
def test_what_cannot_be_is_told_by_its_field(study: Trial, changed: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        log(study, **changed)
    assert [problem.place for problem in refused.value.problems] == [place]
    assert effort(study).attempts == ()


@pytest.mark.parametrize("wanted", [0, 101])
def test_a_study_wants_a_number_of_attempts_that_is_possible(study: Trial, wanted: int) -> None:
    with pytest.raises(InvalidInput, match="wanted"):
        want(study, wanted)


OUT_OF_SCOPE: dict[str, Callable[[Trial, Scope], Any]] = {
    "log": lambda study, scope: study.store.write(SYSTEM, NOW, lambda uow: log_attempt(uow, scope, CALL)),
    "strike": lambda study, scope: study.store.write(
        SYSTEM, NOW, lambda uow: strike_attempt(uow, scope, STUDY, "01-001", 1, "w")
    ),
    "look": lambda study, scope: study.store.read(lambda session: effort_for(session, scope, STUDY, "01-001")),
}


@pytest.mark.parametrize("what", OUT_OF_SCOPE)
def test_who_is_of_another_site_finds_nobody(study: Trial, what: str) -> None:
    log(study)
    with pytest.raises(NotFound):
        OUT_OF_SCOPE[what](study, Scope(((1, 2),)))
