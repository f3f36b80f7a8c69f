"""The same facts are the same bytes with the same tag: on SQLite and on PostgreSQL, in one process and in another."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from tests.databases import BOTH, new_database
from tests.planner.api.callers import Clock, at
from tests.studies import SOUTH
from tests.subscribed import DAY_8, TOLD, Subscribed, subscribed

__all__ = ["at"]

ROOT = Path(__file__).resolve().parents[3]
AUDIENCES = ("participant", "centre", "study", "site")
#: another process, at the same hour
ASKS = """
import hashlib, json, sys
from datetime import datetime
from planner import clock
clock.now = lambda: datetime.fromisoformat(sys.argv[1])
from planner.app import create_app
from planner.config import read_settings
app = create_app(settings=read_settings())
found = []
for token in sys.argv[2:]:
    answer = app.test_client().get(f"/calendars/{token}.ics")
    found.append([answer.headers["ETag"], hashlib.sha256(answer.data).hexdigest(), len(answer.data)])
print(json.dumps(found))
"""


def calendars_of(life: Subscribed) -> list[str]:
    """Record some facts, and give the links of a calendar of each kind that can be made by an operator."""
    life.record(DAY_8, TOLD)
    life.study.enrol("02-001", site=SOUTH)
    life.at.now = life.study.now
    made = [life.make(audience) for audience in AUDIENCES]
    made += [life.make(audience, windows=True) for audience in AUDIENCES if audience != "participant"]
    return [linked.token for linked in made]


def asked_here(life: Subscribed, tokens: list[str]) -> list[list[Any]]:
    answers = [life.app.test_client().get(f"/calendars/{token}.ics") for token in tokens]
    return [[one.headers["ETag"], hashlib.sha256(one.data).hexdigest(), len(one.data)] for one in answers]


def asked_in_another_process(life: Subscribed, tokens: list[str]) -> list[list[Any]]:
    settings = life.app.extensions["installation"].settings
    known = {
        "DATABASE_URL": settings.database, "PLANNER_DATA_FOLDER": str(settings.data_folder),
        "PLANNER_CONTACT_KEYS": settings.contact_keys[0].get_secret_value(),
        "PLANNER_INDEX_KEY": settings.index_key.get_secret_value(),
    }  # fmt: skip
    said = subprocess.run(
        [sys.executable, "-c", ASKS, life.at.now.isoformat(), *tokens],
        cwd=ROOT, env={**os.environ, **known, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    found: list[list[Any]] = json.loads(said.stdout)
    return found


def test_bytes_and_tags_are_the_same_on_both_databases_and_in_two_processes(
    request: pytest.FixtureRequest, tmp_path: Path, at: Clock
) -> None:
    found, began = {}, at.now
    for kind in BOTH:
        with new_database(request, kind) as url:
            database, at.now = Database(url), began
            with subscribed(Store(database), tmp_path, at) as life:
                tokens = calendars_of(life)
                hour = at.now
                found[kind, "here"] = asked_here(life, tokens)
                at.now = hour
                found[kind, "another process"] = asked_in_another_process(life, tokens)
            database.dispose()
    one = found["sqlite", "here"]
    assert all(size > 700 for _, _, size in one), one
    assert len({digest for _, digest, _ in one}) == len(one)
    assert [name for name, other in found.items() if other != one] == []
