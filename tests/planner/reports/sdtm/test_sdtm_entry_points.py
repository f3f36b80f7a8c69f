"""`planner report --sdtm` and GET /studies/{study}/sdtm: the same datasets, and what is refused."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import event

from planner.cli import cli
from planner.config import Settings
from planner.persistence.audit import AuditEntry
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from planner.reports.sdtm.as_csv import domain_csv
from planner.reports.sdtm.keeping import KEPT_FOR
from planner.services.users import Role
from tests.planner.api.callers import Clock, app, at, caller
from tests.planner.reports.sdtm.test_by_hand import LATER, hand_study, made
from tests.studies import SOUTH, STUDY, Trial, audited

__all__ = ["app", "at"]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: Clock) -> Iterator[Trial]:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("PLANNER_DATA_FOLDER", str(tmp_path / "data"))
    assert CliRunner().invoke(cli, ("database", "upgrade")).exit_code == 0
    database = Database(Settings(data_folder=tmp_path / "data").database)
    study = hand_study(Store(database))
    at.now = LATER
    yield study
    database.dispose()


def records_of(entry: AuditEntry) -> dict[str, int]:
    """How many records of which dataset were taken, by the audit."""
    found: dict[str, int] = (entry.after or {})["records"]
    return found


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ("report", *words))


def test_the_command_writes_each_dataset_twice_and_what_they_are(installed: Trial, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "sdtm"
    for _ in range(2):  # files of an earlier time are replaced
        found = run(STUDY, "--sdtm", str(folder))
        assert found.exit_code == 0, found.output
    assert "records SV 12, TV 6, DV 0" in found.output
    assert "nobody knows whether they took place: 3" in found.output
    names = ["about.json", "dv.csv", "dv.json", "sv.csv", "sv.json", "tv.csv", "tv.json"]
    assert sorted(each.name for each in folder.iterdir()) == names
    assert (folder / "sv.csv").read_bytes().decode() == domain_csv(made(installed).sv)
    about = json.loads((folder / "about.json").read_text("utf-8"))
    assert about["records"] == {"SV": 12, "TV": 6, "DV": 0}
    assert about["sha256"] == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names if name != "about.json"
    }
    head = json.loads((folder / "sv.json").read_text("utf-8"))["fileOID"]
    assert head.endswith(f"/audit/{about['chain']['seq']}/{about['chain']['digest']}")
    taken = audited(installed, "sdtm.exported")
    assert [(entry.actor, records_of(entry)["SV"]) for entry in taken] == [("operator", 12)] * 2


def test_the_command_writes_what_was_known_at_a_moment_of_whom_is_asked_for(installed: Trial, tmp_path: Path) -> None:
    words = ("--as-of", "2026-03-10T20:00:00Z", "--site", SOUTH)
    assert run(STUDY, "--sdtm", str(tmp_path / "then"), *words).exit_code == 0
    lines = (tmp_path / "then" / "sv.csv").read_text("utf-8").splitlines()
    assert lines[1:] == []  # nothing was recorded of 02-001 by then
    assert json.loads((tmp_path / "then" / "about.json").read_text("utf-8"))["as_of"] == "2026-03-10T20:00:00Z"
    assert installed.now > LATER.replace(day=1)


@pytest.mark.usefixtures("installed")
def test_the_command_ends_with_2_for_what_datasets_cannot_be_asked(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for words, said in (
        (("--by", "site"), "--by: SDTM datasets cannot be asked for that; leave it out"),
        (("--format", "csv"), "--format: SDTM datasets cannot be asked for that"),
        (("--measure", "window", "--mask-below", "5"), "--mask-below: SDTM datasets cannot be asked for that"),
        (("--site", "nowhere"), "site: the study has no site nowhere"),
        (("--as-of", "2027-01-01T00:00:00Z"), "has not come yet"),
    ):
        refused = run(STUDY, "--sdtm", str(tmp_path / "out"), *words)
        assert refused.exit_code == 2
        assert said in refused.output
    refused = run(STUDY, "--sdtm", str(tmp_path / "file"))
    assert (refused.exit_code, "name a folder of yours, or a new one" in refused.output) == (2, True)
    assert run("no-study", "--sdtm", str(tmp_path / "out")).exit_code == 2
    assert not (tmp_path / "out").exists()


def test_the_api_gives_each_dataset_in_both_forms_and_the_audit_says_so(app: Flask, store: Store, at: Clock) -> None:
    study = hand_study(store)
    at.now = LATER
    monitor = caller(app, store, Role.MONITOR)
    about = monitor.get(f"/studies/{STUDY}/sdtm")
    assert about["records"] == {"SV": 12, "TV": 6, "DV": 0}
    moment = about["as_of"]
    for name in ("sv", "tv", "dv"):
        text = monitor.call("GET", f"/studies/{STUDY}/sdtm/{name}?as_of={moment}")
        assert (text.mimetype, "attachment" in text.headers["Content-Disposition"]) == ("text/csv", True)
        data = monitor.get(f"/studies/{STUDY}/sdtm/{name}?as_of={moment}&format=dataset-json")
        lines = list(csv.reader(io.StringIO(text.text)))
        assert [len(lines) - 1, data["records"]] == [about["records"][name.upper()]] * 2
        assert data["fileOID"] == (
            f"{STUDY}/{name.upper()}/as-of/{moment}/audit/{about['chain']['seq']}/{about['chain']['digest']}"
        )
    taken = [list(records_of(entry)) for entry in audited(study, "sdtm.exported")]
    assert taken == [["SV"], ["SV"], ["TV"], ["TV"], ["DV"], ["DV"]]


def test_the_api_gives_the_participants_of_ones_own_sites(app: Flask, store: Store, at: Clock) -> None:
    hand_study(store)
    at.now = LATER
    theirs = caller(app, store, Role.MONITOR, STUDY, SOUTH)
    found = theirs.get(f"/studies/{STUDY}/sdtm/sv?format=dataset-json")
    assert {row[2] for row in found["rows"]} == {f"{STUDY}-02-001"}
    assert theirs.get(f"/studies/{STUDY}/sdtm/tv?format=dataset-json")["records"] == 6
    theirs.refused(400, "GET", f"/studies/{STUDY}/sdtm/sv?site=north")


def test_the_api_refuses_what_cannot_be_asked(app: Flask, store: Store, at: Clock) -> None:
    hand_study(store)
    at.now = LATER
    monitor = caller(app, store, Role.MONITOR)
    for query, place in (
        ("site=nowhere", "site"),
        ("as_of=yesterday", "as_of"),
        ("format=xpt", "format"),
        ("by=site", "by"),
    ):
        problem = monitor.refused(400, "GET", f"/studies/{STUDY}/sdtm/sv?{query}")
        assert problem["problems"][0]["place"] == place
    monitor.refused(400, "GET", f"/studies/{STUDY}/sdtm/ae")
    caller(app, store, Role.INFUSION_CENTRE).refused(403, "GET", f"/studies/{STUDY}/sdtm/sv")
    monitor.refused(404, "GET", "/studies/no-study/sdtm/sv")


def test_the_files_of_a_named_moment_are_made_once_and_for_whoever_may_see_the_same(
    app: Flask, store: Store, at: Clock
) -> None:
    hand_study(store)
    at.now = LATER
    monitor, theirs = caller(app, store, Role.MONITOR), caller(app, store, Role.MONITOR, STUDY, SOUTH)
    moment = "2026-05-04T13:00:00Z"
    read: list[str] = []

    def note(*said: Any) -> None:
        read.extend([said[2]] if "FROM fact" in said[2] else [])

    engine = app.extensions["installation"].store.database.engine
    event.listen(engine, "before_cursor_execute", note)
    costs = []
    for asks, name in ((monitor, "sv"), (monitor, "tv"), (monitor, "dv"), (theirs, "sv"), (monitor, "sv")):
        read.clear()
        found = asks.get(f"/studies/{STUDY}/sdtm/{name}?as_of={moment}&format=dataset-json")
        costs.append(len(read))
        assert {row[2] for row in found["rows"]} == {f"{STUDY}-02-001"} or asks is monitor
    assert costs[1:3] == [0, 0]
    assert costs[0] == costs[3] == costs[4] > 0
    at.now += KEPT_FOR
    monitor.get(f"/studies/{STUDY}/sdtm/tv?as_of={moment}&format=dataset-json")
    assert len(read) > costs[4]
    event.remove(engine, "before_cursor_execute", note)
