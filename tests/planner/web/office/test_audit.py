"""The audit is read, newest first, by whoever may; of a study only by whoever has the whole of it."""

from __future__ import annotations

import pytest
from flask import Flask

from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.studies import NORTH, STUDY, Trial


def test_what_was_done_in_a_study_is_read_the_newest_first_and_narrowed(office: Desk, study: Trial) -> None:
    study.screen("01-001")
    page = office.text(f"/office/studies/{STUDY}/audit")
    assert page.index("participant:01-001") < page.index(f"study:{STUDY}")
    only = office.text(f"/office/studies/{STUDY}/audit?subject=participant:")
    assert "participant:01-001" in only
    assert "protocol." not in only
    assert "Nothing of that stands in the audit." in office.text(f"/office/studies/{STUDY}/audit?subject=nothing")


def test_what_belongs_to_no_study_stands_in_the_audit_of_the_installation(office: Desk) -> None:
    page = office.text("/office/audit")
    assert f"site:{NORTH}" in page
    assert f"study:{STUDY}" not in page


def test_a_long_audit_has_pages(office: Desk, study: Trial) -> None:
    for number in range(60):
        study.screen(f"01-{number:03}")
    first = office.html(f"/office/studies/{STUDY}/audit?subject=participant:")
    assert 'rel="next"' in first
    assert office.client.get(f"/office/studies/{STUDY}/audit?subject=participant:&before=3").status_code == 200
    for odd in ("x", "-1", "9" * 40):
        assert office.client.get(f"/office/audit?before={odd}").status_code == 200


@pytest.mark.parametrize(
    ("role", "where", "statuses"),
    [
        (Role.ADMINISTRATOR, (None, None), [200, 200]), (Role.MONITOR, (STUDY, None), [403, 200]),
        (Role.MONITOR, (STUDY, NORTH), [403, 403]), (Role.COORDINATOR, (None, None), [403, 403]),
    ],
)  # fmt: skip
def test_the_audit_is_for_whoever_has_the_whole_of_what_it_is_about(
    app: Flask, study: Trial, role: Role, where: tuple[str | None, str | None], statuses: list[int]
) -> None:
    desk = desk_of(app, study.store, role, *where)
    pages = ("/office/audit", f"/office/studies/{STUDY}/audit")
    assert [desk.client.get(page).status_code for page in pages] == statuses
