"""People who are new in a table are stored together exactly as they would be one by one."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from planner.persistence.bulk import Bulk
from planner.persistence.database import Database
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Actor, Store, UnitOfWork
from planner.problems import InvalidInput
from planner.services import imports, newcomers
from planner.services.access import EVERYTHING, Scope
from planner.services.amendments import MakeEffective, amendment_effective
from planner.services.audit import verify
from planner.services.designs import Designs
from planner.services.imports import Imported, import_facts
from planner.services.replanning import replan_all
from planner.services.verification import verify_visits
from tests.studies import NOW, STUDY, Trial, trial

HEAD = (
    "number,site,fact,date,day_1,visit,activity,version,time,partial,activities,gate,outcome,of,id,reason,scope,"
    "note,attempts\n"
)
COLUMNS = HEAD.strip().split(",")


def line(number: str, fact: str, day: str, site: str = "", **said: str) -> str:
    cells = {"number": number, "site": site, "fact": fact, "date": day, **said}
    return ",".join('"' + cells.get(name, "").replace('"', '""') + '"' for name in COLUMNS) + "\n"


def joined(number: str, site: str = "north", day_1: str = "2026-01-05") -> str:
    return line(number, "consented", "2025-12-20", site, version="1.0") + line(
        number, "enrolled", "2025-12-30", day_1=day_1
    )


def dosed(number: str, *days: str) -> str:
    visits = [f"induction.c1.{name}" for name in ("d1", "d8", "d15")]
    return "".join(
        line(number, "given", day, visit=visit, activity=drug)
        for visit, day in zip(visits, days, strict=False)
        for drug in ("vsli", "ino")
    )


ODD = 'a tab\\t, a back\\slash, \\N, "quotes" and ünïcödé 日本 — in a note'
HISTORIES = (
    line("01-001", "consented", "2025-12-20", "north", version="1.0"),
    joined("01-002"),
    joined("02-001", "south") + dosed("02-001", "2026-01-05"),
    joined("01-003", day_1="2025-11-03") + dosed("01-003", "2025-11-03", "2025-11-10", "2025-11-14"),
    joined("01-004", day_1="2025-12-01") + dosed("01-004", "2025-12-01", "2025-12-08", "2025-12-15")
    + line("01-004", "gate_decided", "2025-12-26", gate="induction.c1.response", outcome="benefit"),
    # an appointment: this one takes a chair
    joined("01-010") + dosed("01-010", "2026-01-05")
    + line("01-010", "booked", "2026-01-12", visit="induction.c1.d8", time="09:30"),
    joined("01-005") + line("01-005", "held", "2026-01-05", visit="induction.c1.d1", reason="toxicity"),
    joined("01-006") + line("01-006", "died", "2026-01"),
    joined("01-007") + line("01-007", "withdrew", "2026-01-03", scope="visits", note=ODD),
    joined("01-008") + line("01-008", "transferred", "2026-01-20", "south"),
    joined("01-009") + line("01-009", "unscheduled_visit", "2026-01-04", activities="bloods|examination", id="x1")
    + line("01-009", "void", "2026-01-05", of="x1", note="first line\nsecond line"),
    joined("01-011") + line("01-011", "lost_to_follow_up", "2026-01-04", attempts="2"),
    joined("02-002", "south", "2026-03-02"),
)  # fmt: skip
TABLE = HEAD + "".join(HISTORIES)


@pytest.fixture
def few_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few at a time that a short table is written in several goes."""
    monkeypatch.setattr(newcomers, "TOGETHER", 2)
    monkeypatch.setattr(imports, "MANY", 4)


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes everybody go the way of those who cannot come with others."""
    return lambda: monkeypatch.setattr(imports, "may_come_with_others", lambda facts: False)


def take(study: Trial, table: str, actor: Actor = SYSTEM, scope: Scope = EVERYTHING, helpers: int = 0) -> Imported:
    def work(uow: UnitOfWork) -> Imported:
        return import_facts(uow, study.designs, scope, STUDY, table.encode(), helpers)

    return study.store.write(actor, NOW, work)


def content(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    with database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key.columns))]
            for table in database.tables.sorted_tables
        }


def with_a_version_in_effect(store: Store) -> Trial:
    """A study in which enrolments at one site, from a day on, take its version from there."""
    study = trial(store)
    command = MakeEffective(
        study=STUDY, site="north", version="1.0", approved_on=date(2025, 12, 1), effective_on=date(2025, 12, 2)
    )
    store.write(SYSTEM, NOW, lambda uow: amendment_effective(uow, study.designs, EVERYTHING, command))
    return study


@pytest.mark.usefixtures("few_together")
@pytest.mark.parametrize("helpers", [0, 2])
def test_every_table_is_the_same_as_if_they_had_come_one_by_one(
    store: Store, another_database: Database, one_by_one: Callable[[], None], helpers: int
) -> None:
    together = with_a_version_in_effect(store)
    assert take(together, TABLE, helpers=helpers) == Imported(13, TABLE.count('\n"0'))
    one_by_one()
    alone = with_a_version_in_effect(Store(another_database))
    take(alone, TABLE)
    found, wanted = content(store.database), content(another_database)
    assert {name for name, rows in wanted.items() if rows} >= {
        "participant", "fact", "visit", "gate", "deviation", "booking", "chair_slot", "audit_entry", "audit_head",
    }  # fmt: skip
    some = found.pop("care"), wanted.pop("care")
    assert len(some[0]) < len(some[1])  # who comes with others gets it from the worker
    for name, rows in wanted.items():
        assert found[name] == rows, name
    replan_all(store, together.designs, SYSTEM, NOW)
    assert content(store.database)["care"] == some[1]


@pytest.mark.usefixtures("few_together")
def test_what_was_written_together_is_what_the_facts_say_and_the_audit_is_whole(store: Store) -> None:
    study = trial(store)
    take(study, TABLE, Actor("user:7"))
    with store.database.reading() as session:
        assert list(verify_visits(session, Designs())) == []
        reports = verify(session)
    assert [report.wrong for report in reports] == [(), ()]
    assert reports[1].entries == 6 + 2 * len(HISTORIES)


BAD = (
    line("bad number!", "consented", "2025-12-20", "north", version="1.0"),
    joined("01-101", "mars"),
    joined("01-102") + dosed("01-102", "2026-01-05").replace("vsli", "aspirin"),
    line("01-103", "consented", "2025-12-20", version="1.0"),
    line("01-104", "consented", "2025-13-20", "north", version="1.0"),
    line("01-105", "consented", "2025-12-20", "north", version="1.0", note="hid\u200bden"),
    joined("01-106") + line("01-106", "booked", "2026-01-12", visit="induction.c1.d8", reason="?"),
    joined("01-107") + line("01-107", "died", "2026-01-05") + line("01-107", "attended", "2026-02-01", visit="x.y"),
    joined("mars-1", "mars"),
)


@pytest.mark.usefixtures("few_together")
@pytest.mark.parametrize("helpers", [0, 2])
def test_what_is_wrong_is_told_in_the_same_words_and_order_and_nothing_is_stored(
    study: Trial, one_by_one: Callable[[], None], helpers: int
) -> None:
    before = content(study.store.database)
    with pytest.raises(InvalidInput) as together:
        take(study, TABLE + "".join(BAD), helpers=helpers)
    one_by_one()
    with pytest.raises(InvalidInput) as alone:
        take(study, TABLE + "".join(BAD))
    assert together.value.problems == alone.value.problems
    assert len(together.value.problems) >= len(BAD)
    assert content(study.store.database) == before


@pytest.mark.usefixtures("few_together")
@pytest.mark.parametrize("helpers", [0, 2])
def test_of_very_many_problems_the_first_are_told(
    study: Trial, monkeypatch: pytest.MonkeyPatch, one_by_one: Callable[[], None], helpers: int
) -> None:
    monkeypatch.setattr(imports, "MOST_PROBLEMS", 7)
    table = HEAD + "".join(
        joined(f"01-{number}", "mars" if number % 3 == 0 else "north")
        + (line(f"01-{number}", "attended", "2026-02-01", visit="x.y") if number % 2 else "")
        for number in range(100, 130)
    )
    with pytest.raises(InvalidInput) as together:
        take(study, table, helpers=helpers)
    one_by_one()
    with pytest.raises(InvalidInput) as alone:
        take(study, table)
    assert together.value.problems == alone.value.problems
    assert len(together.value.problems) == 7


@pytest.fixture
def study(store: Store) -> Trial:
    return trial(store)


@pytest.mark.usefixtures("few_together")
def test_a_site_out_of_scope_is_not_there(study: Trial) -> None:
    with pytest.raises(InvalidInput, match='there is no site "south"'):
        take(study, HEAD + joined("01-001") + joined("02-001", "south"), scope=Scope(((1, 1),)))


def test_a_number_that_another_writer_took_meanwhile_stops_the_whole_table(
    study: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    study.screen("01-002")
    before = content(study.store.database)
    monkeypatch.setattr(imports, "numbers_taken", lambda *_: set())
    with pytest.raises(IntegrityError):
        take(study, TABLE)
    assert content(study.store.database) == before


def test_rows_get_the_numbers_that_were_reserved_for_them(study: Trial) -> None:
    table = Participant.__table__
    with study.store.database.writing() as session:
        bulk = Bulk(session.connection())
        ids = bulk.reserve_ids(table, 3)  # type: ignore[arg-type]
        assert len(set(ids)) == 3
    study.screen("01-001")
    with study.store.database.writing() as session:
        known = session.scalar(select(Participant.id))
        assert known not in Bulk(session.connection()).reserve_ids(table, 3)  # type: ignore[arg-type]


@pytest.mark.parametrize("table", [TABLE, TABLE + "".join(BAD)], ids=["right", "wrong"])
def test_after_an_import_the_connection_keeps_as_little_in_memory_as_before(study: Trial, table: str) -> None:
    def kept() -> object:
        with study.store.database.reading() as session:
            if session.get_bind().dialect.name != "sqlite":
                return None
            return session.connection().exec_driver_sql("PRAGMA cache_size").scalar()

    before = kept()
    with suppress(InvalidInput):
        take(study, table)
    assert kept() == before
