"""`planner sending`: whoever has a shell stops everything, sees what is held, and sends it after all."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from notifications.outbox import MessageRow, State
from notifications.rules import ALL, SwitchRow
from planner import clock
from planner.cli import cli
from planner.persistence.audit import AuditEntry
from planner.persistence.unit_of_work import Store
from tests import reminded
from tests.conftest import ROOT
from tests.reminded import DAY_8, TOLD
from tests.studies import STUDY, Trial

PAGE = ROOT / "docs" / "how-to" / "remind-participants.md"
NOW = datetime(2026, 1, 6, 15, 0, tzinfo=UTC)


@pytest.fixture
def study(store: Store, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    """Somebody with two reminders to come."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("PLANNER_DATA_FOLDER", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made = reminded.reminding(store)
    made.record("01-001", DAY_8)
    made.record("01-001", TOLD)
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["sending", *words])


def switches(store: Store) -> dict[int, bool]:
    return store.read(lambda session: {row.study_id: row.off for row in session.scalars(select(SwitchRow))})


def hold(store: Store, occasion: str = "", study_id: int = 1) -> None:
    """The first message is held; with an occasion another one like it, in another study."""

    def work(session: object) -> None:
        row = session.get_one(MessageRow, 1)  # type: ignore[attr-defined]
        row.state = State.HELD
        if occasion:
            names = [column.name for column in MessageRow.__table__.columns if column.name != "id"]
            like = {name: getattr(row, name) for name in names}
            session.add(MessageRow(**like | {"occasion": occasion, "study_id": study_id}))  # type: ignore[attr-defined]

    store.database.transact(work)


def test_a_study_is_switched_off_and_on_with_the_reason_in_the_audit(store: Store, study: Trial) -> None:
    done = run("off", STUDY, "--why", "the provider asks us to wait")
    assert done.exit_code == 0, done.output
    assert (
        f"{STUDY}: switched off since 2026-01-06 15:00 UTC (the provider asks us to wait), 0 held, 2 still to come"
        in (done.output)
    )
    assert "everywhere: on" in done.output
    assert switches(store) == {1: True}
    assert f"{STUDY}: on, 0 held, 2 still to come" in run("on", STUDY, "--why", "mended").output
    assert switches(store) == {1: False}
    actions = store.read(lambda session: list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq))))
    assert actions.count("sending.switched") == 2


def test_the_commands_of_the_page_do_what_it_says(store: Store, study: Trial) -> None:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("planner sending ")]
    assert [run(*shlex.split(line)[2:]).exit_code for line in lines] == [0, 0, 0]
    assert switches(store) == {1: True, ALL: True}


def test_everything_is_switched_off_at_once(store: Store, study: Trial) -> None:
    said = run("off", "--everywhere", "--why", "a wrong text went out").output
    assert "everywhere: switched off since" in said
    assert f"{STUDY}: switched off everywhere, 0 held" in said
    assert switches(store) == {ALL: True}
    hold(store)
    assert "held again" in run("replay", STUDY).output


@pytest.mark.parametrize("words", [["off", "--why", "x"], ["on", STUDY, "--everywhere", "--why", "x"]])
def test_it_is_said_where(store: Store, study: Trial, words: list[str]) -> None:
    refused = run(*words)
    assert refused.exit_code == 2
    assert "name a STUDY, or give --everywhere" in refused.output
    assert switches(store) == {}


def test_a_reason_is_asked_for(store: Store, study: Trial) -> None:
    assert run("off", STUDY).exit_code == 2
    assert run("off", STUDY, "--why", " ").exit_code == 2
    assert run("off", "nothing", "--why", "x").exit_code == 2
    assert switches(store) == {}


def test_what_is_held_is_counted_and_sent_after_all_in_that_study_alone(store: Store, study: Trial) -> None:
    hold(store, "like it in another study", study_id=99)
    assert f"{STUDY}: on, 1 held, 1 still to come" in run("status").output
    said = run("replay", STUDY).output
    assert said == "1 planned again; what was of no use any more has expired.\n"
    states = store.read(lambda session: dict(session.execute(select(MessageRow.study_id, MessageRow.state)).all()))
    assert states[99] == State.HELD
    assert f"{STUDY}: on, 0 held, 2 still to come" in run("status").output


def test_a_study_that_sends_nothing_by_its_rules_is_said_to_send_nothing(store: Store, study: Trial) -> None:
    reminded.remind(study, enabled=False)
    assert f"{STUDY}: sends nothing by its rules" in run("status").output
