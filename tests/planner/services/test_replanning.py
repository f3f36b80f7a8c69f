"""Days pass, sites close, engines change: everybody is planned again, and nothing moves behind anybody's back."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from planner.persistence.deviations import DeviationRow
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.visits import VisitRow
from planner.services.access import EVERYTHING, find_site
from planner.services.enrolment import fail_screening
from planner.services.replanning import Moved, Replanned, replan_all
from planner.services.sites import CloseSite, close_site, reopen_site
from planner.services.verification import verify_visits
from schedules.plan import ENGINE
from tests.studies import NORTH, NOW, STUDY, Trial, trial

D8 = "induction.c1.d8"


@pytest.fixture
def study(store: Store) -> Trial:
    made = trial(store)
    made.enrol("01-001")
    made.enrol("01-002", site="south")
    return made


def visit(study: Trial, key: str = D8, number: int = 1) -> VisitRow:
    with study.store.database.reading() as session:
        found = session.get(VisitRow, (number, key))
    assert found is not None
    return found


def again(study: Trial, days: int = 0, agreed: bool = False) -> Replanned:
    return replan_all(study.store, study.designs, SYSTEM, NOW + timedelta(days=days), agreed)


def test_a_day_that_passes_changes_statuses_and_no_revision(study: Trial) -> None:
    given = {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1"}
    study.record("01-001", *({**given, "activity": drug} for drug in ("vsli", "ino")))
    assert visit(study).status == "planned"
    again(study, days=6)
    assert (visit(study).status, visit(study).revision) == ("due", 0)
    with study.store.database.reading() as session:
        assert list(verify_visits(session, study.designs)) == []


def test_what_nobody_recorded_becomes_a_query_and_then_a_candidate(study: Trial) -> None:
    again(study, days=5)
    with study.store.database.reading() as session:
        found = session.scalar(select(DeviationRow).where(DeviationRow.identity == "unrecorded:induction.c1.d1"))
    assert found is not None
    assert found.state == "query"
    again(study, days=20)
    with study.store.database.reading() as session:
        assert session.get_one(DeviationRow, found.id).state == "candidate"


def test_who_failed_screening_is_asked_for_nothing_any_more(study: Trial) -> None:
    study.screen("01-003", planned_day_1=date(2026, 1, 12))
    assert visit(study, number=3).gone is False
    study.store.write(
        SYSTEM,
        NOW,
        lambda uow: fail_screening(
            uow, study.designs, EVERYTHING, STUDY, "01-003", date(2026, 1, 5), "platelets too low"
        ),
    )
    again(study, days=60)
    assert visit(study, number=3).gone
    with study.store.database.reading() as session:
        assert not session.scalars(select(DeviationRow).where(DeviationRow.participant_id == 3)).all()


def test_a_closed_day_moves_who_is_seen_there_and_nobody_else(study: Trial) -> None:
    def work(closed: CloseSite) -> int:
        return study.store.write(
            SYSTEM, NOW, lambda uow: close_site(uow, find_site(uow.session, EVERYTHING, NORTH), closed).id
        )

    closure = work(CloseSite(first=date(2026, 1, 12), reason="stock-taking"))
    again(study)
    assert (visit(study).target, visit(study, number=2).target) == (date(2026, 1, 13), date(2026, 1, 12))
    study.store.write(SYSTEM, NOW, lambda uow: reopen_site(uow, find_site(uow.session, EVERYTHING, NORTH), closure))
    again(study)
    assert (visit(study).target, visit(study).revision) == (date(2026, 1, 12), 2)


def test_dates_that_only_a_newer_engine_moves_wait_until_somebody_agrees(study: Trial) -> None:
    with study.store.database.writing() as session:
        session.execute(update(Participant).where(Participant.id == 1).values(engine="0"))
        session.execute(
            update(VisitRow).where(VisitRow.participant_id == 1, VisitRow.key == D8).values(target=date(2026, 1, 11))
        )
    done = again(study)
    assert done.waiting == (Moved("01-001", D8, "2026-01-11", "2026-01-12"),)
    assert visit(study).target == date(2026, 1, 11)
    assert again(study, agreed=True).waiting == ()
    assert visit(study).target == date(2026, 1, 12)
    with study.store.database.reading() as session:
        assert session.get_one(Participant, 1).engine == ENGINE


def test_planning_everybody_twice_is_planning_once(study: Trial) -> None:
    again(study, days=3)
    before = visit(study).changed_at
    assert again(study, days=3) == Replanned(2, (), ())
    assert visit(study).changed_at == before
