"""OK to treat on the page of an appointment: given, refused, taken back, by an investigator alone."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from planner.persistence.dose_oks import DoseOk
from planner.persistence.unit_of_work import Store
from planner.services.access import EVERYTHING
from planner.services.dose_oks import doses_without_ok
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.seated import DAY, DAY_1
from tests.studies import STUDY, Trial

OK = f"{DAY_1}/ok"
GOOD = {"name-0": "platelets", "value-0": "90", "unit-0": "10^9/L", "day-0": "2026-01-05"}


@pytest.fixture
def investigator(app: Flask, store: Store, study: Trial) -> Desk:
    """An investigator who is signed in."""
    return desk_of(app, store, Role.INVESTIGATOR)


def oks(store: Store) -> list[DoseOk]:
    return store.read(lambda session: list(session.scalars(select(DoseOk).order_by(DoseOk.id))))


def test_an_ok_is_given_on_results_and_the_page_says_on_which(investigator: Desk, store: Store) -> None:
    assert investigator.send(OK, drug="vsli", do="give", **GOOD).status_code == 303
    (row,) = oks(store)
    assert row.results == [{"name": "platelets", "value": "90", "unit": "10^9/L", "day": "2026-01-05"}]
    words = investigator.text(DAY_1)
    assert "Test investigator, Mon 5 Jan, 09:00 platelets 90 10^9/L" in words
    assert "1 appointment · 1 without OK to treat" in investigator.text(DAY)


def test_a_note_is_enough(investigator: Desk, store: Store) -> None:
    assert (
        investigator.send(OK, drug="ino", do="give", note="counts are good", **{"day-0": "2026-01-05"}).status_code
        == 303
    )
    assert (oks(store)[0].results, oks(store)[0].note) == ([], "counts are good")


def test_an_ok_that_rests_on_nothing_is_none_and_what_was_typed_stays(investigator: Desk, store: Store) -> None:
    answer = investigator.send(OK, drug="vsli", do="give", **{"unit-0": "10^9/L", "day-0": "2026-01-05"})
    assert answer.status_code == 400
    assert "Nothing says what the OK rests on; give results, or a note." in answer.text
    assert 'value="10^9/L"' in answer.text
    assert oks(store) == []


@pytest.mark.parametrize(
    ("said", "place", "wrong"),
    [
        ({"day-0": "2026-01-06"}, "day-0", "The day is still to come"),
        ({"day-0": "soon"}, "day-0", "This is no day; write it as 2026-01-31."),
        ({"value-0": ""}, "value-0", "Write what came out"),
        ({"name-0": "", "value-0": "", "name-2": "ANC", "value-2": "", "day-2": "2026-01-05"}, "value-2", "came out"),
    ],
)
def test_what_is_wrong_with_a_result_stands_at_its_field(
    investigator: Desk, store: Store, said: dict[str, str], place: str, wrong: str
) -> None:
    answer = investigator.send(OK, drug="vsli", do="give", **{**GOOD, **said})
    assert answer.status_code == 400
    assert wrong.lower() in answer.text.lower()
    assert f'id="ok-vsli-{place}-error"' in answer.text
    assert oks(store) == []


def test_a_refusal_says_why_moves_nothing_and_an_ok_can_follow(investigator: Desk, study: Trial) -> None:
    before = investigator.text(f"/studies/{STUDY}/participants/01-001")
    assert investigator.send(OK, drug="vsli", do="refuse", why="platelets of 20").status_code == 303
    words = investigator.text(DAY_1)
    assert "OK to treat not to be given: platelets of 20 (Test investigator)" in words
    assert "not to be given: platelets of 20" in investigator.text(DAY)
    assert investigator.text(f"/studies/{STUDY}/participants/01-001") == before
    assert investigator.send(OK, drug="vsli", do="give", note="platelets of 60 by noon").status_code == 303
    assert "not to be given" not in investigator.text(DAY_1)


def test_a_refusal_without_a_reason_is_none(investigator: Desk, store: Store) -> None:
    answer = investigator.send(OK, drug="vsli", do="refuse", why=" ")
    assert answer.status_code == 400
    assert 'id="ok-vsli-why-error"' in answer.text
    assert oks(store) == []


def test_an_ok_is_taken_back_with_a_reason(investigator: Desk, store: Store) -> None:
    investigator.send(OK, drug="vsli", do="give", note="counts are good")
    assert investigator.send(OK, drug="vsli", do="revoke", why="").status_code == 400
    assert investigator.send(OK, drug="vsli", do="revoke", why="platelets fell").status_code == 303
    assert "OK taken back: platelets fell" in investigator.text(DAY_1)
    assert oks(store)[0].refused is False


def test_what_is_in_force_is_not_given_or_refused_again(investigator: Desk, store: Store) -> None:
    investigator.send(OK, drug="vsli", do="give", note="counts are good")
    for do in ("give", "refuse"):
        answer = investigator.send(OK, drug="vsli", do=do, note="again", why="again")
        assert answer.status_code == 409
        assert "Its OK has been given already" in text_of(answer.text)
    assert len(oks(store)) == 1


def test_a_dose_that_is_given_although_it_was_refused_is_listed_as_that(
    investigator: Desk, centre: Desk, study: Trial
) -> None:
    investigator.send(OK, drug="vsli", do="refuse", why="platelets of 20")
    centre.send(f"{DAY_1}/dose", drug="vsli", start="09:02", stop="09:04", do="save")
    found = study.store.read(lambda session: doses_without_ok(session, study.designs, EVERYTHING, STUDY))
    assert [(dose.drug, dose.wrong) for dose in found] == [("vsli", "refused")]


@pytest.mark.parametrize("role", [Role.INFUSION_CENTRE, Role.COORDINATOR, Role.MONITOR, Role.ADMINISTRATOR])
def test_nobody_but_an_investigator_is_asked_or_may_say_so(app: Flask, store: Store, study: Trial, role: Role) -> None:
    who = desk_of(app, store, role)
    assert "Say whether it may be given" not in who.text(DAY_1)
    assert who.send(OK, drug="vsli", do="give", note="counts are good").status_code == 403
    assert oks(store) == []


def test_a_drug_of_another_appointment_is_not_there(investigator: Desk) -> None:
    assert investigator.send(OK, drug="aspirin", do="give", note="good").status_code == 404
    assert investigator.send(OK, drug="vsli", do="nothing", note="good").status_code == 400
