"""What workers count stands beside their heartbeat, is added up, and outlives them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from notifications.health import EARLIER, Heartbeat, beat, bury, keep_counts, worker_counts
from notifications.message import Figures, Receipt, Verdict
from tests.clinic import DUE, Clinic


def counted(clinic: Clinic) -> dict[str, int]:
    with clinic.database.reading() as session:
        return worker_counts(session)


def ticks(clinic: Clinic, worker: str, **counts: int) -> None:
    def work(session: object) -> None:
        beat(session, worker, clinic.now)  # type: ignore[arg-type]
        keep_counts(session, worker, Figures(counts))  # type: ignore[arg-type]

    clinic.do(work)


def test_what_workers_do_is_added_up_and_only_grows(clinic: Clinic) -> None:
    assert counted(clinic) == {}
    ticks(clinic, "a", accepted=2)
    ticks(clinic, "b", accepted=1, unknown=1)
    ticks(clinic, "a", accepted=1)
    ticks(clinic, "a")
    assert counted(clinic) == {"accepted": 4, "unknown": 1}


def test_a_worker_that_has_not_ticked_counts_nothing(clinic: Clinic) -> None:
    clinic.do(lambda session: keep_counts(session, "nobody", Figures({"accepted": 1})))
    assert counted(clinic) == {}


def test_workers_of_long_ago_become_one_row_and_what_they_did_stays(clinic: Clinic) -> None:
    for number in range(3):
        ticks(clinic, f"w{number}", accepted=number)
        clinic.wait(hours=10)
    ticks(clinic, "alive", accepted=10)
    clinic.wait(hours=4, minutes=1)
    assert clinic.do(lambda session: bury(session, clinic.now)) == 2
    assert clinic.do(lambda session: bury(session, clinic.now)) == 0
    with clinic.database.reading() as session:
        rows = {row.worker: (row.begun_at, row.ticked_at) for row in session.scalars(select(Heartbeat))}
    assert set(rows) == {EARLIER, "w2", "alive"}
    assert rows[EARLIER] == (DUE, DUE + timedelta(hours=10))
    assert counted(clinic) == {"accepted": 13}
    clinic.wait(days=2)
    assert clinic.do(lambda session: bury(session, clinic.now)) == 2
    assert counted(clinic) == {"accepted": 13}


@pytest.mark.parametrize("times", [1, 3])
def test_what_is_tried_again_is_counted_as_that(clinic: Clinic, times: int) -> None:
    clinic.provider.plan = [Receipt(verdict=Verdict.NOT_TAKEN)] * times
    retried = 0
    for _ in range(times + 1):
        retried += clinic.tick().get("retried", 0)
        clinic.wait(minutes=5)
    assert retried == times
