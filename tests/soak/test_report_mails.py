"""Processes that mail reports are killed, at every step and at any moment: no mail is lost, and none comes twice."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import pytest

from planner.auth.report_mails import reading_scope
from planner.persistence.database import Database
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.reports.mail_schedules import SetUp, send_again, set_up
from planner.services.access import EVERYTHING
from planner.services.users import Role
from tests.planner.api.callers import user
from tests.provider.mail import Mail
from tests.reported import small_study
from tests.soak.report_mails import LEASE, OPEN, arrived, killed_at, mailer, rows, run
from tests.studies import STUDY

#: the Monday after the report's day, at six in New York
DUE = datetime(2026, 4, 20, 10, 0, tzinfo=UTC)


def finished(store: Store, mail: Mail, now: datetime) -> bool:
    """Another worker comes after the lease, and a person sees to what nobody knows; whether each mail came once."""
    later = now + 2 * LEASE
    mailer(store, mail.port, "second", lambda: later).run()
    assert rows(store, *OPEN) == {}
    unknown, came = rows(store, "unknown"), arrived(mail)
    for number, key in unknown.items():
        if key not in came:
            store.write(SYSTEM, later, lambda uow, n=number: send_again(uow, EVERYTHING, STUDY, n))  # type: ignore[misc]
    mailer(store, mail.port, "third", lambda: later).run()
    return sorted(arrived(mail).elements()) == sorted(rows(store).values())


def weekly(store: Store, *roles: Role) -> None:
    """A report that is due, to somebody of each of these roles."""
    study = small_study(store)
    readers = tuple(user(store, study.now, role).email for role in roles)
    command = SetUp(study=STUDY, recipients=readers, zone="America/New_York", forms=("csv",))
    store.write(SYSTEM, study.now, lambda uow: set_up(uow, study.designs, EVERYTHING, reading_scope, command))


def test_a_process_killed_at_any_look_at_the_clock_loses_no_mail_and_sends_none_twice(
    database: Database, database_url: str
) -> None:
    """A week for each look, until a process comes to its end: every step has been the last one of some process."""
    store = Store(database)
    weekly(store, Role.MONITOR)
    with Mail() as mail:
        for step in count(1):
            now = DUE + (step - 1) * 7 * (DUE - DUE.replace(day=19))
            killed = killed_at(database_url, mail.port, now, step)
            assert finished(store, mail, now), step
            if not killed:
                break
        assert step > 6
        assert len(mail.letters) == len(rows(store)) == step


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_killed_beside_the_mail_server_leaves_it_to_a_person_whether_the_mail_goes_again(
    database: Database, database_url: str, when: str
) -> None:
    store = Store(database)
    weekly(store, Role.MONITOR, Role.INVESTIGATOR)
    with Mail() as mail:
        assert killed_at(database_url, mail.port, DUE, when)
        assert len(mail.letters) == (when == "after")
        assert len(rows(store, "sending")) == len(rows(store, "waiting")) == 1
        assert finished(store, mail, DUE)
        assert len(rows(store, "unknown")) == (when == "after")
        assert len(mail.letters) == 2


def test_processes_killed_at_random_lose_no_mail_and_send_none_twice(database_url: str) -> None:
    result = run(database_url, database_url.partition(":")[0], kills=12, seed=1)
    assert result.is_right, result.line()


@pytest.mark.soak
def test_two_hundred_kills_of_processes_that_mail(database_url: str) -> None:
    result = run(database_url, database_url.partition(":")[0], kills=200, seed=2)
    assert result.is_right, result.line()
