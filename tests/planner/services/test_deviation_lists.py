"""Long lists of deviations: read page by page in one order to their end, counted, and within a scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from planner.persistence.deviations import DeviationRow
from planner.persistence.paging import Asked
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.problems import InvalidInput
from planner.services.access import EVERYTHING, Scope
from planner.services.lists import Wanted, count_deviations, deviations_to_confirm, list_deviations
from tests.studies import NORTH, SOUTH, Trial, trial

WAITING = Wanted(statuses=("candidate",))
#: their days, in no order; some have none
DAYS = (date(2026, 2, 3), None, date(2026, 1, 5), date(2026, 2, 3), None, date(2026, 1, 1), None)


@pytest.fixture
def study(store: Store) -> Trial:
    made = trial(store)
    made.screen("01-001", site=NORTH)
    made.screen("02-001", site=SOUTH)
    return made


def found(study: Trial, days: Sequence[date | None], state: str = "candidate") -> None:
    """Deviations on these days, by turns of one participant and the other."""

    def work(uow: UnitOfWork) -> None:
        people = list(uow.session.execute(select(Participant.id, Participant.study_id).order_by(Participant.number)))
        rows = [
            {"participant_id": people[at % 2][0], "study_id": people[at % 2][1], "identity": f"{state}-{at}",
             "kind": "late", "text": f"made up {at}", "state": state, "important": False, "day": day,
             "found_at": uow.now}
            for at, day in enumerate(days)
        ]  # fmt: skip
        uow.session.execute(insert(DeviationRow), rows)

    study.store.write(SYSTEM, study.now, work)


def read_through(study: Trial, wanted: Wanted, limit: int, scope: Scope = EVERYTHING) -> list[str]:
    """What each says, page after page."""

    def work(session: Session) -> list[str]:
        page = list_deviations(session, scope, wanted, Asked(limit))
        texts = [row.text for row, _, _ in page.rows]
        while page.next is not None:
            page = list_deviations(session, scope, wanted, Asked(limit, page.next))
            texts += [row.text for row, _, _ in page.rows]
        return texts

    return study.store.read(work)


def to_confirm(study: Trial, scope: Scope) -> int:
    return study.store.read(lambda session: deviations_to_confirm(session, scope, [1])).get(1, 0)


def counted(study: Trial, wanted: Wanted, scope: Scope = EVERYTHING) -> int:
    return study.store.read(lambda session: count_deviations(session, scope, wanted))


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize("wanted", [WAITING, Wanted()], ids=["those that wait", "all"])
def test_they_come_by_day_and_those_without_one_last_however_long_a_page_is(
    study: Trial, limit: int, wanted: Wanted
) -> None:
    found(study, DAYS)
    assert read_through(study, wanted, limit) == [f"made up {at}" for at in (5, 2, 0, 3, 1, 4, 6)]


def test_they_are_counted_as_they_are_listed_in_each_state_and_within_each_scope(study: Trial) -> None:
    found(study, DAYS)
    found(study, DAYS[:3], "closed")
    north = study.store.read(
        lambda session: session.scalars(select(Participant.site_id).where(Participant.number == "01-001")).one()
    )
    at_north = Scope(((None, north),))
    for scope, waiting in ((EVERYTHING, 7), (at_north, 4), (Scope(()), 0)):
        for wanted in (WAITING, Wanted(statuses=("candidate", "closed")), Wanted(until=date(2026, 1, 5))):
            assert counted(study, wanted, scope) == len(read_through(study, wanted, 2, scope))
        assert to_confirm(study, scope) == waiting
    assert counted(study, Wanted(number="02-001", statuses=("closed",))) == 1


def test_a_cursor_that_no_page_gave_out_says_where_to_begin(study: Trial) -> None:
    with pytest.raises(InvalidInput) as refused:
        study.store.read(lambda session: list_deviations(session, EVERYTHING, WAITING, Asked(2, "nonsense")))
    assert refused.value.problems[0].place == "cursor"
