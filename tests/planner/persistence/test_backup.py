"""A backup is of one moment, whole or refused, and goes back into an empty database of either kind."""

import gzip
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from planner.persistence import schema
from planner.persistence.backup import BackupError, restore_backup, take_backup
from planner.persistence.database import Database
from planner.persistence.facts import FactRow
from planner.persistence.unit_of_work import Store
from planner.services.audit import verify
from planner.services.designs import Designs
from planner.services.verification import verify_visits
from tests.studies import Trial, trial

NOW = datetime(2026, 1, 6, tzinfo=UTC)


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(FactRow)) or 0


def is_whole(database: Database) -> None:
    with database.reading() as session:
        assert list(verify_visits(session, Designs())) == []
    with database.reading() as session:
        assert all(report.wrong == () and report.entries for report in verify(session))


def write_on(study: Trial, number: int) -> None:
    study.record("01-001", {"fact": "unscheduled_visit", "date": "2026-01-03", "reason": f"r{number}"})


def test_a_backup_taken_under_load_is_of_one_moment_and_restores_and_verifies(store: Store, tmp_path: Path) -> None:
    study = trial(store)
    study.enrol()
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write_on, study, number) for number in range(24)]
        take_backup(store.database, tmp_path / "backup.gz", NOW)
    assert not any(writer.exception() for writer in writers)
    other = Database(f"sqlite:///{tmp_path / 'restored.db'}")
    restore_backup(other, tmp_path / "backup.gz")
    assert 2 <= count(other) <= count(store.database) == 26
    is_whole(other)
    Trial(Store(other)).record("01-001", {"fact": "unscheduled_visit", "date": "2026-01-04"})  # numbers go on
    is_whole(other)


def test_a_backup_goes_into_the_other_kind_of_database(database: Database, tmp_path: Path) -> None:
    source = Database(f"sqlite:///{tmp_path / 'source.db'}")
    schema.migrate(source)
    trial(Store(source)).enrol()
    take_backup(source, tmp_path / "backup.gz", NOW)
    restore_backup(database, tmp_path / "backup.gz")
    is_whole(database)
    Trial(Store(database)).record("01-001", {"fact": "unscheduled_visit", "date": "2026-01-04"})
    assert (count(source), count(database)) == (2, 3)


def test_a_database_with_rows_is_never_restored_over(store: Store, tmp_path: Path) -> None:
    trial(store)
    take_backup(store.database, tmp_path / "backup.gz", NOW)
    with pytest.raises(BackupError, match="not empty"):
        restore_backup(store.database, tmp_path / "backup.gz")


def test_only_its_owner_reads_a_backup(store: Store, tmp_path: Path) -> None:
    take_backup(store.database, tmp_path / "backup.gz", NOW)
    assert (tmp_path / "backup.gz").stat().st_mode & 0o077 == 0


def test_a_backup_is_never_overwritten(store: Store, tmp_path: Path) -> None:
    take_backup(store.database, tmp_path / "backup.gz", NOW)
    with pytest.raises(BackupError, match="never overwritten"):
        take_backup(store.database, tmp_path / "backup.gz", NOW)


@pytest.mark.parametrize("harm", ["cut short", "changed", "no backup", "nothing"])
def test_a_broken_backup_is_refused_before_anything_is_restored(tmp_path: Path, harm: str) -> None:
    source = Database(f"sqlite:///{tmp_path / 'source.db'}")
    schema.migrate(source)
    trial(Store(source))
    take_backup(source, tmp_path / "backup.gz", NOW)
    lines = gzip.decompress((tmp_path / "backup.gz").read_bytes()).decode()
    harmed = {
        "cut short": "".join(lines.splitlines(keepends=True)[:-1]),
        "changed": lines.replace("A made-up study", "A made-up trial"),
        "no backup": '{"format": "another"}\n',
        "nothing": "",
    }[harm]
    (tmp_path / "harmed.gz").write_bytes(gzip.compress(harmed.encode()))
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(BackupError):
        restore_backup(empty, tmp_path / "harmed.gz")
    assert schema.current(empty) is None


def test_a_backup_of_another_version_is_for_the_planner_that_wrote_it(
    store: Store, another_database: Database, tmp_path: Path
) -> None:
    trial(store)
    take_backup(store.database, tmp_path / "backup.gz", NOW)
    first, *rest = gzip.decompress((tmp_path / "backup.gz").read_bytes()).decode().splitlines(keepends=True)[:-1]
    body = "".join([first.replace(f'"{schema.newest()}"', '"0001"'), *rest])
    seal = json.dumps({"rows": {}, "sha256": hashlib.sha256(body.encode()).hexdigest()})
    (tmp_path / "older.gz").write_bytes(gzip.compress(f"{body}{seal}\n".encode()))
    with pytest.raises(BackupError, match="restore it with the planner that wrote it, then upgrade"):
        restore_backup(another_database, tmp_path / "older.gz")
    assert count(another_database) == 0


def test_nothing_is_restored_into_a_database_of_a_newer_planner(
    store: Store, another_database: Database, tmp_path: Path
) -> None:
    trial(store)
    take_backup(store.database, tmp_path / "backup.gz", NOW)
    with another_database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(schema.WrongSchema, match="install the newer planner"):
        restore_backup(another_database, tmp_path / "backup.gz")
    assert count(another_database) == 0
