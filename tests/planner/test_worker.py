"""What the planner does by itself: everybody follows their site's midnight, holidays are stored, sessions end."""

import logging
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import delete, func, select

from planner.persistence.audit import AuditEntry
from planner.persistence.participants import Participant
from planner.persistence.sites import StoredHoliday
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.users import SignInAttempt, WebSession
from planner.services.users import CreateUser, create_user
from planner.worker import Worker
from tests.architecture.source import ROOT
from tests.databases import new_database
from tests.studies import NOW, Trial, trial

MIDNIGHT = datetime(2026, 1, 6, 5, 0, tzinfo=UTC)  # in New York; seven hours after that of Jerusalem


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def study(store: Store) -> Trial:
    made = trial(store)
    made.enrol("01-001")
    made.enrol("02-001", site="south")
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worker(study: Trial, clock: Clock) -> Worker:
    return Worker(study.store, clock)


def planned_on(store: Store) -> list[str]:
    with store.database.reading() as session:
        return [str(day) for day in session.scalars(select(Participant.planned_on).order_by(Participant.number))]


def test_everybody_is_planned_again_after_midnight_at_their_own_site(worker: Worker, clock: Clock) -> None:
    clock.time = MIDNIGHT - timedelta(minutes=1)
    worker.plan_again()
    assert planned_on(worker.store) == ["2026-01-05", "2026-01-06"]
    clock.time = MIDNIGHT + timedelta(minutes=1)
    worker.plan_again()
    assert planned_on(worker.store) == ["2026-01-06", "2026-01-06"]


def test_a_worker_that_is_to_end_leaves_the_others_for_the_next_one(worker: Worker, clock: Clock) -> None:
    clock.time = MIDNIGHT
    worker.stop()
    worker.plan_again()
    assert planned_on(worker.store) == ["2026-01-05", "2026-01-05"]


def test_several_workers_at_once_do_the_work_once(worker: Worker, clock: Clock) -> None:
    clock.time = NOW + timedelta(days=400)
    workers = [Worker(worker.store, clock) for _ in range(4)]
    threads = [Thread(target=job) for one in workers for job in (one.plan_again, one.keep_holidays, one.tidy_sign_ins)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(planned_on(worker.store)) == {"2027-02-09"}
    with worker.store.database.reading() as session:
        days = session.scalars(select(StoredHoliday.day).where(StoredHoliday.site_id == 1)).all()
        stored = session.scalar(select(func.count()).where(AuditEntry.action == "site.holidays-stored"))
    assert len(days) == len(set(days))
    assert stored == 1  # the other site has no country


def test_public_holidays_of_the_coming_years_are_stored_in_time(worker: Worker, clock: Clock) -> None:
    def years() -> set[int]:
        with worker.store.database.reading() as session:
            return {day.year for day in session.scalars(select(StoredHoliday.day))}

    assert years() == set(range(2025, 2031))
    clock.time = datetime(2027, 1, 1, 4, tzinfo=UTC)  # still 2026 in New York
    worker.keep_holidays()
    assert years() == set(range(2025, 2031))
    clock.time = datetime(2027, 1, 1, 12, tzinfo=UTC)
    worker.keep_holidays()
    assert years() == set(range(2025, 2032))


def test_old_sessions_end_and_go_and_old_failures_are_forgotten(worker: Worker, clock: Clock) -> None:
    somebody = CreateUser(email="a@example.org", name="Made Up", password="four words and more")
    user = worker.store.write(SYSTEM, NOW, lambda uow: create_user(uow, somebody).id)
    ages = {"fresh": (1, 1), "unused": (30, 30), "old": (24 * 8, 1)}  # hours since it began, and was used
    with worker.store.database.writing() as session:
        for name, (began, seen) in ages.items():
            instants = {"began_at": NOW - timedelta(hours=began), "seen_at": NOW - timedelta(hours=seen)}
            session.add(WebSession(digest=name, user_id=user, **instants))
        long_ago = NOW - timedelta(days=100)
        session.add(WebSession(digest="ended", user_id=user, began_at=long_ago, seen_at=long_ago, ended_at=long_ago))
        session.add_all(SignInAttempt(who="x", at=NOW - timedelta(minutes=minutes)) for minutes in (5, 14, 16))
    worker.tidy_sign_ins()
    with worker.store.database.reading() as session:
        rows = {row.digest: row.ended_at for row in session.scalars(select(WebSession))}
        assert rows == {"fresh": None, "unused": NOW, "old": NOW}
        assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 2
        said = session.scalars(select(AuditEntry.after).where(AuditEntry.action == "sessions.expired")).one()
        assert said == {"sessions": 2, "users": [user]}


def test_a_job_that_fails_is_logged_and_the_others_go_on(worker: Worker, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("made to fail")

    with caplog.at_level(logging.ERROR):
        worker.attempt("a-job", fail)
    assert "the job a-job failed" in caplog.text
    assert "made to fail" in caplog.text


def test_a_worker_does_every_job_at_once_when_it_begins_and_ends_when_told(store: Store) -> None:
    made = trial(store, datetime.now(UTC) - timedelta(days=1))
    made.enrol("01-001")
    with store.database.writing() as session:
        session.execute(delete(StoredHoliday))
    worker = Worker(store, lambda: datetime.now(UTC))
    thread = Thread(target=worker.run)
    thread.start()
    until = time.monotonic() + 90
    while time.monotonic() < until and not _is_done(store):
        time.sleep(0.05)
    worker.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert _is_done(store)


def _is_done(store: Store) -> bool:
    with store.database.reading() as session:
        holidays = session.scalar(select(func.count()).select_from(StoredHoliday))
        day = session.scalars(select(Participant.planned_on)).one()
    return bool(holidays) and day is not None and day >= datetime.now(UTC).date() - timedelta(days=1)


def around(url: str, folder: Path) -> dict[str, str]:
    """The environment of a worker of this database, whose keys are kept in a folder of the test's."""
    return {**os.environ, "DATABASE_URL": url, "PLANNER_DATA_FOLDER": str(folder)}


def test_once_it_does_everything_and_ends_with_figures(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with new_database(request, "sqlite") as url:
        done = subprocess.run(
            [sys.executable, "-m", "planner.cli", "worker", "--once"], cwd=ROOT, check=False, capture_output=True,
            text=True, env=around(url, tmp_path), timeout=60,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "Done once. Messages: nothing.\n")


AT_ITS_WORST = """
import logging, signal, sys

class Told(logging.StreamHandler):
    told = False

    def release(self):
        if self.told:
            self.told = False
            signal.raise_signal(signal.{signal})
        super().release()

    def emit(self, record):
        super().emit(record)
        self.told = record.getMessage() == "the worker has begun"

logging.basicConfig(level=logging.INFO, handlers=[Told()])
from planner.cli import main
sys.argv = ["planner", "worker"]
main()
"""


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 0), ("SIGINT", 130)])
def test_it_ends_well_although_a_signal_meets_the_main_thread_holding_the_lock_of_the_log(
    request: pytest.FixtureRequest, tmp_path: Path, name: str, code: int
) -> None:
    with new_database(request, "sqlite") as url:
        done = subprocess.run(
            [sys.executable, "-c", AT_ITS_WORST.format(signal=name)], cwd=ROOT, check=False, capture_output=True,
            text=True, env=around(url, tmp_path), timeout=60,
        )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "the worker has ended" in done.stderr
    assert "Traceback" not in done.stderr


def test_told_to_end_while_it_does_everything_once_it_says_that_it_did_not(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    early = AT_ITS_WORST.format(signal="SIGTERM").replace(
        "the worker has begun", "0 participants are planned as of today"
    )
    once = early.replace('"worker"]', '"worker", "--once"]')
    with new_database(request, "sqlite") as url:
        done = subprocess.run(
            [sys.executable, "-c", once], cwd=ROOT, check=False,
            capture_output=True, text=True, env=around(url, tmp_path), timeout=60,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "Ended early. Messages: nothing.\n"), done.stderr


def test_the_command_ends_within_seconds_of_sigterm(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with new_database(request, "sqlite") as url:
        command = [sys.executable, "-m", "planner.cli", "worker"]
        with subprocess.Popen(
            command, cwd=ROOT, env=around(url, tmp_path), stderr=subprocess.PIPE, text=True
        ) as running:
            assert running.stderr is not None
            try:
                for line in running.stderr:
                    if "the worker has begun" in line:
                        break
                running.send_signal(signal.SIGTERM)
                _, said = running.communicate(timeout=60)
            finally:
                running.kill()
    assert running.returncode == 0
    assert "the worker has ended" in said
    assert "Traceback" not in said


def test_the_command_refuses_an_empty_database(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "planner.cli", "worker"], cwd=ROOT, check=False, capture_output=True, text=True,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"},
    )  # fmt: skip
    assert done.returncode == 2
    assert "planner database upgrade" in done.stderr
