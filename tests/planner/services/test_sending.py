"""What was held is sent after all, and all sending stopped, only where whoever says so may say it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from notifications.outbox import MessageRow, State
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.problems import NotAllowed, NotFound
from planner.services.access import EVERYTHING, Scope
from planner.services.sending import replay_held, set_whole_switch, whole_switch
from tests import reminded
from tests.reminded import DAY_8, TOLD
from tests.studies import STUDY, Trial

NAMES = [column.name for column in MessageRow.__table__.columns if column.name != "id"]


@pytest.fixture
def study(store: Store) -> Trial:
    """One held message in the study, one at another site of it, one in another study."""
    made = reminded.reminding(store)
    made.record("01-001", DAY_8)
    made.record("01-001", TOLD)
    store.database.transact(_hold)
    return made


def _hold(session: Any) -> None:
    row = session.get_one(MessageRow, 1)
    row.state = State.HELD
    like = {name: getattr(row, name) for name in NAMES}
    session.add(MessageRow(**like | {"occasion": "another site", "site_id": row.site_id + 1}))
    session.add(MessageRow(**like | {"occasion": "another study", "study_id": row.study_id + 1}))


def held(study: Trial) -> set[str]:
    query = select(MessageRow.occasion).where(MessageRow.state == State.HELD)
    return study.store.read(
        lambda session: {one if one.startswith("another") else "own" for one in session.scalars(query)}
    )


def test_of_one_study_nothing_of_another_is_sent(study: Trial) -> None:
    assert study.store.write(SYSTEM, study.now, lambda uow: replay_held(uow, EVERYTHING, STUDY)) == 2
    assert held(study) == {"another study"}


def test_of_ones_own_site_nothing_of_another_is_sent(study: Trial) -> None:
    assert study.store.write(SYSTEM, study.now, lambda uow: replay_held(uow, Scope(((1, 1),)), STUDY)) == 1
    assert held(study) == {"another site", "another study"}


def test_a_single_message_of_another_site_is_not_there(study: Trial) -> None:
    with pytest.raises(NotFound):
        study.store.write(SYSTEM, study.now, lambda uow: replay_held(uow, Scope(((1, 1),)), STUDY, 3))
    assert held(study) == {"own", "another site", "another study"}


def test_only_who_may_do_so_in_all_studies_stops_all_of_them(study: Trial) -> None:
    one_study = Scope(((1, None),))
    with pytest.raises(NotAllowed, match="all studies"):
        study.store.write(SYSTEM, study.now, lambda uow: set_whole_switch(uow, one_study, True, "made up"))
    assert not study.store.read(whole_switch).off
    study.store.write(SYSTEM, study.now, lambda uow: set_whole_switch(uow, EVERYTHING, True, "made up"))
    assert study.store.read(whole_switch).off
