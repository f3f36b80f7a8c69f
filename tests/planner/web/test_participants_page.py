"""Participants: found by number, state, site and study, in several orders, a page at a time; and one of them."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask

from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING, find_study
from planner.services.users import Role
from tests import reminded
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import Clock
from tests.reminded import DAY_8, DOSED, TOLD
from tests.studies import NORTH, SOUTH, STUDY, Trial

PERSON = f"/studies/{STUDY}/participants/01-001"


def numbers(page: str) -> list[str]:
    return re.findall(r'<th[^>]*><a href="[^"]*">([^<]*)</a>', page)


@pytest.fixture
def people(study: Trial) -> Trial:
    study.enrol("01-001", date(2026, 1, 20), NORTH)
    study.enrol("02-001", date(2026, 1, 12), SOUTH)
    study.screen("01-002", NORTH)
    return study


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["01-001", "01-002", "02-001"]),
        ("q=02", ["01-002", "02-001"]),
        ("q=%25", []),
        ("q=_", []),
        ("status=screening", ["01-002"]),
        (f"site={SOUTH}", ["02-001"]),
        (f"study={STUDY}&q=001", ["01-001", "02-001"]),
        ("sort=day-1", ["02-001", "01-001", "01-002"]),
        ("sort=next", ["02-001", "01-001", "01-002"]),
        ("sort=site", ["01-001", "01-002", "02-001"]),
        ("status=nonsense&sort=nonsense", ["01-001", "01-002", "02-001"]),
        ("q=%00", []),
    ],
)
def test_participants_are_found_and_sorted_as_asked(desk: Desk, people: Trial, query: str, found: list[str]) -> None:
    assert numbers(desk.html(f"/participants?{query}")) == found


def test_a_list_says_where_somebody_stands_and_what_comes_next(desk: Desk, people: Trial) -> None:
    page = desk.text("/participants")
    assert re.search(r"01-001 vsli-ino north \w+ Day 1 Tue 20 Jan 2026", page)
    assert "not booked" in page


def test_nobody_found_and_nobody_there_are_not_the_same(desk: Desk, study: Trial) -> None:
    assert "Nobody has been screened yet." in desk.text("/participants")
    study.screen("01-001")
    page = desk.html("/participants?q=99")
    assert "Nobody is like that." in page
    assert 'value="99"' in page


def test_a_long_list_goes_on_page_by_page(desk: Desk, study: Trial) -> None:
    for number in range(1, 43):
        study.screen(f"01-{number:03}")
    first = desk.html("/participants?q=01")
    following = re.findall(r'href="([^"]*cursor=[^"]*)" rel="next"', first)[0].replace("&amp;", "&")
    second = desk.html(following)
    assert numbers(first) + numbers(second) == [f"01-{number:03}" for number in range(1, 43)]
    assert "q=01" in following
    assert desk.client.get("/participants?cursor=nonsense").status_code == 400


@pytest.mark.parametrize("query", ["site=nowhere", "study=nothing"])
def test_a_site_or_a_study_that_there_is_not_is_not_found(desk: Desk, people: Trial, query: str) -> None:
    desk.html(f"/participants?{query}", 404)


def test_people_of_a_site_find_their_own(app: Flask, store: Store, people: Trial) -> None:
    assert numbers(desk_of(app, store, Role.COORDINATOR, None, SOUTH).html("/participants")) == ["02-001"]


# -- one of them --------------------------------------------------------------------------------


@pytest.mark.parametrize("span", ["near", "treatment", "all", "nonsense"])
def test_the_picture_shows_what_the_table_says(desk: Desk, people: Trial, span: str) -> None:
    page = desk.html(f"{PERSON}?span={span}")
    picture = re.findall(r"<svg xmlns.*?</svg>", page, re.DOTALL)[0]
    table = set(re.findall(r'<tr[^>]* id="([\w.-]+)"', page))
    drawn = set(re.findall(r'<a class="mark [^"]*" href="[^"]*/visits/([\w.-]+)"', picture))
    assert "induction.c1.d1" in drawn
    assert drawn <= table
    assert 'class="today"' in picture
    assert re.search(r"C1D1: Tue 20 Jan 2026, \w+; window Tue 20 to Fri 23 Jan", picture)
    assert " style=" not in page


def test_holds_days_away_and_days_in_hospital_are_drawn(desk: Desk, people: Trial, at: Clock) -> None:
    people.record("01-001", {"fact": "away", "date": "2026-01-06", "until": "2026-01-08", "note": "a trip"})
    people.record("01-001", {"fact": "admitted", "date": "2026-01-02"})
    people.record("01-001", {"fact": "held", "date": "2026-01-05", "visit": "induction.c1.d1", "reason": "infection"})
    page = desk.html(PERSON)
    assert 'class="pause away"' in page
    assert 'class="pause hospital"' in page
    assert 'class="pause hold"' in page


def test_whoever_has_no_day_1_is_shown_without_a_plan(desk: Desk, people: Trial) -> None:
    page = desk.text(f"/studies/{STUDY}/participants/01-002")
    assert "There is no Day 1 to plan from yet." in page
    assert "They signed" in desk.text(f"/studies/{STUDY}/participants/01-002/record")
    assert "Nothing has been recorded yet." in desk.text(f"/studies/{STUDY}/participants/01-002/facts")


def test_what_happened_is_said_in_words_the_newest_first(desk: Desk, people: Trial) -> None:
    people.record("01-001", {"fact": "away", "date": "2026-01-06", "until": "2026-01-08", "note": "a trip"})
    page = desk.text(f"{PERSON}/facts")
    assert "The participant cannot come: until Thu 8 Jan a trip" in page
    assert page.index("The participant cannot come") < page.index("They joined the study")


def test_messages_stand_there_with_masked_numbers(app: Flask, store: Store, at: Clock) -> None:
    study = reminded.reminding(store)
    study.record("01-001", DAY_8)
    study.record("01-001", TOLD)
    page = desk_of(app, store).text(f"{PERSON}/messages")
    assert "C1D8" in page
    assert "2125550100" not in page
    assert "It could not be sent now: the wording is not signed off" in page
    assert "A planned text is written when it goes out" in page
    assert desk_of(app, store, Role.INFUSION_CENTRE).client.get(f"{PERSON}/messages").status_code == 403


def test_the_audit_says_who_did_what(app: Flask, store: Store, people: Trial) -> None:
    people.record("01-001", *({**dose, "date": "2026-01-05"} for dose in DOSED[:1]))
    for role in (Role.MONITOR, Role.COORDINATOR, Role.INVESTIGATOR):
        page = desk_of(app, store, role, STUDY, NORTH).text(f"{PERSON}/audit")
        assert "Recorded what happened A dose was given: Vincristine sulfate liposome IV at C1D1" in page
        assert "Took them into screening Site: north" in page
        assert "planner" in page
    desk_of(app, store, Role.COORDINATOR, STUDY, SOUTH).html(f"{PERSON}/audit", 404)
    assert "/audit" not in desk_of(app, store, Role.INFUSION_CENTRE).html(PERSON)


def test_what_was_changed_stands_in_the_audit_as_from_what_to_what_with_what_is_kept_behind_it(
    app: Flask, store: Store, people: Trial
) -> None:
    def work(uow: UnitOfWork) -> None:
        before = {"date": "2026-01-05", "bring": "", "no_driving": False}
        after = {"date": "2026-01-06", "bring": "a <b>list</b>", "no_driving": True}
        study_id = find_study(uow.session, EVERYTHING, STUDY).id
        uow.audit("home-link.changed", "participant:01-001", study_id=study_id, before=before, after=after)
        uow.audit("something-new.begun", "participant:01-001", study_id=study_id)

    store.write(SYSTEM, people.now, work)
    page = desk_of(app, store, Role.COORDINATOR).html(f"{PERSON}/audit")
    words = text_of(page)
    assert "Changed what their own page says What to bring: nothing → a <b>list</b>" in words
    assert "Date: Mon 5 Jan 2026 → Tue 6 Jan 2026" in words
    assert "Asked not to drive: no → yes" in words
    assert "Something new begun" in words
    kept = re.search(r"<details>.*?home-link.changed.*?<pre>(.*?)</pre>", page, re.DOTALL)
    assert kept is not None


def test_what_was_done_about_a_visit_or_a_deviation_of_theirs_stands_in_their_audit_and_nobody_elses_does(
    app: Flask, store: Store, people: Trial
) -> None:
    def work(uow: UnitOfWork) -> None:
        study_id = find_study(uow.session, EVERYTHING, STUDY).id
        for action, part in (
            ("dose.ok-refused", "01-001/visit:induction.c1.d8"),
            ("deviation.confirm", "01-001/deviation:late:induction.c1.d8"),
            ("checklist.ticked", "01-0011/visit:induction.c1.d1"),
            ("checklist.ticked", "01_001/visit:induction.c1.d1"),
        ):
            uow.audit(action, f"participant:{part}", study_id=study_id)

    store.write(SYSTEM, people.now, work)
    words = desk_of(app, store, Role.COORDINATOR).text(f"{PERSON}/audit")
    assert "Refused the OK to treat Visit: C1D8" in words
    assert "Confirmed a deviation Deviation: late:induction.c1.d8" in words
    assert "Ticked" not in words


@pytest.mark.parametrize("span", ["near", "treatment", "all"])
def test_who_came_outside_the_schedule_has_a_calendar_and_can_be_recorded_about(
    desk: Desk, study: Trial, span: str
) -> None:
    study.enrol()
    study.record("01-001", *DOSED, {"fact": "unscheduled_visit", "date": "2026-01-08", "activities": ["bloods"]})
    page = desk.text(f"{PERSON}?span={span}")
    assert "Outside the schedule" in page
    assert re.search(r"Unscheduled visit Blood counts and liver tests", page)
    key = re.search(rf'href="({PERSON}/visits/unscheduled\.[^"]+)"', desk.html(PERSON))
    assert key is not None
    assert "Unscheduled visit" in desk.text(key[1])
    for kind in ("cycle_held", "cycle_delayed", "unscheduled_visit", "void", "gate_decided"):
        cycles = re.findall(r'<option value="([^"]*)"', desk.html(f"{PERSON}/record?kind={kind}"))
        assert "unscheduled" not in cycles
