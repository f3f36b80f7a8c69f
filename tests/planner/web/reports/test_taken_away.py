"""What is taken away from a report's page: workbooks, pages, SDTM datasets."""

from __future__ import annotations

import hashlib
import io
import json
from zipfile import ZipFile

from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.studies import NORTH, STUDY, Trial, audited

SDTM = f"/studies/{STUDY}/report-sdtm.zip"


def test_datasets_are_taken_in_one_file_with_what_they_are_and_the_audit_says_so(office: Desk, small: Trial) -> None:
    assert SDTM in office.html(f"/studies/{STUDY}/report")
    archive = taken(office, SDTM)
    assert archive.namelist() == ["sv.csv", "sv.json", "tv.csv", "tv.json", "dv.csv", "dv.json", "about.json"]
    about = json.loads(archive.read("about.json"))
    for name, digest in about["sha256"].items():
        assert hashlib.sha256(archive.read(name)).hexdigest() == digest
    assert archive.read("sv.csv").count(b"01-001") > 1
    assert len(audited(small, "sdtm.exported")) == 1


def test_they_are_of_the_site_that_was_chosen_and_of_those_that_one_may_see(
    app: Flask, office: Desk, store: Store
) -> None:
    theirs = desk_of(app, store, Role.COORDINATOR, STUDY, NORTH)
    for desk, address in ((office, f"{SDTM}?site={NORTH}&since=2026-03-01"), (theirs, SDTM)):
        visits = taken(desk, address).read("sv.csv")
        assert b"01-001" in visits
        assert b"02-001" not in visits
    assert office.client.get(f"{SDTM}?site=nowhere").status_code == 400
    assert desk_of(app, store, Role.INFUSION_CENTRE).client.get(SDTM).status_code == 403


def taken(desk: Desk, address: str) -> ZipFile:
    answer = desk.client.get(address)
    assert answer.status_code == 200
    assert "sdtm-2026" in answer.headers["Content-Disposition"]
    return ZipFile(io.BytesIO(answer.data))


def test_workbooks_and_pages_are_taken_from_the_report(office: Desk) -> None:
    for ending, begins in (("xlsx", b"PK"), ("pdf", b"%PDF")):
        answer = office.client.get(f"/studies/{STUDY}/report.{ending}?by=site&mask_below=5")
        assert answer.status_code == 200
        assert answer.data.startswith(begins)
        assert f'filename="{STUDY}-report-2026' in answer.headers["Content-Disposition"]
    assert office.client.get(f"/studies/{STUDY}/report.pdf?site=nowhere").status_code == 400
