"""The demo's participants: each is in another state of a study today. All of them are made up."""

from __future__ import annotations

from datetime import timedelta

from planner.demo.courses import (
    UNRECORDED,
    Course,
    Turn,
    after,
    ended,
    held_cycle,
    late,
    reduced,
    said,
    tried,
    without,
)
from planner.demo.setting import AMENDED_VERSION, CROSSOVER, SOUTH, VACCINE, VEN, VSLI

_LEVEL = {"ino": "level 1 (made up)"}
_C1, _C2 = "induction.c1", "induction.c2"
_TREATED = (
    Course(
        study=VSLI, number="01-001", weeks=53,
        turns={
            "maintenance.c5.d15": after(14, *ended("completed")),
            "follow-up.month-3": late(18), "follow-up.month-6": UNRECORDED,
        },
        lately=(
            (8, (tried("phone", "no-answer"),)),
            (5, (tried("phone", "message-left", note="on the answering machine (made up)"),)),
            (1, (tried("phone", "reached", whom="caregiver", note="they will call back (made up)"),)),
        ),
    ),
    Course(
        study=VSLI, number="01-002", weeks=26,
        gates={f"{_C1}.response": "no-benefit"}, results={f"{_C1}.marrow": "NR"},
    ),
    Course(
        study=VSLI, number="01-003", weeks=18, weekday=1, turns={"maintenance.c2.d8": late(3)},
        without_ok="maintenance.c2.d8",
    ),
    Course(
        study=VSLI, number="01-004", weeks=10, weekday=2, results={f"{_C1}.marrow": "PR"},
        consent_ends=timedelta(days=9),
    ),
    Course(
        study=VSLI, number="01-005", weeks=5, cohort="phase-1b", levels=_LEVEL,
        gates={f"{_C1}.response": "no-benefit"}, results={f"{_C1}.marrow": "NR"},
    ),
    Course(study=VSLI, number="01-006", weeks=1, weekday=1, cohort="phase-1b", levels=_LEVEL),
    Course(study=VSLI, number="01-007", weeks=-1),
    Course(study=VSLI, number="01-008", weeks=12, fails="platelets below the protocol's limit (made up)"),
    Course(study=VSLI, number="01-009", weeks=-1, weekday=2, enrolled_before=10),
    Course(
        study=VSLI, number="01-010", weeks=4,
        turns={f"{_C1}.marrow": after(
            1, said("away", date=1, until=10, note="a wedding abroad (made up)"),
            said("cycle_delayed", cycle="maintenance.c1", to=11, reason="travel"),
        )},
    ),
    Course(
        study=VSLI, number="01-011", weeks=5, weekday=1, turns={f"{_C2}.d1": held_cycle(_C2, "counts", 9)},
        gates={f"{_C1}.response": "no-benefit"}, results={f"{_C1}.marrow": "NR"},
    ),
    Course(study=VSLI, number="01-012", weeks=7, weekday=2, turns={f"{_C1}.d8": without("vsli", "neuropathy", "ino")}),
    Course(
        study=VSLI, number="01-013", weeks=15, weekday=3, cohort="phase-2",
        turns={"maintenance.c1.d1": reduced("ino", "level -1 (made up)", "vsli"), f"{_C1}.marrow": UNRECORDED},
    ),
    Course(
        study=VSLI, number="01-014", weeks=21, weekday=1,
        turns={"maintenance.c3.d15": after(9, said("transferred", site=SOUTH)), "maintenance.c1.d15": late(3)},
    ),
    Course(study=VSLI, number="02-001", weeks=4, gates={f"{_C1}.response": None}, results={f"{_C1}.marrow": "PR"}),
    Course(
        study=VSLI, number="02-002", weeks=4, cohort="phase-1b", levels=_LEVEL,
        gates={f"{_C1}.response": "benefit-with-toxicity", f"{_C1}.toxicity": None},
        lately=((4, (said("admitted", note="fever (made up)"),)),),
    ),
)  # fmt: skip
_LEFT = (
    Course(
        study=VSLI, number="02-003", weeks=30, weekday=2, results={"maintenance.c2.marrow": "PD"},
        turns={"maintenance.c2.marrow": Turn(then=(
            (2, ended("progression", said("progressed", id="progression"))),
            (3, (said("told", about="progression"),)),
        ))},
    ),
    Course(
        study=VSLI, number="02-004", weeks=11, weekday=1,
        turns={"maintenance.c1.d15": Turn(then=(
            (3, ended("transplant")),
            (13, (said("admitted"),)),
            (19, (said("transplanted", conditioning=-6),)),
            (33, (said("discharged"),)),
        ))},
    ),
    Course(
        study=VSLI, number="02-005", weeks=42,
        turns={"follow-up.month-3": Turn(
            (said("visit_missed"),),
            then=(
                (2, (tried("phone", "no-answer"),)),
                (9, (tried("phone", "message-left"),)),
                (16, (tried("letter", "no-answer", note="registered letter, returned (made up)"),)),
                (21, (said("lost_to_follow_up", attempts=3),)),
            ),
        )},
    ),
    Course(
        study=VSLI, number="02-006", weeks=16, weekday=3,
        turns={"maintenance.c2.d8": after(
            3, *ended("withdrawal", said("withdrew", scope="visits", remains=["contact"]))
        )},
    ),
    Course(
        study=VSLI, number="02-007", weeks=20, turns={f"{_C2}.d15": after(6, said("died"))},
        gates={f"{_C1}.response": "no-benefit"}, results={f"{_C1}.marrow": "NR"},
    ),
)  # fmt: skip
_VEN_INO = (
    Course(study=VEN, number="01-001", weeks=1, cohort="escalation", keeps_diary=True),
    Course(
        study=VEN, number="01-002", weeks=9, weekday=1, cohort="escalation", keeps_diary=True, asked="helper",
        results={"treatment.c1.marrow-1": "PR"},
    ),
    Course(
        study=VEN, number="01-003", weeks=24, weekday=2, gates={"treatment.c7.inotuzumab-after-six": None},
        keeps_diary=True,
    ),
    Course(study=VEN, number="02-001", weeks=30, gates={"treatment.c4.response": "complete"}),
    Course(
        study=VEN, number="02-002", weeks=9, weekday=1, cohort="escalation", keeps_diary=True, asked="away",
        turns={"treatment.c2.d8": Turn(
            (said("attended"), said("held", activity="ino", reason="toxicity", resume=2)),
            then=((2, (said("given", visit="treatment.c2.d8", activity="ino"),)),),
        )},
        lately=((3, (said("held", activity="venetoclax", reason="counts", note="made up"),)),),
    ),
    # the marrow was early: it is of use up to Day 1, and no longer
    Course(study=VEN, number="02-003", weeks=-2, screened_before=33, turns={"screening.marrow": late(-21)}),
)  # fmt: skip
_OTHERS = (
    Course(
        study=VACCINE, number="01-001", weeks=29, arm="vaccine",
        turns={"vaccination.cells": Turn(then=((150, (said("consented", version=AMENDED_VERSION),)),))},
    ),
    Course(
        study=VACCINE, number="02-001", weeks=3, weekday=2, arm="placebo", books=False,
        lately=((9, (said("away", date=7, until=16, note="on holiday (made up)"),)),),
    ),
    Course(
        study=VACCINE, number="01-002", weeks=22, weekday=1, arm="placebo",
        turns={"vaccination.call-2": after(30, *ended("other", said("event_occurred", event="stopped-early")))},
    ),
    Course(study=CROSSOVER, number="01-001", weeks=1, weekday=1, arm="ab"),
    Course(study=CROSSOVER, number="02-001", weeks=2, weekday=1, arm="ba", turns={"period-b.second": late(2)}),
    Course(
        study=CROSSOVER, number="01-002", weeks=13, weekday=1, arm="ba",
        turns={"period-a.second": after(1, *ended("completed"))},
    ),
    Course(
        study=CROSSOVER, number="02-002", weeks=9, weekday=2, arm="ab",
        turns={"period-a.second": after(2, *ended("withdrawal", said("withdrew", scope="contact")))},
    ),
)  # fmt: skip
COURSES = (*_TREATED, *_LEFT, *_VEN_INO, *_OTHERS)
