"""A study is set up from its protocol: looked at first, with every problem of a text told, and then made ready."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from sqlalchemy import select

from planner.persistence.studies import ProtocolVersion, Study
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from planner.web.door import TOKEN
from schedules.protocol_file import library_text
from tests.desk import Desk, desk_of
from tests.planner.api.callers import Clock
from tests.studies import NORTH, SOUTH, STUDY, Trial, audited

NEW = "/office/studies/new"
OWN = library_text("ven-ino").replace("protocol: ven-ino", "protocol: my-own")
LEVELS = "level 1 (made up)\nlevel 2 (made up)"


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found is not None, page
    return found[1]


def stored(store: Store, code: str) -> Study | None:
    return store.read(lambda session: session.scalar(select(Study).where(Study.code == code)))


def looked_at(office: Desk, **said: str) -> str:
    answer = office.send(NEW, do="look", **said)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_study_of_the_library_is_looked_at_and_then_set_up_in_one_go(office: Desk, study: Trial) -> None:
    page = looked_at(office, protocol="vsli-ino")
    assert "The dose levels of inotuzumab" in page
    assert 'value="vsli-ino"' in page
    said = {"protocol": "vsli-ino", "code": "second", "title": "A second one", "seen": seen(page), "confirmed": "yes"}
    answer = office.send(
        NEW, do="save", **said, sites=[NORTH, SOUTH], made_up="yes", **{"values-inotuzumab-levels": LEVELS}
    )
    assert answer.status_code == 303, answer.text
    assert "It is ready: participants can be enrolled." in office.text(answer.headers["Location"])
    assert audited(study, "parameters.supplied")[-1].after == {"inotuzumab-levels": LEVELS.splitlines()}
    assert audited(study, "protocol.confirmed")[-1].subject == "study:second"


def test_nothing_is_set_up_before_the_protocol_was_looked_at(office: Desk, study: Trial) -> None:
    for shown in ("", "0" * 64):
        answer = office.send(NEW, do="save", protocol="vsli-ino", code="unseen", title="x", seen=shown)
        assert answer.status_code == 200
        assert "Set up the study" in answer.text
    assert stored(study.store, "unseen") is None


def test_a_file_is_read_and_its_text_is_kept_to_the_letter(office: Desk, study: Trial) -> None:
    data = {TOKEN: office.token, "do": "look", "file": (io.BytesIO(OWN.encode()), "mine.yaml")}
    page = office.client.post(NEW, data=data, content_type="multipart/form-data")
    assert page.status_code == 200, page.text
    assert "my-own" in page.text
    sent = OWN.replace("\n", "\r\n")  # as browsers send what stands in a field
    said = {"protocol": "own", "source": sent, "code": "mine", "title": "Mine", "seen": seen(page.text)}
    assert office.send(NEW, do="save", **said).status_code == 303
    text = study.store.read(
        lambda session: session.scalar(
            select(ProtocolVersion.source).join(Study, Study.id == ProtocolVersion.study_id).where(Study.code == "mine")
        )
    )
    assert text == OWN


def test_every_problem_of_a_text_is_told_with_its_place_and_the_text_stays(office: Desk) -> None:
    wrong = OWN.replace("minutes: 60", "minutes: sixty", 1).replace("kind: dose", "kind: dosis", 1)
    answer = office.send(NEW, do="look", protocol="own", source=wrong)
    assert answer.status_code == 400
    assert "minutes: sixty" in answer.text
    places = re.findall(r"Line (\d+), column \d+:", answer.text)
    assert len(places) >= 2


@pytest.mark.parametrize(
    ("said", "field"),
    [({}, "protocol"), ({"protocol": "own"}, "file"), ({"protocol": "no-such"}, "protocol")],
)
def test_without_a_protocol_it_says_so_at_the_field(office: Desk, said: dict[str, str], field: str) -> None:
    answer = office.send(NEW, do="look", **said)
    assert answer.status_code == 400
    assert f'id="study-{field}-error"' in answer.text


def test_a_file_that_is_no_text_is_refused_at_its_field(office: Desk) -> None:
    data = {TOKEN: office.token, "do": "look", "file": (io.BytesIO(b"\xff\xfe\x00"), "mine.yaml")}
    answer = office.client.post(NEW, data=data, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "This is no text in UTF-8" in answer.text


@pytest.mark.parametrize(
    ("wrong", "field"), [({"code": "Not A Code"}, "code"), ({"title": " "}, "title"), ({"code": STUDY}, "code")]
)
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    office: Desk, wrong: dict[str, str], field: str
) -> None:
    page = looked_at(office, protocol="vsli-ino")
    said = {"protocol": "vsli-ino", "code": "third", "title": "A third one", "seen": seen(page), **wrong}
    answer = office.send(NEW, do="save", **said, sites=[SOUTH], **{"values-inotuzumab-levels": LEVELS})
    assert answer.status_code in (400, 409)
    assert f'id="study-{field}-error"' in answer.text
    assert re.search(rf'value="{SOUTH}" checked', answer.text)
    assert LEVELS in answer.text


def test_a_value_that_does_not_fit_is_told_at_its_own_field(office: Desk, study: Trial) -> None:
    page = looked_at(office, protocol="ven-ino")
    said = {"protocol": "ven-ino", "code": "ven", "title": "Ven", "seen": seen(page)}
    answer = office.send(
        NEW, do="save", **said, **{"values-venetoclax-days": "whenever", "values-venetoclax-start": "1"}
    )
    assert answer.status_code == 400
    assert 'id="study-values-venetoclax-days-error"' in answer.text
    assert 'id="study-values-venetoclax-start-error"' not in answer.text
    assert stored(study.store, "ven") is None


def test_a_study_says_what_is_missing_until_it_is_ready(office: Desk, study: Trial) -> None:
    page = looked_at(office, protocol="vsli-ino")
    said = {"protocol": "vsli-ino", "code": "later", "title": "Later", "seen": seen(page), "opened": "later"}
    assert office.send(NEW, do="save", **said).status_code == 303
    here = "/office/studies/later"
    text = office.text(here)
    assert "no site takes part; values that the protocol leaves open are missing" in text
    assert "nobody has confirmed the assumptions" in text
    assert office.send(f"{here}/sites", site=NORTH).status_code == 303
    assert office.send(f"{here}/sites", site=NORTH).status_code == 409
    assert office.send(f"{here}/values", **{"values-inotuzumab-levels": LEVELS}).status_code == 303
    assert office.send(f"{here}/confirmation", version="9.9").status_code == 422
    assert office.send(f"{here}/confirmation", version="1.0").status_code == 303
    assert "closed" in office.text(here)
    shown = re.search(r'name="expected" value="(\d+)"', office.html(here))
    assert shown is not None
    assert office.send(f"{here}/state", state="open", expected=shown[1]).status_code == 303
    assert "It is ready: participants can be enrolled." in office.text(here)
    assert office.send(f"{here}/state", state="closed", expected=shown[1]).status_code == 409


def test_the_list_counts_only_what_somebody_may_see(app: Flask, office: Desk, study: Trial, at: Clock) -> None:
    study.enrol("01-001", site=NORTH)
    study.enrol("02-001", site=SOUTH)
    assert "north, south" in office.text("/office/studies")
    theirs = desk_of(app, study.store, Role.COORDINATOR, STUDY, SOUTH).text("/office/studies")
    assert "Sites south Participants 1" in theirs


def test_an_investigator_confirms_and_sets_nothing_up(app: Flask, study: Trial) -> None:
    who = desk_of(app, study.store, Role.INVESTIGATOR)
    assert who.client.get(NEW).status_code == 403
    assert who.send(f"/office/studies/{STUDY}/confirmation", version="1.0").status_code == 303
    assert who.send(f"/office/studies/{STUDY}/state", state="closed").status_code == 403


def test_the_page_where_a_study_is_made_ready_and_its_settings_lead_to_each_other(office: Desk, study: Trial) -> None:
    ready, settings = f"/office/studies/{STUDY}", f"/studies/{STUDY}/settings"
    for path in (settings, f"/studies/{STUDY}/versions", f"{ready}/sending/rules", f"{ready}/texts", f"{ready}/audit"):
        assert f'href="{path}"' in office.html(ready), path
        assert office.client.get(path).status_code == 200
    assert f'href="{ready}"' in office.html(settings)
    assert f'href="{ready}/sending/rules"' in office.html(settings)
