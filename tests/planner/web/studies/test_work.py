"""Work that takes long, on its pages: asked for, how far it is, how it ended, stopped, gone on with."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from planner.web.door import TOKEN
from tests.desk import Desk, desk_of, text_of
from tests.long_work import asked, stands, worker
from tests.planner.api.callers import Clock
from tests.planner.services.test_amendments import FIRST, SECOND, THIRD
from tests.planner.services.test_long_work import AMENDMENT, people, site_id, table, versions
from tests.studies import NORTH, SOUTH, STUDY, Trial, audited, trial

HERE = f"/studies/{STUDY}/progress"
IMPORTS = f"/studies/{STUDY}/imports"
EFFECT = f"/studies/{STUDY}/amendment"


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    """A study with two versions that nobody has put in force."""
    return trial(store, texts=[FIRST, SECOND])


@pytest.fixture
def administrator(app: Flask, store: Store, study: Trial) -> Desk:
    """An administrator who is signed in."""
    return desk_of(app, store, Role.ADMINISTRATOR)


def choose(who: Desk, content: bytes, name: str = "people.csv") -> TestResponse:
    return who.client.post(IMPORTS, data={TOKEN: who.token, "table": (io.BytesIO(content), name)})


def done(store: Store, at: Clock) -> None:
    worker(store, at).run()


def where(answer: TestResponse) -> str:
    assert answer.status_code == 303, text_of(answer.text)[:600]
    return answer.headers["Location"]


def test_a_table_is_checked_and_then_taken_in(desk: Desk, store: Store, at: Clock) -> None:
    page = where(choose(desk, table("01-001", "01-002")))
    waiting = desk.html(page)
    assert "waiting for a worker" in text_of(waiting)
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in waiting
    assert 'hx-trigger="every 1s"' in waiting
    done(store, at)
    words = desk.text(page)
    assert "2 of 2 participants" in words
    assert "Every line can be taken in: 2 new participants, 4 facts." in words
    assert "every 1s" not in desk.html(page)
    assert people(store) == []
    work = page.rpartition("/")[2]
    taking = where(desk.send(f"{IMPORTS}/{work}"))
    done(store, at)
    assert "2 new participants are taken in, 4 facts are recorded." in desk.text(taking)
    assert people(store) == ["01-001", "01-002"]
    again = desk.send(f"{IMPORTS}/{work}")
    assert again.status_code == 422
    assert "choose the table once more" in text_of(again.text)


def test_lines_that_are_wrong_are_listed_and_nothing_is_taken_in(desk: Desk, store: Store, at: Clock) -> None:
    page = where(choose(desk, table("01-001") + b"\n01-003,nowhere,consented,2025-12-20,,1.0"))
    done(store, at)
    words = desk.text(page)
    assert "1 line is wrong" in words
    assert "Nothing was taken in." in words
    assert "line 4" in words
    work = page.rpartition("/")[2]
    assert desk.send(f"{IMPORTS}/{work}").status_code == 422
    assert people(store) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "no file is chosen"), (b"name,date\n", "there is no column"), (b"\xff", "not in utf-8")],
)
def test_what_is_plainly_no_table_is_refused_at_the_field(desk: Desk, content: bytes, said: str) -> None:
    answer = choose(desk, content) if content else desk.send(IMPORTS)
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert said in text_of(answer.text).lower()


def test_a_table_may_be_larger_than_any_other_form(desk: Desk, store: Store) -> None:
    large = table(*(f"01-{number:04}" for number in range(2_000)))
    assert len(large) > 100_000
    page = where(choose(desk, large))
    assert "waiting for a worker" in desk.text(page)
    assert desk.send(EFFECT, version="1" * 100_000).status_code == 413


def look(who: Desk, **changed: str) -> TestResponse:
    return who.send(EFFECT, **{**AMENDMENT, **changed})


def test_an_amendment_is_looked_at_and_put_in_force_with_a_reason(
    administrator: Desk, study: Trial, store: Store, at: Clock
) -> None:
    study.enrol("01-001")
    page = where(look(administrator))
    done(store, at)
    words = administrator.text(page)
    assert "Come under version 2.0 1 with visits that change 1 appointments hit 0 consent again 1" in words
    assert "01-001 1 visit is new; 1 visit changes on its day. from Mon 5 Jan 2026 on consents again" in words
    assert versions(store) == ["1.0"]
    work = page.rpartition("/")[2]
    unsaid = administrator.send(f"{EFFECT}/{work}", why=" ")
    assert unsaid.status_code == 400
    assert "the reason is missing" in text_of(unsaid.text).lower()
    putting = where(administrator.send(f"{EFFECT}/{work}", why="Approved by the committee"))
    done(store, at)
    assert "Version 2.0 is in force at the site." in administrator.text(putting)
    assert versions(store) == ["2.0"]
    assert [entry.why for entry in audited(study, "protocol.effective")] == ["Approved by the committee"]
    assert administrator.send(f"{EFFECT}/{work}", why="twice").status_code == 409


def test_what_is_wrong_with_an_amendment_stands_at_its_field_and_what_was_typed_stays(desk: Desk) -> None:
    answer = look(desk, effective_on="soon", approved_on="2030-01-01")
    assert answer.status_code == 400
    assert 'value="soon"' in answer.text
    assert "This is no day" in text_of(answer.text)
    answer = look(desk, approved_on="2030-01-01", effective_on="2030-01-01")
    assert "has not come yet at the site" in text_of(answer.text)
    assert 'value="2030-01-01"' in answer.text


def test_a_version_that_nobody_has_confirmed_can_not_be_put_in_force(
    desk: Desk, administrator: Desk, store: Store
) -> None:
    administrator.send(f"/studies/{STUDY}/versions", source=THIRD)
    answer = look(desk, version="3.0")
    assert answer.status_code == 422
    assert "Nobody has confirmed the version's assumptions" in text_of(answer.text)


def test_a_coordinator_sees_the_effect_and_no_button_that_puts_it_in_force(
    desk: Desk, study: Trial, store: Store, at: Clock
) -> None:
    study.enrol("01-001")
    page = where(look(desk))
    done(store, at)
    assert "Come under version 2.0" in desk.text(page)
    assert "Put version 2.0 in force" not in desk.text(page)
    assert desk.send(f"{EFFECT}/{page.rpartition('/')[2]}", why="because").status_code == 403


def test_work_is_stopped_and_gone_on_with(administrator: Desk, store: Store, at: Clock) -> None:
    page = where(administrator.send(f"{HERE}/planning"))
    assert "Stop" in administrator.text(page)
    where(administrator.send(f"{page}/stop"))
    assert "stopped" in administrator.text(page)
    where(administrator.send(f"{page}/again"))
    done(store, at)
    assert "0 of 0 participants are planned as of today." in administrator.text(page)
    answer = administrator.send(f"{page}/again")
    assert answer.status_code == 409
    assert "It is done; there is nothing to go on with." in text_of(answer.text)


def test_the_same_work_twice_is_told_where_it_was_asked_for(administrator: Desk) -> None:
    where(administrator.send(f"{HERE}/planning"))
    answer = administrator.send(f"{HERE}/planning")
    assert answer.status_code == 409
    assert "this is under way already" in text_of(answer.text)


def test_work_whose_worker_is_gone_says_so_and_waits_for_somebody(
    administrator: Desk, study: Trial, store: Store, at: Clock
) -> None:
    page = where(administrator.send(f"{HERE}/planning"))
    assert worker(store, at)._claim() is not None
    assert "running" in administrator.text(page)
    at.now = at.now.replace(minute=10)
    words = administrator.text(page)
    assert "cut off" in words
    assert "All parts up to here are whole" in words
    where(administrator.send(f"{page}/again"))
    done(store, at)
    assert "done" in administrator.text(page)


def test_where_no_worker_begins_the_page_says_so(administrator: Desk, at: Clock) -> None:
    page = where(administrator.send(f"{HERE}/planning"))
    assert "No worker has begun it yet" not in administrator.text(page)
    at.now = at.now.replace(minute=10)
    assert "No worker has begun it yet" in administrator.text(page)


def test_an_export_is_downloaded_by_whoever_may_see_all_of_it(
    app: Flask, administrator: Desk, study: Trial, store: Store, at: Clock
) -> None:
    study.enrol("01-001")
    page = where(administrator.send(f"{HERE}/export", what="deviations"))
    assert administrator.client.get(f"{page}/file").status_code == 404
    done(store, at)
    assert "Download the table" in administrator.text(page)
    answer = administrator.client.get(f"{page}/file")
    assert answer.data.decode("utf-8-sig").startswith("number,kind,visit_key")
    assert re.fullmatch(r'attachment; filename="vsli-ino-deviations-\d+.csv"', answer.headers["Content-Disposition"])
    centre = desk_of(app, store, Role.INFUSION_CENTRE)
    assert centre.client.get(f"{page}/file").status_code == 403
    assert centre.send(f"{HERE}/export", what="deviations").status_code == 403
    assert centre.send(f"{HERE}/export", what="secrets").status_code == 404


def test_a_version_that_changes_nothing_for_anybody_says_so(
    administrator: Desk, study: Trial, store: Store, at: Clock
) -> None:
    looked = asked(study, "amendment-look", asked={**AMENDMENT, "site": SOUTH}, site_id=site_id(store, SOUTH))
    done(store, at)
    assert "Nothing changes for anybody at this site." in administrator.text(f"{HERE}/{looked}")


def test_whoever_has_one_site_sees_its_work_alone(
    app: Flask, administrator: Desk, study: Trial, store: Store, at: Clock
) -> None:
    everybody = where(administrator.send(f"{HERE}/planning"))
    south = asked(study, "amendment-look", asked={**AMENDMENT, "site": SOUTH}, site_id=site_id(store, SOUTH))
    north = asked(study, "amendment-look", asked=AMENDMENT, site_id=site_id(store, NORTH))
    there = desk_of(app, store, Role.COORDINATOR, STUDY, SOUTH)
    assert there.client.get(f"{HERE}/{south}").status_code == 200
    assert there.client.get(f"{HERE}/{north}").status_code == 404
    assert there.client.get(everybody).status_code == 404
    assert "Planning everybody again" not in there.text(HERE)


def test_only_whoever_may_ask_for_work_may_stop_it(app: Flask, administrator: Desk, store: Store) -> None:
    page = where(administrator.send(f"{HERE}/planning"))
    monitor = desk_of(app, store, Role.MONITOR)
    assert "Stop" not in monitor.text(page).replace("Stop the", "")
    assert monitor.send(f"{page}/stop").status_code == 403
    assert stands(store, int(page.rpartition("/")[2])).state == "waiting"


def test_the_list_says_what_can_be_asked_for_and_what_was(administrator: Desk, desk: Desk) -> None:
    assert "Nothing has been asked for yet." in desk.text(HERE)
    assert "Plan everybody again" not in desk.text(HERE)
    where(administrator.send(f"{HERE}/export", what="visits"))
    assert "Export number" in administrator.text(HERE)
    assert "All visits waiting for a worker" in administrator.text(HERE)


def test_an_effect_that_is_out_of_date_says_so_and_is_worked_out_again(
    administrator: Desk, study: Trial, store: Store, at: Clock
) -> None:
    study.enrol("01-001")
    page = where(look(administrator))
    done(store, at)
    assert "something was recorded since" not in administrator.text(page)
    study.now = at()
    study.record("01-001", {"fact": "given", "date": "2026-01-05", "visit": "t.d1", "activity": "drug"})
    assert "Of 1 participant something was recorded since." in administrator.text(page)
    assert where(look(administrator)) != page


def test_whoever_watches_work_is_shown_all_that_it_found_once_it_has_ended(
    administrator: Desk, store: Store, at: Clock
) -> None:
    page = where(administrator.send(f"{HERE}/planning"))
    watching = {"HX-Request": "true"}
    assert 'id="progress"' in administrator.client.get(page, headers=watching).text
    done(store, at)
    answer = administrator.client.get(page, headers=watching)
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")
