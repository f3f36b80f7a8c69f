"""Writers are killed in the middle of their work; what they were promised is there, and nothing is half done."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from planner.persistence.database import Database
from planner.persistence.facts import FactRow
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import Store
from planner.services.audit import verify
from planner.services.designs import Designs
from planner.services.verification import verify_visits
from tests.soak.writer import NUMBERS
from tests.studies import trial

ROOT = Path(__file__).resolve().parents[2]


def killed_writers(url: str, seed: int, log: Path) -> set[tuple[str, str]]:
    """Two writers at once, killed after a random time; gives the facts whose transactions they saw committed."""
    chance = random.Random(seed)
    logs = [log / f"{seed}-{place}" for place in range(2)]
    command = [sys.executable, "-m", "tests.soak.writer", url]
    writers = []
    for place, file in enumerate(logs):
        with file.open("w") as out:
            writers.append(subprocess.Popen([*command, str(2 * seed + place)], cwd=ROOT, stdout=out))
    give_up = time.monotonic() + 60
    while not all(file.stat().st_size for file in logs) and time.monotonic() < give_up:
        time.sleep(0.05)
    time.sleep(chance.uniform(0, 0.6))
    for writer in writers:
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
    lines = [line for file in logs for line in file.read_text().splitlines(keepends=True)]
    whole = [line.split() for line in lines if line.endswith("\n")]
    return {(number, fact) for number, fact in whole}


def check(database: Database, promised: set[tuple[str, str]]) -> None:
    """Nothing that was promised is missing, stored visits are those of a fresh plan, the audit is whole."""
    with database.reading() as session:
        rows = session.execute(select(Participant.number, FactRow.fact_id).join_from(FactRow, Participant)).all()
        assert promised - {(row.number, row.fact_id) for row in rows} == set()
        assert list(verify_visits(session, Designs())) == []
    with database.reading() as session:
        assert [problem for report in verify(session) for problem in report.wrong] == []


def run(database: Database, url: str, log: Path, kills: int) -> int:
    study = trial(Store(database))
    for number in NUMBERS:
        study.enrol(number)
    promised: set[tuple[str, str]] = set()
    for seed in range(kills):
        promised |= killed_writers(url, seed, log)
        check(database, promised)
    return len(promised)


def test_what_killed_writers_were_promised_is_there_and_nothing_is_half_done(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    assert run(database, database_url, tmp_path, kills=3) > 0


@pytest.mark.soak
def test_two_hundred_kills(database: Database, database_url: str, tmp_path: Path) -> None:
    assert run(database, database_url, tmp_path, kills=100) > 0  # two writers each
