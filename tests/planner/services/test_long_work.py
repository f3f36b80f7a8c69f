"""Long work is done part by part: killed, stopped or refused, it says so, and goes on where it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from planner.persistence.facts import FactRow
from planner.persistence.long_work import LongWork
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.users import Grant, User
from planner.problems import Conflict
from planner.services import long_tasks
from planner.services.access import EVERYTHING, Scope, find_site, find_study
from planner.services.long_tasks import TASKS
from planner.services.long_work import find_work, go_on, list_work, standing, tidy_work, want_stop
from planner.services.long_work_runner import Part
from planner.services.users import Role
from planner.services.verification import verify_visits
from tests.long_work import asked, lines, stands, worker
from tests.planner.services.test_amendments import FIRST, SECOND
from tests.studies import NORTH, SOUTH, STUDY, Trial, audited, trial

TABLE = """number,site,fact,date,day_1,version
{number},north,consented,2025-12-20,,1.0
{number},north,enrolled,2025-12-30,2026-01-05,
"""


def table(*numbers: str) -> bytes:
    head, *rows = TABLE.splitlines()
    return "\n".join([head, *(row.format(number=number) for number in numbers for row in rows)]).encode()


@pytest.fixture
def study(store: Store) -> Trial:
    return trial(store, texts=[FIRST, SECOND])


def people(store: Store) -> list[str]:
    query = select(Participant.number).order_by(Participant.number)
    return store.read(lambda session: list(session.scalars(query)))


def facts(store: Store) -> int:
    return store.read(lambda session: session.scalar(select(func.count()).select_from(FactRow)) or 0)


def change(study: Trial, work: int, what: Any) -> None:
    def do(uow: Any) -> None:
        found = find_study(uow.session, EVERYTHING, STUDY)
        what(uow, found, find_work(uow.session, EVERYTHING, STUDY, work, lock=True))

    study.store.write(SYSTEM, study.now, do)


def test_a_table_is_checked_without_taking_anything_in_and_then_taken_in(study: Trial, store: Store) -> None:
    check = asked(study, "import-check", payload=table("01-001", "01-002"))
    worker(store, lambda: study.now).run()
    row = stands(store, check)
    assert (row.state, row.done, row.total, lines(store, check)) == ("done", 2, 2, [])
    assert (row.found["participants"], row.found["facts"]) == (2, 4)
    assert (people(store), facts(store)) == ([], 0)
    work = asked(study, "import", payload=table("01-001", "01-002"))
    worker(store, lambda: study.now).run()
    assert stands(store, work).state == "done"
    assert (people(store), facts(store)) == (["01-001", "01-002"], 4)


def test_every_bad_line_is_told_with_its_place(study: Trial, store: Store) -> None:
    bad = table("01-001", "01-002") + b"\n01-003,nowhere,consented,2025-12-20,,1.0\n01-004,north,danced,2025-12-20,,"
    check = asked(study, "import-check", payload=bad)
    worker(store, lambda: study.now).run()
    found = lines(store, check)
    assert [about.partition(":")[0] for kind, about, _ in found if kind == "problem"] == ["line 6", "line 7"]
    assert people(store) == []


def test_what_is_no_table_fails_with_the_reason(study: Trial, store: Store) -> None:
    check = asked(study, "import-check", payload=b"\xff\xfe")
    worker(store, lambda: study.now).run()
    row = stands(store, check)
    assert row.state == "failed"
    assert "not in UTF-8" in row.reason


class Killed(BaseException):
    """A worker that is killed says nothing and tidies nothing."""


def test_a_worker_that_is_killed_loses_its_part_alone_and_another_goes_on(
    study: Trial, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_tasks, "PEOPLE_OF_A_TABLE", 2)
    numbers = [f"01-{number:03}" for number in range(1, 8)]
    work = asked(study, "import", payload=table(*numbers))
    first = worker(store, lambda: study.now, "first")

    class Dying:
        """Dies in its third part, after all of it was done and before it is committed."""

        def __init__(self, task: Any) -> None:
            self.task, self.total = task, task.total

        def part(self, uow: Any, position: int) -> Part:
            part: Part = self.task.part(uow, position)
            if position == 4:
                raise Killed
            return part

    first.begin = {**TASKS, "import": lambda session, asked: Dying(TASKS["import"](session, asked))}
    with pytest.raises(Killed):
        first.run()
    assert (stands(store, work).state, stands(store, work).done, people(store)) == ("running", 4, numbers[:4])
    later = study.now + timedelta(minutes=3)
    assert standing(stands(store, work), later) == "cut-off"
    store.write(SYSTEM, later, tidy_work)
    assert stands(store, work).state == "cut-off"
    assert worker(store, lambda: later, "second").run() == 0, "nobody goes on with it unasked"
    change(study, work, go_on)
    worker(store, lambda: later, "second").run()
    assert (stands(store, work).state, stands(store, work).done, people(store)) == ("done", 7, numbers)
    assert (stands(store, work).found["participants"], facts(store)) == (7, 14)


def test_a_worker_that_is_told_to_end_gives_its_work_back(
    study: Trial, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_tasks, "PEOPLE_OF_A_TABLE", 1)
    work = asked(study, "import", payload=table("01-001", "01-002"))
    worker(store, lambda: study.now, stopped=iter([False, False, True, True]).__next__).run()
    assert (stands(store, work).state, people(store)) == ("waiting", ["01-001"])
    worker(store, lambda: study.now, "second").run()
    assert (stands(store, work).state, people(store)) == ("done", ["01-001", "01-002"])


def test_work_that_is_asked_to_stop_stops_after_its_part(
    study: Trial, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_tasks, "PEOPLE_OF_A_TABLE", 1)
    work = asked(study, "import", payload=table("01-001", "01-002", "01-003"))
    ends = iter([False, False, True])

    def stopped() -> bool:
        if next(ends, False):
            change(study, work, want_stop)
        return False

    worker(store, lambda: study.now, stopped=stopped).run()
    assert (stands(store, work).state, people(store)) == ("stopped", ["01-001"])
    assert [entry.action for entry in audited(study, "work.stop-asked")] == ["work.stop-asked"]


def test_what_has_not_begun_is_stopped_at_once_and_what_is_done_stays_done(study: Trial, store: Store) -> None:
    work = asked(study, "replan")
    change(study, work, want_stop)
    assert stands(store, work).state == "stopped"
    assert worker(store, lambda: study.now).run() == 0
    change(study, work, go_on)
    worker(store, lambda: study.now).run()
    change(study, work, want_stop)
    assert stands(store, work).state == "done"
    with pytest.raises(Conflict, match="it is done"):
        change(study, work, go_on)


def test_a_worker_that_hung_finds_its_work_taken_and_changes_nothing(study: Trial, store: Store) -> None:
    work = asked(study, "import", payload=table("01-001"))
    slow = worker(store, lambda: study.now, "slow")
    assert slow._claim() == work
    study.now += timedelta(minutes=3)
    store.write(SYSTEM, study.now, tidy_work)
    slow._do(work)
    assert (people(store), stands(store, work).state) == ([], "cut-off")


def test_the_same_is_not_asked_for_twice_at_once(study: Trial, store: Store) -> None:
    asked(study, "replan")
    with pytest.raises(Conflict, match="under way already"):
        asked(study, "replan")
    asked(study, "export", asked={"what": "visits"})


def test_rights_that_were_taken_meanwhile_are_gone(study: Trial, store: Store) -> None:
    work = asked(study, "import", payload=table("01-001"))

    def end(uow: Any) -> None:
        for grant in uow.session.scalars(select(Grant)):
            grant.ended_at = uow.now

    store.write(SYSTEM, study.now, end)
    worker(store, lambda: study.now).run()
    assert (stands(store, work).state, people(store)) == ("failed", [])


def test_somebody_who_is_no_user_any_more_has_nothing_done(study: Trial, store: Store) -> None:
    work = asked(study, "replan")

    def end(uow: Any) -> None:
        for who in uow.session.scalars(select(User)):
            who.disabled_at = uow.now

    store.write(SYSTEM, study.now, end)
    worker(store, lambda: study.now).run()
    assert stands(store, work).state == "failed"


def test_everybody_is_planned_again_part_by_part(study: Trial, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_tasks, "PEOPLE_PLANNED", 2)
    for number in range(1, 6):
        study.enrol(f"01-{number:03}")
    study.now += timedelta(days=1)
    work = asked(study, "replan")
    worker(store, lambda: study.now).run()
    row = stands(store, work)
    assert (row.state, row.done, row.total, row.found) == ("done", 5, 5, {"planned": 5})
    assert store.read(lambda session: {str(one.planned_on) for one in session.scalars(select(Participant))}) == {
        "2026-01-06"
    }


AMENDMENT = {"site": NORTH, "version": "2.0", "approved_on": "2026-01-02", "effective_on": "2026-01-05"}


def site_id(store: Store, code: str) -> int:
    return store.read(lambda session: find_site(session, EVERYTHING, code).id)


def test_an_amendment_is_looked_at_without_moving_anybody_and_then_put_in_force(
    study: Trial, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_tasks, "PEOPLE_AMENDED", 2)
    for number in ("01-001", "01-002", "01-003"):
        study.enrol(number)
    study.enrol("02-001", site=SOUTH)
    look = asked(study, "amendment-look", asked=AMENDMENT, site_id=site_id(store, NORTH))
    worker(store, lambda: study.now).run()
    row = stands(store, look)
    assert (row.state, row.done, row.total) == ("done", 3, 3)
    assert row.found == {"concerned": 3, "reconsents": 3, "hit": 0, "waits": False}
    assert [(kind, about) for kind, about, _ in lines(store, look)] == [
        ("moves", "01-001"), ("moves", "01-002"), ("moves", "01-003"),
    ]  # fmt: skip
    assert versions(store) == ["1.0", "1.0", "1.0", "1.0"]
    work = asked(study, "amendment", asked={**AMENDMENT, "why": "approved"}, site_id=site_id(store, NORTH))
    worker(store, lambda: study.now).run()
    assert stands(store, work).state == "done"
    assert versions(store) == ["2.0", "2.0", "2.0", "1.0"]
    assert [entry.why for entry in audited(study, "protocol.effective")] == ["approved"]
    assert store.read(lambda session: verify_all(session, study)) == []


def test_an_amendment_that_is_in_force_later_is_noted_and_waits(study: Trial, store: Store) -> None:
    study.enrol("01-001")
    later = {**AMENDMENT, "effective_on": "2026-02-01"}
    work = asked(study, "amendment", asked=later, site_id=site_id(store, NORTH))
    worker(store, lambda: study.now).run()
    assert stands(store, work).found == {"waits": True}
    assert versions(store) == ["1.0"]


def versions(store: Store) -> list[str | None]:
    query = select(Participant).order_by(Participant.number)
    return store.read(lambda session: [one.version for one in session.scalars(query)])


def verify_all(session: Any, study: Trial) -> list[Any]:
    return list(verify_visits(session, study.designs))


def test_an_export_has_every_visit_that_one_may_see(
    study: Trial, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_tasks, "ROWS_EXPORTED", 3)
    study.enrol("01-001")
    study.enrol("02-001", site=SOUTH)
    work = asked(study, "export", asked={"what": "visits"})
    worker(store, lambda: study.now).run()
    row = store.read(lambda session: session.get_one(LongWork, work).payload)
    assert row is not None
    head, *rest = row.decode("utf-8-sig").splitlines()
    assert head.startswith("number,site,key,label,epoch,cycle,status")
    assert sorted(line[:12] for line in rest) == sorted(["01-001,north"] * 2 + ["02-001,south"] * 2)


def test_old_files_are_removed_and_the_work_stays(study: Trial, store: Store) -> None:
    work = asked(study, "import-check", payload=table("01-001"))
    worker(store, lambda: study.now).run()
    store.write(SYSTEM, study.now + timedelta(days=8), tidy_work)
    assert store.read(lambda session: session.get_one(LongWork, work).payload) is None
    assert stands(store, work).state == "done"


def test_whoever_sees_one_site_sees_the_work_of_that_site_alone(study: Trial, store: Store) -> None:
    north = asked(study, "amendment-look", asked=AMENDMENT, site_id=site_id(store, NORTH))
    asked(study, "replan")

    def seen(session: Any) -> list[int]:
        found = find_study(session, EVERYTHING, STUDY)
        scope = Scope(((found.id, site_id(store, NORTH)),))
        return [one.row.id for one in list_work(session, scope, found, 10)]

    assert store.read(seen) == [north]


@pytest.mark.parametrize("role", [Role.COORDINATOR])
def test_a_coordinator_may_have_nobody_planned_again(study: Trial, store: Store, role: Role) -> None:
    work = asked(study, "replan", role=role)
    worker(store, lambda: study.now).run()
    assert stands(store, work).state == "failed"
