"""The audit notices what was changed, taken out or put in behind its back."""

import pytest
from sqlalchemy import text

from planner.migrations.append_only import CHANGES_OFF
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from planner.services.audit import verify
from tests.studies import trial


def wrong(database: Database) -> list[str]:
    with database.reading() as session:
        return [problem for report in verify(session) for problem in report.wrong]


def behind_its_back(database: Database, *statements: str) -> None:
    """Somebody with the keys to the database."""
    with database.engine.begin() as connection:
        for statement in (*CHANGES_OFF[connection.dialect.name], *statements):
            connection.execute(text(statement))


def test_an_untouched_audit_is_whole_and_has_a_chain_for_the_study_and_one_for_the_rest(store: Store) -> None:
    trial(store).enrol()
    with store.database.reading() as session:
        reports = verify(session)
    assert [report.wrong for report in reports] == [(), ()]
    assert [report.entries for report in reports] == [2, 8]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit_entry SET why = 'nothing' WHERE chain > 0 AND seq = 2", "entry 2 is not what was written"),
        ("DELETE FROM audit_entry WHERE chain > 0 AND seq = 3", "entry 3 is missing before entry 4"),
        ("DELETE FROM audit_entry WHERE chain > 0 AND seq = 8", "the newest entries are missing"),
        ("UPDATE audit_head SET seq = 7 WHERE chain > 0", "the newest entries are missing"),
    ],
)
def test_what_was_done_behind_its_back_is_seen(store: Store, statement: str, said: str) -> None:
    trial(store).enrol()
    behind_its_back(store.database, statement)
    assert any(said in problem for problem in wrong(store.database))
