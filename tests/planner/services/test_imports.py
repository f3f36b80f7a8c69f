"""A table of facts: all of it or nothing, and every bad line is told with its column."""

import pytest
from sqlalchemy import func, select

from planner.persistence.facts import FactRow
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.problems import InvalidInput
from planner.services.access import EVERYTHING
from planner.services.designs import Designs
from planner.services.imports import Imported, import_facts
from planner.services.verification import verify_visits
from tests.studies import NOW, STUDY, Trial, trial

HEAD = "number,site,fact,date,day_1,visit,activity,version,time,partial,activities\n"
GOOD = (
    "01-001,north,consented,2025-12-20,,,,1.0,,,\n"
    "01-001,,enrolled,2025-12-30,2026-01-05,,,,,,\n"
    "01-001,,given,2026-01-05,,induction.c1.d1,vsli,,,yes,\n"
    "01-002,south,consented,2025-12-20,,,,1.0,,,\n"
    "01-002,,unscheduled_visit,2025-12-21,,,,,,,bloods|examination\n"
)


def take(study: Trial, table: str | bytes) -> Imported:
    data = table if isinstance(table, bytes) else table.encode()
    return study.store.write(SYSTEM, NOW, lambda uow: import_facts(uow, study.designs, EVERYTHING, STUDY, data))


def counts(study: Trial) -> tuple[int, int]:
    with study.store.database.reading() as session:
        found = [session.scalar(select(func.count()).select_from(table)) for table in (Participant, FactRow)]
    return found[0] or 0, found[1] or 0


@pytest.fixture
def study(store: Store) -> Trial:
    return trial(store)


@pytest.mark.parametrize(
    "table",
    [(HEAD + GOOD).encode(), (HEAD + GOOD).encode("utf-8-sig"), (HEAD + GOOD).replace(",", ";").encode(),
     (HEAD + GOOD).replace("\n", "\r\n").encode()],
    ids=["plain", "with a mark", "semicolons", "line ends of Windows"],
)  # fmt: skip
def test_everybody_is_taken_in_and_every_fact_is_recorded(study: Trial, table: bytes) -> None:
    assert take(study, table) == Imported(2, 5)
    assert counts(study) == (2, 5)
    with study.store.database.reading() as session:
        assert list(verify_visits(session, Designs())) == []


def test_a_second_table_adds_to_who_is_known(study: Trial) -> None:
    take(study, HEAD + GOOD)
    assert take(study, HEAD + "01-001,,given,2026-01-05,,induction.c1.d1,ino,,,,\n") == Imported(0, 1)


def test_every_bad_line_is_told_and_nothing_is_half_done(study: Trial) -> None:
    bad = (
        "01-003,north,consented,2025-02-30,,,,1.0,,,\n"
        "01-003,,given,2026-01-05,,induction.c1.d1,,,,,\n"
        ",,consented,2025-12-20,,,,1.0,,,\n"
        "01-004,,died,2026-01-01,,,,,,,\n"
        "01-005,mars,consented,2025-12-20,,,,1.0,,,\n"
        "01-006,north,=cmd|' /C calc'!A0,2025-12-20,,,,,,,\n"
        "01-007,north,attended,2026-01-05,,induction.c9.d1,,,,,\n"
    )
    with pytest.raises(InvalidInput) as refused:
        take(study, HEAD + GOOD + bad)
    places = [problem.place for problem in refused.value.problems]
    assert places == [
        "line 7: date", "line 8: activity", "line 9: number", "line 12: fact",
        "line 10: site", "line 11: site", "line 13: fact",
    ]  # fmt: skip
    assert counts(study) == (0, 0)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"", "the column number is missing"),
        (HEAD.encode(), "no row below"),
        (b"number,fact,date,colour\n", "no column 'colour'"),
        (b"number,fact,date,actvity\n", "did you mean activity?"),
        (b"number,fact,date,date\n", "twice"),
        ((HEAD + GOOD).encode("utf-16"), "not in UTF-8"),
        ((HEAD + "01-001,north,consented,2025-12-20,,M\xfcller\n").encode("latin-1"), "line 2 is not in UTF-8"),
        (b"\0\0", "binary"),
        ((HEAD + '01-001,"north\n').encode(), "close every quotation mark"),
        ((HEAD + "01-001,north,consented,2025-12-20,,,,1.0,,,,,,\n").encode(), "14 cells"),
    ],
)
def test_what_is_no_table_is_told_with_the_remedy(study: Trial, table: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said.replace("?", r"\?")):
        take(study, table)
    assert counts(study) == (0, 0)


def test_what_is_wrong_with_one_fact_is_told_with_its_own_line(study: Trial) -> None:
    take(study, HEAD + GOOD)
    table = (
        "01-001,,unscheduled_visit,2025-12-21,,,,,,,bloods\n01-001,,given,2026-01-12,,induction.c1.d8,ino,,,,\n"
        "01-003,north,consented,2025-12-20,,,,1.0,,,\n01-003,,consented,2027-12-20,,,,1.0,,,\n"
    )
    with pytest.raises(InvalidInput) as refused:
        take(study, HEAD + table)
    assert [problem.place for problem in refused.value.problems] == ["line 3: date", "line 5: date"]
