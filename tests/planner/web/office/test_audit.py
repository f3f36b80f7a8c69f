"""The audit is read, newest first, by whoever may; of a study only by whoever has the whole of it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

import planner
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import SYSTEM, Actor, UnitOfWork
from planner.persistence.users import ApiToken
from planner.services.users import CreateUser, Role, create_user, grant_role, make_token
from planner.web.audit_actions import ACTIONS
from planner.web.desk.fact_kinds import title_of
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import PASSWORD
from tests.studies import NORTH, STUDY, Trial


def test_what_was_done_in_a_study_is_read_the_newest_first_and_narrowed(office: Desk, study: Trial) -> None:
    study.screen("01-001")
    page = office.text(f"/office/studies/{STUDY}/audit")
    assert page.index("Took them into screening") < page.index("Let a site take part") < page.index("Set up the study")
    only = office.text(f"/office/studies/{STUDY}/audit?subject=participant:")
    assert "Participant 01-001" in only
    assert "version of the protocol" not in only
    assert "Nothing of that stands in the audit." in office.text(f"/office/studies/{STUDY}/audit?subject=nothing")


def test_what_belongs_to_no_study_stands_in_the_audit_of_the_installation(office: Desk) -> None:
    page = office.text("/office/audit")
    assert "Set up a site" in page
    assert "Name: North" in page
    assert "The study" not in page


def test_people_are_called_by_their_names_and_a_program_by_its_token(office: Desk, app: Flask, study: Trial) -> None:
    def work(uow: UnitOfWork) -> tuple[int, int]:
        site = uow.session.scalars(select(SiteRow).where(SiteRow.code == NORTH)).one()
        ada = create_user(uow, CreateUser(email="ada@example.org", name="Ada Madeup", password=PASSWORD))
        make_token(uow, ada, "nightly export", ("users:read",))
        grant_role(uow, ada, Role.COORDINATOR, None, site.id)
        return ada.id, uow.session.scalars(select(ApiToken.id).where(ApiToken.user_id == ada.id)).one()

    ada, token = study.store.write(SYSTEM, study.now, work)
    by_program = Actor(f"user:{ada} by token:{token}", ada)
    study.store.write(by_program, study.now, lambda uow: uow.audit("site.changed", f"site:{NORTH}"))
    by_hand = Actor(f"operator for user:{ada}", ada)
    study.store.write(by_hand, study.now, lambda uow: uow.audit("feed.made", "feed:7", after={"owner_id": ada}))
    signs_in = Actor("nobody")
    study.store.write(signs_in, study.now, lambda uow: uow.audit("user.signed-in", f"user:{ada}"))
    newest_first = [text_of(row) for row in office.html("/office/audit").split("<tr")[2:7]]
    signed_in, made, changed, granted, token_made = newest_first
    assert "Signed in" in signed_in
    assert signed_in.count("Ada Madeup") == 2
    assert "Calendar 7" in made
    assert "Owner: Ada Madeup" in made
    assert "whoever runs the planner, for Ada Madeup" in made
    assert " North " in changed
    assert "Ada Madeup, through the token “nightly export”" in changed
    assert "Gave a role Role: coordinator Site: North" in granted
    assert "the planner" in granted
    assert "Label: nightly export" in token_made


def test_whoever_is_gone_is_called_by_their_number_and_strange_things_by_what_is_kept(
    office: Desk, study: Trial
) -> None:
    for actor, subject in (("user:999 by token:998", "user:997"), ("link", "something:odd/part:1"), ("x", "site:gone")):
        study.store.write(Actor(actor), study.now, partial(UnitOfWork.audit, action="odd.done", subject=subject))
    page = office.text("/office/audit")
    assert "user 999, through the token “998”" in page
    assert "user 997" in page
    assert "something:odd, part:1" in page
    assert "whoever opened a personal link" in page
    assert "site gone" in page


def test_what_was_recorded_and_days_that_come_again_are_told_in_words(office: Desk, study: Trial) -> None:
    study.enrol("01-001")
    study.record("01-001", {"fact": "booked", "date": "2026-01-05", "visit": "induction.c1.d1", "time": "09:00"})
    words = office.text(f"/office/studies/{STUDY}/audit")
    booked = "time: 09:00; visit: induction.c1.d1 (Mon 5 Jan 2026)"
    assert f"Recorded what happened {title_of('booked')}: {booked}" in words
    after = {"first": "2026-01-05", "last": "", "rule": "FREQ=MONTHLY;BYDAY=1MO", "reason": "training"}
    study.store.write(SYSTEM, study.now, lambda uow: uow.audit("site.closed", f"site:{NORTH}", after=after))
    assert "Closed again and again: Every first Monday of a month, from 5 January 2026" in office.text("/office/audit")


def test_what_an_entry_says_at_length_is_folded_away(office: Desk, study: Trial) -> None:
    def work(uow: UnitOfWork) -> None:
        uow.audit("site.changed", f"site:{NORTH}", before={"address": "short"}, after={"address": "also short"})
        uow.audit("site.changed", f"site:{NORTH}", before={"address": "x" * 300}, after={"address": "y"})

    study.store.write(SYSTEM, study.now, work)
    long, short = office.html("/office/audit").split("<tr")[2:4]
    assert short.index("also short") < short.index("<details")
    assert long.index("xxx") > long.index("<details")


def test_everything_that_the_planner_notes_has_its_words() -> None:
    noted = re.compile(r"""\.audit\(\s*"([a-z-]+\.[a-z-]+)\"""")
    sources = (path.read_text() for path in Path(planner.__file__).parent.rglob("*.py"))
    actions = {action for source in sources for action in noted.findall(source)}
    assert len(actions) > 40
    assert actions - ACTIONS.keys() == set()


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
