"""Facts of every kind, with whatever people and programs write into them: told or taken, and never a failure."""

from __future__ import annotations

import random
from dataclasses import fields
from typing import Any

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.audit import verify
from planner.services.users import Role
from planner.services.verification import verify_facts, verify_visits
from schedules.fact_kinds import KINDS
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import STUDY, Trial, trial

__all__ = ["app", "at"]

DAYS = ["2026-01-05", "2025-12-30", "2026-01-12", "2200-12-31", "1900-01-01", "2026-01", "2026-02-30", 2026]
VISITS = [
    "induction.c1.d1",
    "induction.c1.d8",
    "follow-up.month-3",
    "unscheduled.f1",
    "induction.c9.d1",
    "induction.c1.d1#2",
]
#: what could be meant by a field, right and wrong
MEANT: dict[str, list[Any]] = {
    "date": DAYS, "day_1": DAYS, "until": DAYS, "resume": DAYS, "instead_of": DAYS, "to": [*DAYS, 5, "level -1"],
    "visit": VISITS, "gate": ["induction.c1.response"], "activity": ["vsli", "ino", "bloods"], "minutes": [30, 10**6],
    "cycle": ["induction.c1", "maintenance.c9"], "of": ["f1", "f2", "f99"], "about": ["f1", "f99"],
    "time": ["09:00", "24:00"],
    "site": ["north", "south", "mars"], "version": ["1.0", "9.9"], "cohort": ["phase-1b"], "outcome": ["benefit"],
    "reason": ["toxicity", "counts", "travel"], "chair": ["1", "99"], "scope": ["treatment", "contact"],
}  # fmt: skip
ODD = ["x", "", 1, 10**17, 1.5, True, None, [], ["a"], {}, "\N{RIGHT-TO-LEFT OVERRIDE}", "é" * 5_000]


def a_fact(chance: random.Random, kind: str) -> dict[str, Any]:
    """A fact of that kind, which may be right."""
    fact: dict[str, Any] = {"fact": kind, "date": chance.choice(DAYS[:2] * 4 + DAYS)}
    for name in (field.name for field in fields(KINDS[kind]) if field.name not in ("id", "recorded", "by", "origin")):
        if name != "date" and chance.random() < 0.7:
            fact[name] = chance.choice(MEANT.get(name, ODD) if chance.random() < 0.85 else ODD)
    return fact


def all_is_well(study: Trial) -> None:
    with study.store.database.reading() as session:
        assert list(verify_visits(session, study.designs)) == []
        assert list(verify_facts(session)) == []
        assert [report.wrong for report in verify(session)] == [(), ()]


@pytest.mark.parametrize("seed", range(3))
def test_no_fact_is_a_failure_and_none_is_half_recorded(app: Flask, store: Store, at: Clock, seed: int) -> None:
    study = trial(store)
    study.enrol("01-001")
    study.screen("01-002")
    somebody: Caller = caller(app, store, Role.COORDINATOR, STUDY)
    chance, met = random.Random(seed), set()
    for kind in chance.sample(sorted(KINDS) * 5, k=5 * len(KINDS)):
        number, facts = chance.choice(("01-001", "01-002")), [a_fact(chance, kind)]
        path = f"/studies/{STUDY}/participants/{number}/facts{chance.choice(('', '/preview'))}"
        answer = somebody.call("POST", path, {"facts": facts, "booking_reason": "odd"})
        assert answer.status_code in (200, 201, 400, 409, 422), (facts, answer.text)
        met.add(answer.status_code)
    assert {200, 201, 400, 422} <= met
    all_is_well(study)
