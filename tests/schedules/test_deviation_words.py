"""What each kind of deviation says, word for word: people classify it by that, and find it again by its id."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.deviation import Deviation, Kind
from schedules.history import (
    AmendmentApplied,
    CycleHeld,
    Given,
    Held,
    History,
    Omitted,
    TreatmentEnded,
    UnscheduledVisit,
    VisitMissed,
)
from schedules.plan import plan
from tests.builders import (
    Facts,
    assessed,
    attended,
    consented,
    cycle_done,
    decided,
    design,
    dose,
    enrolled,
    facts,
    planned,
    vsli,
    vsli_amended,
)

D8 = "induction.c1.d8"
RESPONSE = "induction.c1.response"
VSLI, INO = "Vincristine sulfate liposome IV", "Inotuzumab ozogamicin IV"
BENEFIT = '"Clinical benefit (SD, PR, CR or CRi): maintenance"'
SCREENED = (
    attended("screening.baseline", date(2025, 12, 29)),
    attended("screening.marrow", date(2025, 12, 29)),
)
BEGUN = (consented(), enrolled(cohort="phase-2"), *SCREENED, *dose("induction.c1.d1", date(2026, 1, 5)))


def january(day: int) -> date:
    return date(2026, 1, day)


def february(day: int) -> date:
    return date(2026, 2, day)


C1 = (consented(), enrolled(), *SCREENED, *cycle_done("induction.c1"), attended("induction.c1.marrow", january(28)))
NO_BENEFIT = decided(RESPONSE, january(30), "no-benefit")
OLD = (attended("screening.marrow", date(2025, 12, 7)), attended("screening.baseline", date(2025, 12, 29)))
HELD = Held(date=january(12), visit=D8, reason="counts", resume=january(13))

SAID: dict[str, tuple[Facts, *tuple[Deviation, ...]]] = {
    "a visit outside its window": (
        (BEGUN, dose(D8, january(16))),
        Deviation(
            f"outside-window:{D8}", Kind.OUTSIDE_WINDOW, D8, None, january(16), 2,
            "C1D8 took place on 16 January 2026, 2 days after its window",
        ),
    ),
    "one drug of a visit outside its window": (
        (BEGUN, dose(D8, january(12), "ino"), dose(D8, january(16), "vsli")),
        Deviation(
            f"outside-window:{D8}:vsli", Kind.OUTSIDE_WINDOW, D8, "vsli", january(16), 2,
            f"{VSLI} at C1D8 took place on 16 January 2026, 2 days after its window",
        ),
    ),
    "a Day 1 before its window, of an epoch that waits for nothing": (
        (C1, decided(RESPONSE, january(30), "benefit"), dose("maintenance.c1.d1", january(30))),
        Deviation(
            "outside-window:maintenance.c1.d1", Kind.OUTSIDE_WINDOW, "maintenance.c1.d1", None, january(30), -3,
            "M1D1 took place on 30 January 2026, 3 days before its window",
        ),
    ),
    "an activity outside its own window, after one that has none": (
        (BEGUN, dose(D8, january(12)), assessed(D8, january(7), "vod"), assessed(D8, january(8), "bloods")),
        Deviation(
            f"activity-outside-window:{D8}:bloods", Kind.ACTIVITY_OUTSIDE_WINDOW, D8, "bloods", january(8), -1,
            "Blood counts and liver tests for C1D8 was done on 8 January 2026, outside its window",
        ),
    ),
    "a first dose on an expired visit": (
        (consented(date(2025, 12, 1)), enrolled(), OLD, dose("induction.c1.d1", january(5))),
        Deviation(
            "expired-at-day-1:screening.marrow", Kind.EXPIRED_AT_DAY_1, "screening.marrow", None, january(5), 29,
            "Screening marrow was 29 days old on 5 January 2026, and is valid for 28 days", important=True,
        ),
    ),
    "a missed visit": (
        (BEGUN, VisitMissed(date=january(12), visit=D8, reason="travel")),
        Deviation(f"missed:{D8}", Kind.MISSED, D8, None, january(12), None, "C1D8 was missed"),
    ),
    "a dose left out": (
        (BEGUN, dose(D8, january(12), "ino"),
         Omitted(date=january(12), visit=D8, activity="vsli", reason="forgotten")),
        Deviation(
            f"not-done:{D8}:vsli", Kind.NOT_DONE, D8, "vsli", january(12), None,
            f"{VSLI} was not done at C1D8 (forgotten)",
        ),
    ),
    "an activity not done at a visit": (
        (BEGUN, attended(D8, january(12), not_done=("neuropathy",)), dose(D8, january(12))),
        Deviation(
            f"not-done:{D8}:neuropathy", Kind.NOT_DONE, D8, "neuropathy", january(12), None,
            "Neuropathy check was not done at C1D8",
        ),
    ),
    "a hold for another reason": (
        (BEGUN, HELD, dose(D8, january(13))),
        Deviation(
            f"hold-not-allowed:{D8}:ino", Kind.HOLD_NOT_ALLOWED, D8, "ino", january(12), None,
            f"{INO} at C1D8 was held for counts, which the protocol does not give as a reason",
        ),
    ),
    "doses too close": (
        (BEGUN, dose(D8, january(11), "vsli")),
        Deviation(
            f"too-close:{D8}:vsli", Kind.TOO_CLOSE, D8, "vsli", january(11), 1,
            f"{VSLI} was given on 5 January 2026 and on 11 January 2026, 6 days apart instead of at least 7",
            important=True,
        ),
    ),
    "doses on two days running": (
        (BEGUN, Given(id="extra", date=january(6), activity="vsli")),
        Deviation(
            "too-close:extra:vsli", Kind.TOO_CLOSE, "extra", "vsli", january(6), 6,
            f"{VSLI} was given on 5 January 2026 and on 6 January 2026, 1 day apart instead of at least 7",
            important=True,
        ),
        Deviation(
            "unplanned-dose:extra:vsli", Kind.UNPLANNED_DOSE, "extra", "vsli", january(6), None,
            f"{VSLI} was given on 6 January 2026, outside any visit", important=True,
        ),
    ),
    "a dose given again": (
        (BEGUN, Given(date=january(5), visit="induction.c1.d1", activity="vsli", again=True)),
        Deviation(
            "given-again:induction.c1.d1:vsli", Kind.GIVEN_AGAIN, "induction.c1.d1", "vsli", january(5), None,
            f"{VSLI} was given 2 times at C1D1, on 5 January 2026 and 5 January 2026", important=True,
        ),
    ),
    "two things on one day": (
        (BEGUN, UnscheduledVisit(date=january(5), activities=("intrathecal",))),
        Deviation(
            "same-day:intrathecal+vsli+2026-01-05", Kind.SAME_DAY, "intrathecal+vsli+2026-01-05", None, january(5),
            None,
            f"Intrathecal chemotherapy and {VSLI} were both given on 5 January 2026; they must never share a day",
            important=True,
        ),
    ),
    "a cycle held too long": (
        (C1, NO_BENEFIT, CycleHeld(date=february(2), cycle="induction.c2", reason="counts"),
         dose("induction.c2.d1", date(2026, 3, 3))),
        Deviation(
            "held-too-long:induction.c2.d1", Kind.HELD_TOO_LONG, "induction.c2.d1", None, date(2026, 3, 3), 1,
            "C2D1 was held for 29 days, at most 28 are allowed",
        ),
    ),
    "a cycle held for another reason": (
        (C1, NO_BENEFIT, CycleHeld(date=february(2), cycle="induction.c2", reason="travel")),
        Deviation(
            "hold-not-allowed:induction.c2", Kind.HOLD_NOT_ALLOWED, "induction.c2", None, february(2), None,
            "induction.c2 was held for travel, which the protocol does not give as a reason",
        ),
    ),
    "a cycle against its gate": (
        (C1, decided(RESPONSE, january(30), "benefit"), dose("induction.c2.d1", february(2), outside_plan=True)),
        Deviation(
            "against-gate:induction.c2", Kind.AGAINST_GATE, "induction.c2", None, february(2), None,
            f"induction.c2 was begun, although induction.c1.response was decided as {BENEFIT}", important=True,
        ),
    ),
    "a dose after the end": (
        (BEGUN, TreatmentEnded(date=january(9), reason="toxicity"), dose(D8, january(12), "ino")),
        Deviation(
            f"after-end:{D8}:ino", Kind.AFTER_END, D8, "ino", january(12), None,
            f"{INO} was given on 12 January 2026, after the end of treatment on 9 January 2026", important=True,
        ),
    ),
    "no consent": (
        (enrolled(), SCREENED),
        Deviation(
            "no-consent", Kind.NO_CONSENT, None, None, date(2025, 12, 29), None,
            "no consent is recorded; the first procedure was on 29 December 2025", "query",
        ),
    ),
    "a procedure before consent": (
        (enrolled(), consented(date(2025, 12, 30)), attended("screening.baseline", date(2025, 12, 29), id="came")),
        Deviation(
            "before-consent:screening.baseline", Kind.BEFORE_CONSENT, "screening.baseline", None,
            date(2025, 12, 29), None,
            "a study procedure of Screening visit took place on 29 December 2025, before consent on 30 December 2025",
            important=True,
        ),
    ),
    "a drug that is not planned": (
        (C1, decided(RESPONSE, january(30), "benefit"), dose("maintenance.c1.d1", february(2)),
         dose("maintenance.c1.d8", february(9))),
        Deviation(
            "wrong-drug:maintenance.c1.d8:vsli", Kind.WRONG_DRUG, "maintenance.c1.d8", "vsli", february(9), None,
            f"{VSLI} was given at M1D8, which does not plan it for this participant", important=True,
        ),
    ),
    "another dose level": (
        (consented(), enrolled(cohort="phase-1b", dose_levels={"ino": "level 1"}), SCREENED,
         dose("induction.c1.d1", january(5), "ino", level="level 2")),
        Deviation(
            "wrong-level:induction.c1.d1:ino", Kind.WRONG_LEVEL, "induction.c1.d1", "ino", january(5), None,
            f"{INO} was given at level 2, not at level 1", important=True,
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_deviation_says_what_it_was_when_and_by_how_much_and_there_is_no_other(what: str) -> None:
    given, *expected = SAID[what]
    made = planned(given)
    assert [*made.deviations, *made.queries] == expected


def texts(*given: Facts) -> dict[str, str]:
    made = planned(*given)
    return {found.id: found.text for found in made.deviations}


def test_an_unrecorded_visit_says_when_its_window_closed() -> None:
    (query,) = planned(BEGUN, as_of=january(15)).queries
    text = "nothing is recorded about C1D8; its window closed on 14 January 2026"
    assert query == Deviation(f"unrecorded:{D8}", Kind.UNRECORDED, D8, None, january(14), None, text, "query")


def test_a_drug_without_a_record_says_at_which_visit_and_when_that_took_place() -> None:
    (query,) = planned(BEGUN, dose(D8, january(12), "ino"), as_of=january(15)).queries
    text = f"C1D8 took place on 12 January 2026, and nothing is recorded about {VSLI}"
    name = f"dose-unrecorded:{D8}:vsli"
    assert query == Deviation(name, Kind.DOSE_UNRECORDED, D8, "vsli", january(12), None, text, "query")


def test_a_cycle_begun_too_soon_says_of_its_gate_when_it_was_decided_or_that_nobody_has() -> None:
    begun = dose("maintenance.c1.d1", february(2))
    late = planned(C1, begun, decided(RESPONSE, february(3), "benefit")).deviations
    text = f"maintenance.c1 was begun on 2 February 2026 without {RESPONSE}: it was decided on 3 February 2026"
    assert [*late] == [
        Deviation(f"without-gate:{RESPONSE}", Kind.WITHOUT_GATE, RESPONSE, None, february(2), None, text)
    ]
    assert {words.rpartition(": ")[2] for words in texts(C1, begun).values()} == {"nobody has decided it"}


def test_a_cycle_off_the_path_says_what_is_missing_or_how_many_there_may_be() -> None:
    nowhere = planned(C1, dose("induction.c2.d1", february(2), outside_plan=True))
    assert nowhere.deviations == (
        Deviation(
            f"without-gate:{RESPONSE}", Kind.WITHOUT_GATE, RESPONSE, None, february(2), None,
            f"induction.c2 was begun on 2 February 2026 without {RESPONSE}: nobody has decided it", important=True,
        ),
    )  # fmt: skip
    third = dose("induction.c3.d1", date(2026, 3, 2), outside_plan=True)
    beyond = planned(C1, NO_BENEFIT, cycle_done("induction.c2", february(2)), third)
    assert Deviation(
        "beyond-most-cycles:induction.c3", Kind.BEYOND_MOST_CYCLES, "induction.c3", None, date(2026, 3, 2), None,
        "induction.c3 was begun; Induction and re-induction has at most 2 cycles", important=True,
    ) in beyond.deviations  # fmt: skip


def test_a_visit_under_another_version_says_which_was_in_force() -> None:
    study = design(vsli(), vsli_amended())
    amended = AmendmentApplied(date=january(10), version="2.0")
    history = History(facts(BEGUN, consented(january(10), "2.0"), amended, dose(D8, january(12), version="1.0")))
    (found,) = plan(study, history, january(12)).deviations
    text = "done under version 1.0 on 12 January 2026, when 2.0 was in force"
    assert found == Deviation(f"wrong-version:{D8}", Kind.WRONG_VERSION, D8, None, january(12), None, text)
