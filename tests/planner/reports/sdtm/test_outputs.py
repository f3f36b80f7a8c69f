"""The datasets as files: Dataset-JSON by its schema, CSV without formulas, both with the same records."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft201909Validator

from planner.persistence.unit_of_work import Store
from planner.reports.sdtm.as_csv import domain_csv
from planner.reports.sdtm.as_dataset_json import dataset_json
from planner.reports.sdtm.datasets import NAMES, Domains
from tests.formulas import HOSTILE, formulas
from tests.planner.reports.sdtm.test_by_hand import hand_study, judge, made
from tests.studies import STUDY

MADE_AT = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)


@pytest.fixture
def found(store: Store) -> Domains:
    study = hand_study(store)
    judge(study, "01-001", "missed:t.c2.d1", "confirm", important=True)
    return made(study)


def parsed(domains: Domains, name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads("".join(dataset_json(domains, name, MADE_AT)))
    return data


def test_dataset_json_is_valid_by_the_schema_of_the_standard(found: Domains, reference_data: Path) -> None:
    folder = reference_data / "dataset-json"
    validator = Draft201909Validator(json.loads((folder / "dataset.schema.json").read_text("utf-8")))
    none = [replace(found.domain(name), rows=()) for name in NAMES]
    for domains in (found, replace(found, sv=none[0], tv=none[1], dv=none[2])):
        assert [error for name in NAMES for error in validator.iter_errors(parsed(domains, name))] == []
    for example in ("sv", "tv"):
        theirs = json.loads((folder / f"example-{example}.json").read_text("utf-8"))
        ours = parsed(found, example)
        types = {each["name"]: (each["itemOID"], each["dataType"]) for each in ours["columns"]}
        same = {each["name"]: (each["itemOID"], each["dataType"]) for each in theirs["columns"]} | types
        assert types == {name: same[name] for name in types}
        assert ours["itemGroupOID"] == theirs["itemGroupOID"]
        assert ours["label"] == theirs["label"]


def test_dataset_json_says_what_it_is_of_when_and_by_which_seal_it_can_be_checked(found: Domains) -> None:
    data = parsed(found, "SV")
    heading = found.heading
    assert data["fileOID"] == f"{STUDY}/SV/as-of/2026-05-04T14:00:00Z/audit/{heading.chain.seq}/{heading.chain.digest}"
    assert data["datasetJSONCreationDateTime"] == "2026-05-04T15:00:00Z"
    assert data["dbLastModifiedDateTime"] <= "2026-05-04T14:00:00Z"
    assert (data["studyOID"], data["records"]) == (STUDY, len(data["rows"]))
    keys = [each["name"] for each in data["columns"] if "keySequence" in each]
    assert sorted(keys, key=lambda name: next(c["keySequence"] for c in data["columns"] if c["name"] == name)) == [
        "STUDYID", "USUBJID", "VISITNUM",
    ]  # fmt: skip
    for place, column in enumerate(data["columns"]):
        if column["dataType"] == "string":
            assert column["length"] == max(1, *(len(row[place]) for row in data["rows"]))


def test_csv_and_dataset_json_have_the_same_records(found: Domains) -> None:
    for name in NAMES:
        data = parsed(found, name)
        lines = list(csv.reader(io.StringIO(domain_csv(found.domain(name)))))
        assert lines[0] == [column["name"] for column in data["columns"]]
        assert lines[1:] == [["" if each is None else str(each) for each in row] for row in data["rows"]]
    assert domain_csv(found.sv).count("\r\n") == len(found.sv.rows) + 1


def test_no_cell_of_a_csv_is_a_formula(found: Domains) -> None:
    for name in NAMES:
        domain = found.domain(name)
        evil = tuple((said,) * len(domain.columns) for said in HOSTILE)
        assert formulas(domain_csv(replace(domain, rows=(*domain.rows, *evil)))) == []


def test_nothing_of_the_datasets_is_personal_or_a_key_of_the_planner(found: Domains) -> None:
    known = {f"{STUDY}-{number}" for number in ("01-001", "01-002", "01-003", "02-001")}
    for domain in (found.sv, found.dv):
        assert {row[2] for row in domain.rows} <= known
        assert not [row for row in domain.rows for cell in row[3:] if isinstance(cell, str) and "t.c" in cell]
