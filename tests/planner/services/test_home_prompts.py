"""Prompts about what is taken at home: only where the rules ask for them, on its days, gone at once with a hold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from notifications.outbox import MessageRow
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.problems import InvalidInput
from planner.services.recipients import recipient_row
from planner.services.replanning import replan_all
from tests.reminded import DAY_8, TOLD, agree, erase, keep, messages, refuse, remind
from tests.studies import NOW, Trial, trial

#: a pill every day of two weeks, then one week without
TEXT = """
protocol: made-up
title: A made-up protocol with a pill at home
version: "1.0"
activities:
  bloods: {label: Blood sample, kind: sample}
  pill: {label: Pill, kind: home-dose, hold_for: [toxicity]}
epochs:
  induction:
    label: Induction
    cycles: {length: 21 days, at_most: 2}
    home: {pill: {days: 1-14}}
    visits:
      d1: {label: Day 1, day: 1, window: 0/+3, activities: [bloods]}
      d8: {label: Day 8, day: 8, window: 0/+2, activities: [bloods]}
"""
SIX = datetime(2026, 1, 5, 23, 0, tzinfo=UTC)  # in the evening of Day 1 in New York
HELD = {"fact": "held", "date": "2026-01-05", "activity": "pill", "reason": "toxicity"}


@pytest.fixture
def study(store: Store) -> Trial:
    """Somebody who takes a pill a day from the 5th on, and agreed to texts, in a study that does not prompt."""
    made = trial(store, texts=[TEXT])
    made.enrol()
    remind(made)
    keep(made, caregiver_phone="")
    agree(made, "sms")
    return made


def prompting(study: Trial, **rules: Any) -> Trial:
    remind(study, study.now, diary=True, **rules)
    return study


def prompts(study: Trial, *states: str) -> dict[str, str]:
    """The prompts by day and channel, and where they stand."""

    def work(session: Any) -> dict[str, str]:
        found = session.scalars(select(MessageRow).where(MessageRow.template == "diary").order_by(MessageRow.due_at))
        return {row.occasion.split(".", 2)[2]: row.state for row in found if not states or row.state in states}

    return study.store.read(work)


def is_prompted(study: Trial, whom: str = "") -> bool:
    row = study.store.read(lambda session: recipient_row(session, 1, whom))
    return row is not None and row.prompted


def test_without_rules_that_ask_for_it_nobody_is_prompted(study: Trial) -> None:
    assert (prompts(study), is_prompted(study)) == ({}, False)


def test_today_and_tomorrow_are_planned_for_the_evening_on_their_own_clock(study: Trial) -> None:
    prompting(study)
    assert prompts(study) == {"2026-01-05.sms": "planned", "2026-01-06.sms": "planned"}
    with study.store.database.reading() as session:
        row = session.scalars(select(MessageRow).order_by(MessageRow.due_at)).first()
        assert row is not None
        assert (row.due_at, row.expires_at) == (SIX, datetime(2026, 1, 6, 5, 0, tzinfo=UTC))


def test_each_night_one_day_more_is_planned_until_the_days_end(study: Trial) -> None:
    prompting(study)
    study.record("01-001", {"fact": "attended", "date": "2026-01-05", "visit": "induction.c1.d1"})
    for day in range(6, 23):
        study.now = datetime(2026, 1, day, 6, 0, tzinfo=UTC)
        replan_all(study.store, study.designs, SYSTEM, study.now)
    assert [day.split(".")[0] for day in prompts(study)] == [date(2026, 1, day).isoformat() for day in range(5, 19)]
    assert not is_prompted(study)


@pytest.mark.parametrize(
    "fact",
    [HELD, {"fact": "died", "date": "2026-01-05"}, {"fact": "admitted", "date": "2026-01-05"},
     {"fact": "withdrew", "date": "2026-01-05", "scope": "contact"}],
    ids=["held", "died", "admitted", "withdrew"],
)  # fmt: skip
def test_a_hold_an_admission_and_an_end_take_them_away_in_the_same_transaction(
    study: Trial, fact: dict[str, Any]
) -> None:
    prompting(study)
    study.record("01-001", fact)
    assert set(prompts(study).values()) == {"cancelled"}


def test_a_hold_that_ends_brings_them_back(study: Trial) -> None:
    prompting(study)
    study.record("01-001", {**HELD, "resume": "2026-01-06"})
    assert prompts(study) == {"2026-01-05.sms": "cancelled", "2026-01-06.sms": "planned"}
    assert is_prompted(study)


def test_what_is_tentative_is_not_asked_about(study: Trial) -> None:
    """Nobody recorded Day 1, and its window is over: nobody knows whether the pills have begun."""
    prompting(study)
    study.now = datetime(2026, 1, 12, 6, 0, tzinfo=UTC)
    replan_all(study.store, study.designs, SYSTEM, study.now)
    assert [day for day in prompts(study) if day.startswith("2026-01-1")] == []


def test_rules_that_do_not_ask_any_more_end_them(study: Trial) -> None:
    prompting(study)
    remind(study, study.now)
    assert (set(prompts(study).values()), is_prompted(study)) == ({"cancelled"}, False)


def test_another_hour_moves_what_is_planned(study: Trial) -> None:
    prompting(study)
    prompting(study, diary_hour=19 * 60)
    with study.store.database.reading() as session:
        [first, *_] = session.scalars(select(MessageRow.due_at).order_by(MessageRow.due_at))
    assert first == datetime(2026, 1, 6, 0, 0, tzinfo=UTC)


def test_who_takes_another_clock_is_prompted_at_their_evening(study: Trial) -> None:
    prompting(study)
    keep(study, zone="America/Los_Angeles", caregiver_phone="")
    with study.store.database.reading() as session:
        [first, *_] = session.scalars(select(MessageRow.due_at).order_by(MessageRow.due_at))
    assert first == datetime(2026, 1, 6, 2, 0, tzinfo=UTC)


def test_a_caregiver_is_prompted_only_for_whom_nobody_reaches(study: Trial) -> None:
    keep(study)
    agree(study, "caregiver")
    prompting(study)
    assert (is_prompted(study), is_prompted(study, "caregiver")) == (True, False)
    refuse(study, "sms", since=date(2026, 1, 5))
    prompting(study)
    assert (is_prompted(study), is_prompted(study, "caregiver")) == (False, True)


def test_who_was_erased_is_not_prompted(study: Trial) -> None:
    prompting(study)
    erase(study)
    assert set(prompts(study).values()) == {"cancelled"}


# -- timings by kind of visit -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by_visit", "timings"),
    [({}, ["3d", "1d"]), ({"induction": ["1d"]}, ["1d"]),
     ({"induction": ["1d"], "induction.d8": ["morning", "3d"]}, ["3d", "morning"]),
     ({"induction.d1": []}, ["3d", "1d"]), ({"induction.d8": []}, [])],
    ids=["the study's", "the epoch's", "the visit's", "another visit's", "none"],
)  # fmt: skip
def test_a_kind_of_visit_has_timings_of_its_own(
    study: Trial, by_visit: dict[str, list[str]], timings: list[str]
) -> None:
    remind(study, study.now, timings_by_visit=by_visit)
    study.record("01-001", DAY_8)
    study.record("01-001", TOLD)
    assert [timing for _, timing, _ in messages(study, "planned")] == timings


def test_what_a_participant_asked_for_wins(study: Trial) -> None:
    keep(study, caregiver_phone="", preferences={"reminders": ["1d"]})
    remind(study, study.now, timings_by_visit={"induction.d8": ["3d"]})
    study.record("01-001", DAY_8)
    study.record("01-001", TOLD)
    assert [timing for _, timing, _ in messages(study, "planned")] == ["1d"]


def test_timings_of_visits_that_there_are_not_are_refused(study: Trial) -> None:
    with pytest.raises(InvalidInput, match="there is no such visit"):
        remind(study, NOW, timings_by_visit={"induction.d9": ["3d"]})
