"""Caregivers whose numbers were kept before anybody was looked for by them are found once, by a worker's upkeep."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from planner.persistence.participants import Contact
from planner.persistence.unit_of_work import Store
from planner.services.caregivers import NOBODY, find_caregivers
from tests.reminded import DAY_8, KEYS, TOLD, addresses, agree, erase, keep, messages, reminding
from tests.studies import Trial


@pytest.fixture
def study(store: Store) -> Trial:
    """Details as an older planner has kept them: nobody knows yet by which number the caregiver is reached."""
    made = reminding(store)
    made.enrol("01-002")
    keep(made, "01-002", phone="+12125550102", caregiver_phone="")
    forget(made)
    agree(made, "caregiver")
    made.record("01-001", DAY_8)
    made.record("01-001", TOLD)
    return made


def forget(study: Trial) -> None:
    study.store.database.transact(lambda session: session.execute(update(Contact).values(caregiver_index=None)))


def find(study: Trial) -> int:
    return find_caregivers(study.store, KEYS, study.now)


def test_a_caregiver_is_found_once_and_told_what_is_to_come(study: Trial) -> None:
    assert addresses(study, "caregiver") == {}
    assert find(study) == 1
    assert list(addresses(study, "caregiver")) == ["sms"]
    assert [timing for _, timing, _ in messages(study, "planned", whom="caregiver")] == ["3d", "1d"]
    assert find(study) == 0


def test_where_nobody_cares_it_is_not_looked_for_again(study: Trial) -> None:
    find(study)
    with study.store.database.reading() as session:
        rows = session.execute(select(Contact.participant_id, Contact.caregiver_index))
        found = {row.participant_id: row.caregiver_index or "" for row in rows}
    assert (found[2], len(found[1])) == (NOBODY, 64)


def test_what_was_erased_stays_so(study: Trial) -> None:
    erase(study)
    assert find(study) == 0
    assert addresses(study, "caregiver") == {}


def test_a_worker_that_ends_stops_looking(study: Trial) -> None:
    assert find_caregivers(study.store, KEYS, study.now, stopped=lambda: True) == 0
