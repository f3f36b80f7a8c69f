"""A database that cannot be used: a plain answer, and everything as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text

from planner.app import create_app
from planner.persistence import schema
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store, UnitOfWork
from planner.services import facts
from planner.services.chairs import sync_bookings
from planner.services.users import Role
from tests.planner.api.callers import Caller, Clock, app, at, caller, settings_for
from tests.studies import STUDY, trial

__all__ = ["app", "at"]

FACT = {"facts": [{"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": "vsli"}]}
#: a fact that takes some pages, so that a file without room for one more cannot hold twenty of it
MANY = {"fact": "away", "date": "2026-02-01", "until": "2026-02-02", "note": "made up, " * 40}
#: how a database gets full, and has room again: SQLite may take no page more; PostgreSQL says disk_full at the audit
FULL = {
    "sqlite": (("PRAGMA max_page_count = 1",), ("PRAGMA max_page_count = 1073741823",)),
    "postgresql": (
        (
            """CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$""",
            "CREATE TRIGGER no_room BEFORE INSERT ON audit_entry EXECUTE FUNCTION no_room()",
        ),
        ("DROP TRIGGER no_room ON audit_entry",),
    ),
}
ONE = f"/studies/{STUDY}/participants/01-001"


@pytest.fixture
def coordinator(app: Flask, store: Store, at: Clock) -> Caller:
    trial(store).enrol()
    return caller(app, store, Role.COORDINATOR)


def test_ready_says_whether_the_database_can_be_used(app: Flask, store: Store) -> None:
    assert app.test_client().get("/readyz").status_code == 200
    with store.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json()["type"] == "/problems/unavailable"
    assert app.test_client().get("/healthz").status_code == 200


def test_an_empty_or_a_newer_database_is_never_written_to(tmp_path: Path, store: Store, at: Clock) -> None:
    empty = tmp_path / "empty.db"
    made = create_app({}, settings_for(store, tmp_path).model_copy(update={"database_url": f"sqlite:///{empty}"}))
    Caller(made.test_client(), "vp_any").refused(503, "GET", "/studies")
    made.extensions["installation"].close()
    assert schema.current(Database(f"sqlite:///{empty}")) is None


def test_a_database_that_another_program_has_locked_is_no_failure(
    app: Flask, store: Store, coordinator: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.database.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite is locked as a whole")
    coordinator.get(ONE)
    monkeypatch.setattr("planner.persistence.database.MOST_TRIES", 1)
    planner = app.extensions["installation"]
    with planner.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
        connection.rollback()
    other = create_engine(store.database.engine.url)
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        wrong = coordinator.refused(503, "POST", f"{ONE}/facts", FACT)
        connection.rollback()
    other.dispose()
    assert wrong["type"] == "/problems/unavailable"
    assert len(coordinator.get(f"{ONE}/facts")["facts"]) == 2
    assert len(coordinator.post(f"{ONE}/facts", FACT)["facts"]) == 1


def test_a_read_only_database_can_still_be_looked_at(app: Flask, store: Store, coordinator: Caller) -> None:
    engine = app.extensions["installation"].database.engine
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only = ON")
            connection.rollback()
    else:
        engine.dispose()
        with store.database.engine.begin() as connection:
            name = engine.url.database
            connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    coordinator.refused(503, "POST", f"{ONE}/facts", FACT)
    assert len(coordinator.get(f"{ONE}/facts")["facts"]) == 2


def test_a_full_database_records_nothing_by_half_and_goes_on_once_there_is_room(
    app: Flask, store: Store, coordinator: Caller
) -> None:
    engine = app.extensions["installation"].database.engine
    fill, make_room = FULL[engine.dialect.name]
    coordinator.get(ONE)
    _run(engine, fill)
    wrong = coordinator.refused(503, "POST", f"{ONE}/facts", {"facts": [MANY] * 20}, Idempotency_Key="once")
    assert wrong["type"] == "/problems/unavailable"
    assert "nothing was changed" in wrong["detail"].lower()
    assert (len(coordinator.get(f"{ONE}/facts")["facts"]), coordinator.get(ONE)["revision"]) == (2, 1)
    _run(engine, make_room)
    recorded = coordinator.post(f"{ONE}/facts", {"facts": [MANY] * 20}, Idempotency_Key="once")
    assert (len(recorded["facts"]), recorded["revision"]) == (20, 2)


def _run(engine: Engine, statements: tuple[str, ...]) -> None:
    """Run them, on SQLite on the one connection that the application has open."""
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()


def test_a_database_that_goes_in_the_middle_of_a_request_leaves_nothing_half_done(
    app: Flask, store: Store, coordinator: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.database.engine.dialect.name == "sqlite":
        pytest.skip("a file does not go away; SQLite that is killed is in tests/soak")
    real = sync_bookings

    def gone(uow: UnitOfWork, *rest: Any) -> None:
        mine = uow.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with store.database.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
        real(uow, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(facts, "sync_bookings", gone)
        coordinator.refused(503, "POST", f"{ONE}/facts", FACT)
    assert len(coordinator.get(f"{ONE}/facts")["facts"]) == 2
    assert coordinator.get(ONE)["revision"] == 1
