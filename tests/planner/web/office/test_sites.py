"""Sites are set up and changed; what is wrong stands at its field, and nobody overwrites what they have not seen."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.studies import NORTH, STUDY, Trial, audited

SITES = "/office/sites"
NEW = {
    "code": "east", "name": "East Clinic", "zone": "Europe/Paris", "country": "fr", "region": "", "chairs": "3",
    "address": "3 Made-up Street", "phone": "+33 1 23 45 67 89", "opens-monday": "08:30", "closes-monday": "16:00",
}  # fmt: skip


def site(store: Store, code: str) -> SiteRow:
    found = store.read(lambda session: session.scalar(select(SiteRow).where(SiteRow.code == code)))
    assert found is not None
    return found


def revision(page: str) -> str:
    found = re.search(r'name="expected" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_a_site_is_set_up_with_its_clock_hours_and_holidays(office: Desk, study: Trial) -> None:
    answer = office.send(f"{SITES}/new", **NEW, weekend=["sunday"])
    assert answer.status_code == 303, answer.text
    row = site(study.store, "east")
    assert (row.zone, row.country, row.chairs, row.weekend) == ("Europe/Paris", "FR", 3, ["sunday"])
    assert row.opening == {"monday": ["08:30", "16:00"]}
    assert audited(study, "site.created")[-1].subject == "site:east"
    page = office.text(answer.headers["Location"])
    assert "08:30 to 16:00" in page
    assert "3 Made-up Street" in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"zone": "Mars/Base"}, "zone"), ({"code": "East Clinic"}, "code"), ({"chairs": "many"}, "chairs"),
        ({"country": "xx"}, "country"), ({"closes-monday": ""}, "opening-monday"),
        ({"opens-monday": "17:00"}, "opening-monday"), ({"code": NORTH}, "code"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    office: Desk, wrong: dict[str, str], field: str
) -> None:
    answer = office.send(f"{SITES}/new", **{**NEW, **wrong}, weekend=["friday"])
    assert answer.status_code in (400, 409)
    assert f'id="site-{field}-error"' in answer.text
    assert f'href="#site-{field}"' in answer.text
    assert 'value="3 Made-up Street"' in answer.text
    assert re.search(r'name="weekend" value="friday" checked', answer.text)
    assert not re.search(r'name="weekend" value="sunday" checked', answer.text)


def test_a_site_is_changed_and_only_as_it_was_seen(office: Desk, study: Trial) -> None:
    here = f"{SITES}/{NORTH}/change"
    page = office.html(here)
    seen = revision(page)
    said = {"name": "North and a half", "address": "", "phone": "+1 212 555 0199", "chairs": "2", "expected": seen}
    assert office.send(here, **said).status_code == 303
    assert site(study.store, NORTH).name == "North and a half"
    late = office.send(here, **{**said, "name": "Something else"})
    assert late.status_code == 409
    assert 'value="Something else"' in late.text
    assert site(study.store, NORTH).name == "North and a half"
    assert office.send(here, **{**said, "name": "Something else", "expected": revision(late.text)}).status_code == 303


def test_a_site_shows_its_studies_with_their_numbers_and_leads_to_its_closed_days(office: Desk, study: Trial) -> None:
    study.enrol()
    page = office.html(f"{SITES}/{NORTH}")
    assert STUDY in page
    assert "1 participant" in page
    assert f'href="/infusions/{NORTH}/closures"' in page


def test_whoever_has_one_study_changes_its_sites_and_no_other(app: Flask, study: Trial, office: Desk) -> None:
    assert office.send(f"{SITES}/new", **NEW).status_code == 303
    theirs = desk_of(app, study.store, Role.ADMINISTRATOR, STUDY)
    assert "Change" in theirs.text(f"{SITES}/{NORTH}")
    assert f"{SITES}/east/change" not in theirs.html(f"{SITES}/east")
    assert theirs.client.get(f"{SITES}/east/change").status_code == 403
    assert theirs.client.get(f"{SITES}/new").status_code == 403
