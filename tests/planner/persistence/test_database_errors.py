"""What the database refuses is told and logged without what people have typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from planner.persistence.database import Database, DatabaseUnavailable
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.persistence.users import User
from tests.studies import NOW


def test_an_error_of_the_database_does_not_say_what_the_row_would_have_had(store: Store) -> None:
    def twice(uow: UnitOfWork) -> None:
        for _ in range(2):
            made = User(email="a@example.org", name="Made Up", password="a hash", totp_step=0, created_at=uow.now)
            uow.session.add(made)
            uow.session.flush()

    with pytest.raises(IntegrityError) as raised:
        store.write(SYSTEM, NOW, twice)
    assert "Made Up" not in str(raised.value)
    assert "a hash" not in str(raised.value)


def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "planner.db"
    file.write_text("this was a database once, before the disk broke")
    database = Database(f"sqlite:///{file}")
    with pytest.raises(DatabaseUnavailable, match="file is not a database"), database.reading() as session:
        session.connection()
    database.dispose()
