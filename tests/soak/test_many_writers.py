"""Twenty writers at once: no fact is lost, no chair given out twice, no deadlock that is not retried."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from planner.persistence.bookings import Booking, ChairSlot
from planner.persistence.database import Database
from planner.persistence.facts import FactRow
from planner.persistence.unit_of_work import Store
from planner.problems import ChairTaken
from planner.services.audit import verify
from planner.services.designs import Designs
from planner.services.verification import verify_visits
from tests.studies import trial

WRITERS = 20


def is_whole(database: Database) -> None:
    with database.reading() as session:
        assert list(verify_visits(session, Designs())) == []
    with database.reading() as session:
        assert [problem for report in verify(session) for problem in report.wrong] == []


def test_twenty_writers_on_one_participant_lose_nothing(store: Store) -> None:
    study = trial(store)
    study.enrol()

    def write(number: int) -> str:
        day = f"2026-01-{number % 4 + 2:02}"
        found = study.record("01-001", {"fact": "unscheduled_visit", "date": day, "reason": f"r{number}"})
        return found.facts[0].id or ""

    with ThreadPoolExecutor(WRITERS) as pool:
        names = list(pool.map(write, range(3 * WRITERS)))
    assert len(set(names)) == 3 * WRITERS
    with store.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(FactRow)) == 3 * WRITERS + 2
    is_whole(store.database)


def test_twenty_writers_on_many_participants_share_two_chairs(store: Store) -> None:
    study = trial(store)
    numbers = [f"01-{number:03}" for number in range(1, WRITERS + 1)]
    for number in numbers:
        study.enrol(number)
    booked = {"fact": "booked", "date": "2026-01-12", "visit": "induction.c1.d8", "minutes": 60}

    def write(place: int) -> str:
        hour = f"{9 + place % 5:02}:00"
        try:
            study.record(numbers[place], {**booked, "time": hour})
        except ChairTaken:
            return "taken"
        return "booked"

    with ThreadPoolExecutor(WRITERS) as pool:
        outcomes = Counter(pool.map(write, range(WRITERS)))
    assert outcomes == {"booked": 10, "taken": 10}  # five hours, two chairs
    with store.database.reading() as session:
        slots = session.execute(select(ChairSlot.chair, ChairSlot.starts)).all()
        assert len(slots) == len(set(slots)) == 40
        assert session.scalar(select(func.count()).select_from(Booking)) == 10
    is_whole(store.database)
