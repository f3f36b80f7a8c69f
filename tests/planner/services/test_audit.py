"""The audit notices what was changed, taken out or put in behind its back."""

import hashlib
import json

import pytest
from sqlalchemy import select, text

from planner.migrations.append_only import CHANGES_OFF
from planner.persistence.audit import GENESIS, AuditEntry
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Actor, Store
from planner.services.audit import verify
from planner.services.verification import verify_facts
from tests.studies import NOW, trial

FACT_CHANGES_OFF = {
    "sqlite": ("DROP TRIGGER fact_UPDATE_refused", "DROP TRIGGER fact_DELETE_refused"),
    "postgresql": ("ALTER TABLE fact DISABLE TRIGGER USER",),
}


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


def test_what_was_said_is_kept_to_the_letter_and_sealed_as_json_in_one_form(store: Store) -> None:
    odd = 'tab\t, \\, \\N, \\., "quotes", line\r\nbreaks, \u2028 and ünïcödé 日本'
    said = {"why": odd, "numbers": [1, 2.5, None, True], odd: {}}
    store.write(
        Actor("user:7"), NOW, lambda uow: uow.audit("said", odd, before=said, after=[said], why=odd), "request 1"
    )
    with store.database.reading() as session:
        (entry,) = session.scalars(select(AuditEntry))
    kept = {
        "chain": 0, "seq": 1, "at": NOW.isoformat(), "actor": "user:7", "action": "said", "subject": odd,
        "before": said, "after": [said], "why": odd, "request_id": "request 1", "previous": GENESIS,
    }  # fmt: skip
    assert {name: getattr(entry, name) for name in kept} == kept | {"at": NOW}
    words = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert entry.digest == hashlib.sha256(words.encode()).hexdigest()
    assert wrong(store.database) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit_entry SET why = 'nothing' WHERE chain > 0 AND seq = 2", "entry 2 is not what was written"),
        ("DELETE FROM audit_entry WHERE chain > 0 AND seq = 3", "entry 3 is missing before entry 4"),
        ("DELETE FROM audit_entry WHERE chain > 0 AND seq = 8", "the newest entries are missing"),
        ("UPDATE audit_head SET seq = 7 WHERE chain > 0", "the newest entries are missing"),
        ("UPDATE audit_entry SET after = '{no JSON' WHERE chain > 0 AND seq = 3", "entry 3 cannot be read"),
    ],
)
def test_what_was_done_behind_its_back_is_seen(store: Store, statement: str, said: str) -> None:
    trial(store).enrol()
    behind_its_back(store.database, statement)
    assert any(said in problem for problem in wrong(store.database))


@pytest.mark.parametrize(
    "statements",
    [
        ("DELETE FROM audit_entry WHERE chain > 0", "DELETE FROM audit_head WHERE chain > 0"),
        ("DELETE FROM audit_entry WHERE chain = 0", "DELETE FROM audit_head WHERE chain = 0"),
    ],
)
def test_a_chain_of_which_nothing_is_left_is_missed(store: Store, statements: tuple[str, str]) -> None:
    trial(store).enrol()
    behind_its_back(store.database, *statements)
    assert wrong(store.database) == ["the newest entries are missing, or were added by hand"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE fact SET day = '2025-12-02' WHERE fact_id = 'f1'", ["the fact f1 is not what was recorded"]),
        ("UPDATE fact SET content = '{}' WHERE fact_id = 'f1'", ["the fact f1 is not what was recorded"]),
        (
            "UPDATE fact SET fact_id = 'f9' WHERE fact_id = 'f2'",
            ["the fact f9 is not in the audit", "the fact f2 is in"],
        ),
        ("DELETE FROM fact WHERE fact_id = 'f1'", ["the fact f1 is in the audit and not stored"]),
    ],
)
def test_facts_that_somebody_changed_by_hand_are_not_those_of_the_audit(
    store: Store, statement: str, said: list[str]
) -> None:
    trial(store).enrol()
    kind = store.database.engine.dialect.name
    off = FACT_CHANGES_OFF[kind]
    with store.database.engine.begin() as connection:
        for one in (*off, statement):
            connection.execute(text(one))
    with store.database.reading() as session:
        found = list(verify_facts(session))
    assert [expected in problem for expected, problem in zip(said, found, strict=True)] == [True] * len(said)


def test_facts_that_nobody_touched_are_those_of_the_audit(store: Store) -> None:
    study = trial(store)
    study.enrol()
    study.record("01-001", {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": "vsli"})
    with store.database.reading() as session:
        assert list(verify_facts(session)) == []
