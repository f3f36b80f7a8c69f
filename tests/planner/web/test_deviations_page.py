"""Deviations: the queue, and what can be done with one of them, each step a form of its own."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask import Flask
from sqlalchemy import select

from planner.persistence.deviations import DeviationRow
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import PASSWORD, Clock
from tests.reminded import DOSED
from tests.studies import NORTH, SOUTH, STUDY, Trial, audited

ONE = f"/studies/{STUDY}/participants/01-001/deviations/1"
CLASSIFIED = {"step": "classify", "important": "yes", "category": "visit window", "cause": "They were <i>ill</i>"}


@pytest.fixture
def late(study: Trial, at: Clock) -> Trial:
    """Somebody whose second dose came outside its window."""
    study.enrol()
    study.record("01-001", *DOSED)
    study.record("01-001", {**DOSED[0], "date": "2026-01-20", "visit": "induction.c1.d8"})
    at.now = study.now
    return study


@pytest.fixture
def somebody(app: Flask, store: Store, late: Trial) -> Desk:
    return desk_of(app, store, Role.INVESTIGATOR)


def row(study: Trial) -> DeviationRow:
    return study.store.read(lambda session: session.scalars(select(DeviationRow).where(DeviationRow.id == 1)).one())


def test_the_queue_shows_what_waits_and_each_leads_to_its_page(somebody: Desk) -> None:
    page = somebody.html("/deviations")
    assert f'href="{ONE}"' in page
    assert "There is none." in somebody.text("/deviations?queue=closed")
    assert "01-001" in somebody.text("/deviations?queue=all")
    somebody.html("/deviations?queue=nothing", 404)


def test_one_is_confirmed_classified_signed_and_closed(somebody: Desk, late: Trial) -> None:
    answer = somebody.send(ONE, step="confirm")
    assert answer.status_code == 303
    assert "Done: it is confirmed." in somebody.text(answer.location)
    assert somebody.send(ONE, **CLASSIFIED).status_code == 303
    page = somebody.html(ONE)
    assert "They were &lt;i&gt;ill&lt;/i&gt;" in page
    assert somebody.send(f"{ONE}/signature", meaning="reviewed", password=PASSWORD).status_code == 303
    assert "Test Investigator".lower() in somebody.text(ONE).lower()
    assert somebody.send(ONE, step="close").status_code == 303
    kept = row(late)
    assert (kept.state, kept.important, kept.signed_as) == ("closed", True, "reviewed")


def test_a_wrong_password_signs_nothing_and_is_said_at_its_field(somebody: Desk, late: Trial) -> None:
    somebody.send(ONE, step="confirm")
    somebody.send(ONE, **CLASSIFIED)
    answer = somebody.send(f"{ONE}/signature", meaning="seen by me", password="wrong one")
    assert answer.status_code == 400
    assert re.search(r'id="sign-password-error">.*not your password', answer.text)
    assert 'value="seen by me"' in answer.text
    assert "wrong one" not in answer.text
    assert row(late).signed_at is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"step": "dismiss"}, "dismiss-reason"),
        ({"step": "classify", "cause": "no category"}, "classify-category"),
        ({**CLASSIFIED, "aware_since": "lately"}, "classify-aware_since"),
    ],
)
def test_what_is_missing_or_wrong_is_said_at_its_field(
    somebody: Desk, late: Trial, fields: dict[str, str], field: str
) -> None:
    if fields["step"] == "classify":
        somebody.send(ONE, step="confirm")
    sent = {"reason": "", "category": "", "aware_since": "", **fields}
    answer = somebody.send(ONE, **sent)
    assert answer.status_code == 400, text_of(answer.text)
    assert f'id="{field}-error"' in answer.text
    assert all(value in answer.text for value in fields.values() if "<" not in value)


def test_two_people_do_not_judge_over_each_other(somebody: Desk, late: Trial) -> None:
    revision = re.findall(r'name="expected" value="(\d+)"', somebody.html(ONE))[0]
    somebody.send(ONE, step="confirm")
    answer = somebody.send(ONE, step="dismiss", reason="no deviation", expected=revision)
    assert answer.status_code == 409
    assert "look at it again" in answer.text
    assert row(late).state == "confirmed"


def test_an_outdated_form_whose_step_is_gone_says_so_and_keeps_what_was_typed(somebody: Desk, late: Trial) -> None:
    revision = re.findall(r'name="expected" value="(\d+)"', somebody.html(ONE))[0]
    somebody.send(ONE, step="confirm")
    again = somebody.send(ONE, step="confirm", expected=revision)
    assert again.status_code == 409
    assert "Nothing was changed. " in text_of(again.text)
    assert "The deviation is confirmed now" in text_of(again.text)
    somebody.send(ONE, step="dismiss", reason="seen by the monitor")
    late_words = somebody.send(ONE, step="classify", category="dosing", cause="the van broke down", expected=revision)
    assert late_words.status_code == 409
    assert "You had typed: dosing; the van broke down" in text_of(late_words.text)


def test_a_step_that_there_is_not_is_refused(somebody: Desk, late: Trial) -> None:
    for step in ("", "sign", "\0", "close"):
        assert somebody.send(ONE, step=step).status_code in (400, 409), step
    assert row(late).state == "candidate"
    somebody.html(ONE.replace("/1", "/99"), 404)


def test_who_may_not_judge_or_sign_sees_no_form_for_it(app: Flask, store: Store, late: Trial) -> None:
    monitor = desk_of(app, store, Role.MONITOR).html(ONE)
    assert 'name="step"' not in monitor
    coordinator = desk_of(app, store)
    coordinator.send(ONE, step="confirm")
    coordinator.send(ONE, **CLASSIFIED)
    assert "signature" not in coordinator.html(ONE)


def taken(desk: Desk, **fields: str) -> list[list[str]]:
    answer = desk.send("/deviations/table", **fields)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="deviations')
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_list_that_is_shown_is_taken_out_as_a_table_and_the_audit_says_so(somebody: Desk, late: Trial) -> None:
    assert "Download as CSV" in somebody.html("/deviations")
    head, first, *_ = rows = taken(somebody)
    said = dict(zip(head, first, strict=True))
    assert (said["study"], said["site"], said["participant"], said["state"]) == (STUDY, NORTH, "01-001", "candidate")
    assert len(taken(somebody, queue="closed", study=STUDY)) == 1
    whole, none = audited(late, "deviations.exported")
    assert whole.subject == none.subject == f"study:{STUDY}"
    assert whole.actor.startswith("user:")
    assert whole.after == {"states": ["candidate"], "count": len(rows) - 1}
    assert none.after == {"states": ["closed", "dismissed"], "count": 0}


def test_no_cell_of_the_table_is_a_formula(somebody: Desk, late: Trial) -> None:
    somebody.send(ONE, step="confirm")
    somebody.send(ONE, **{**CLASSIFIED, "cause": "=HYPERLINK(1)", "action": "@SUM(1)"})
    head, first = taken(somebody, queue="open")
    said = dict(zip(head, first, strict=True))
    assert (said["cause"], said["action"]) == ("'=HYPERLINK(1)", "'@SUM(1)")


def test_what_is_out_of_scope_is_in_nobodys_table(app: Flask, store: Store, late: Trial) -> None:
    south = desk_of(app, store, Role.COORDINATOR, STUDY, SOUTH)
    assert len(taken(south, queue="all")) == 1
    assert audited(late, "deviations.exported") == []
    assert south.send("/deviations/table", study="another-study").status_code == 404
    assert south.send("/deviations/table", queue="nothing").status_code == 404
    assert desk_of(app, store, Role.INFUSION_CENTRE).send("/deviations/table").status_code == 403
