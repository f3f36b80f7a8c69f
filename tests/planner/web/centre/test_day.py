"""The day of an infusion centre: who sits where, by which names, on whose word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, insert, select

from planner import clock
from planner.auth.permissions import MAY, Permission
from planner.persistence.audit import AuditEntry
from planner.persistence.base import Base
from planner.persistence.bookings import Booking
from planner.persistence.participants import Contact, Participant
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.persistence.visits import VisitRow
from planner.services.access import EVERYTHING
from planner.services.dose_oks import GiveOk, give_ok, revoke_ok
from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.planner.api.callers import Clock
from tests.reminded import KEYS
from tests.seated import DAY, DAY_1, book, name_them
from tests.studies import NORTH, SOUTH, STUDY, Trial, a_user


def say_ok(study: Trial, drug: str = "vsli") -> None:
    who = a_user(study.store, "investigator@example.org")
    command = GiveOk(study=STUDY, participant="01-001", visit="induction.c1.d1", drug=drug, note="counts are good")
    study.store.write(who, study.now, lambda uow: give_ok(uow, study.designs, EVERYTHING, command))


def test_an_appointment_says_hour_chair_drugs_in_their_order_and_how_long_each_takes(centre: Desk) -> None:
    words = centre.text(DAY)
    assert "Today, Monday 5 January 2026" in words
    assert "09:00–13:25 Chair 1" in words
    first, second = (
        words.index("Vincristine sulfate liposome IV 60 min"),
        words.index("Inotuzumab ozogamicin IV 60 min"),
    )
    assert first < second
    assert "60 min + 60 min observation" in words


def test_the_pharmacy_has_the_drugs_ready_as_long_before_as_the_protocol_says(centre: Desk) -> None:
    assert "prepare by 08:30" in centre.text(DAY)


@pytest.mark.parametrize(
    "happened",
    [{"fact": "held", "reason": "low-counts"}, {"fact": "attended", "not_done": ["vsli", "ino"], "note": "fever"}],
    ids=["the-dose-waits", "not-dosed"],
)
def test_nothing_is_prepared_for_whoever_has_no_dose(centre: Desk, study: Trial, happened: dict[str, Any]) -> None:
    study.record("01-001", {"date": "2026-01-05", "visit": "induction.c1.d1", **happened})
    assert "prepare by" not in centre.text(DAY)
    assert "Pharmacy ready by" not in centre.text(DAY_1)


def test_the_table_of_chairs_tells_people_by_two_identifiers(centre: Desk) -> None:
    assert "09:00–13:25 Ada Madeup born 12 May 1961 expected" in centre.text(DAY)


def test_two_of_one_name_on_a_day_are_marked_wherever_they_are_listed(centre: Desk, study: Trial) -> None:
    alike = "Somebody else of this name on this day"
    study.enrol("01-002")
    name_them(study, "01-002", "Bea Madeup", "1970-01-02")
    book(study, "01-002", "2026-01-05", "induction.c1.d1", "10:00")
    assert alike not in centre.text(DAY)
    name_them(study, "01-002", "ada  MADEUP", "1970-01-02")
    words = centre.text(DAY)
    assert words.count(alike) == 2
    assert "ada MADEUP Somebody else of this name on this day born 2 January 1970, record 4711" in words
    assert centre.text(f"{DAY}/pharmacy").count(alike) == 4


def test_a_dose_that_was_given_without_an_ok_is_called_that(centre: Desk, study: Trial) -> None:
    dose = {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "start": "09:10", "stop": "10:12"}
    study.record("01-001", {**dose, "activity": "vsli"})
    words = centre.text(DAY)
    assert words.count("given without an OK to treat") == 1
    assert words.count("no OK to treat yet") == 1


def test_a_drug_without_an_ok_says_so_until_an_investigator_gives_it(centre: Desk, study: Trial) -> None:
    assert centre.text(DAY).count("no OK to treat yet") == 2
    say_ok(study)
    words = centre.text(DAY)
    assert words.count("no OK to treat yet") == 1
    assert "OK to treat: A Coordinator, Mon 5 Jan, 09:00" in words


def test_an_ok_that_was_taken_back_is_none_and_says_why(centre: Desk, study: Trial) -> None:
    say_ok(study)
    who = a_user(study.store, "other@example.org")
    study.store.write(
        who, study.now,
        lambda uow: revoke_ok(uow, EVERYTHING, STUDY, "01-001", "induction.c1.d1", "vsli", "platelets fell"),
    )  # fmt: skip
    words = centre.text(DAY)
    assert "OK taken back: platelets fell" in words
    assert "1 appointment · 1 without OK to treat" in words


def test_a_reduced_dose_is_shown_at_its_new_level_with_the_reason(centre: Desk, study: Trial) -> None:
    study.record(
        "01-001",
        {"fact": "reduced", "date": "2026-01-05", "visit": "induction.c1.d8", "activity": "ino", "to": "level -1",
         "reason": "toxicity"},
    )  # fmt: skip
    assert "level -1" not in centre.text(DAY)
    assert "Inotuzumab ozogamicin IV level -1, reduced on 5 January 2026 (toxicity)" in centre.text(
        f"{DAY}?day=2026-01-12"
    )


def test_a_dose_that_is_reduced_again_says_from_what_to_what(centre: Desk, study: Trial) -> None:
    about = {"fact": "reduced", "visit": "induction.c1.d8", "activity": "ino", "reason": "toxicity"}
    study.record("01-001", {**about, "date": "2026-01-02", "to": "level 1"})
    study.record("01-001", {**about, "date": "2026-01-05", "to": "level -1"})
    said = "Inotuzumab ozogamicin IV level -1 instead of level 1, reduced on 5 January 2026 (toxicity)"
    assert said in centre.text(f"{DAY}?day=2026-01-12")


def test_premedication_stands_ahead_of_its_drug_until_that_is_given(
    app: Flask, store: Store, study: Trial, at: Clock
) -> None:
    at.now += timedelta(hours=3)
    centre = desk_of(app, store, Role.INFUSION_CENTRE)
    words = centre.text(DAY)
    order = [words.index(each) for each in ("Vincristine sulfate", "Premedication for Inotuzumab", "Inotuzumab ozo")]
    assert order[:2] == sorted(order[:2])
    assert "Premedication for Inotuzumab ozogamicin IV Before each dose; the text names no drugs." in words
    assert "What is given, in its order" in centre.text(DAY_1)
    centre.send(f"{DAY_1}/dose", drug="ino", start="10:40", stop="11:00", do="save")
    assert "Premedication" not in centre.text(DAY)


PHARMACY = f"{DAY}/pharmacy"


def test_the_pharmacy_has_a_list_of_what_is_needed_by_the_hour(centre: Desk, study: Trial) -> None:
    study.enrol("01-002", day_1=date(2026, 1, 5))
    book(study, "01-002", "2026-01-05", "induction.c1.d1", time="08:00")
    words = centre.text(PHARMACY)
    assert "4 preparations · 4 without OK to treat" in words
    hours = re.findall(r"(\d\d:\d\d) (Vincristine|Inotuzumab)", words)
    assert hours == [
        ("07:30", "Vincristine"),
        ("07:30", "Inotuzumab"),
        ("08:30", "Vincristine"),
        ("08:30", "Inotuzumab"),
    ]
    assert "Ada Madeup born 12 May 1961, record 4711" in words
    assert f'href="{DAY_1}"' in centre.html(PHARMACY)
    assert "Nothing is to be prepared on this day." in centre.text(f"{PHARMACY}?day=2026-01-06")


def test_what_was_given_left_out_or_refused_is_not_on_the_list_of_the_pharmacy(centre: Desk, study: Trial) -> None:
    today = {"date": "2026-01-05", "visit": "induction.c1.d1"}
    study.record("01-001", {"fact": "omitted", **today, "activity": "vsli", "reason": "toxicity"})
    assert "Vincristine" not in centre.text(PHARMACY)
    assert "1 preparation ·" in centre.text(PHARMACY)
    study.record("01-001", {"fact": "attended", **today, "not_done": ["ino"]})
    assert "Nothing is to be prepared any more today." in centre.text(PHARMACY)


def test_the_list_of_the_pharmacy_writes_down_whom_it_names(centre: Desk, store: Store) -> None:
    centre.html(PHARMACY)
    assert [(subject, after) for _, subject, after in looks(store)] == [("site:north", {"participants": ["01-001"]})]


WHO_CHECKS = [Role.COORDINATOR, Role.INVESTIGATOR, Role.INFUSION_CENTRE]


def looks(store: Store) -> list[tuple[str, str, Any]]:
    query = select(AuditEntry).where(AuditEntry.action == "identifiers.read").order_by(AuditEntry.seq)
    return store.read(lambda session: [(one.actor, one.subject, one.after) for one in session.scalars(query)])


@pytest.mark.parametrize("role", WHO_CHECKS)
def test_whoever_treats_sees_two_identifiers(app: Flask, store: Store, study: Trial, role: Role) -> None:
    who = desk_of(app, store, role)
    assert f"Ada Madeup born 12 May 1961, record 4711 {STUDY} 01-001" in who.text(DAY)
    assert f"Ada Madeup born 12 May 1961, record 4711 · {STUDY} 01-001" in who.text(DAY_1)


def test_how_somebody_is_reached_is_not_told_to_an_infusion_centre(centre: Desk) -> None:
    assert Permission.CONTACTS_READ not in MAY[Role.INFUSION_CENTRE]
    for path in (DAY, DAY_1):
        assert not any(word in centre.html(path) for word in ("+1", "@example", "Caregiver"))


def test_each_look_at_who_somebody_is_stands_in_the_audit(centre: Desk, store: Store) -> None:
    centre.html(DAY)
    centre.html(DAY_1)
    centre.html(f"{DAY}?day=2026-03-07")
    (day, chair), seen = looks(store), {"participants": ["01-001"]}
    assert day[1:] == ("site:north", seen)
    assert chair[1:] == ("participant:01-001", seen)
    assert day[0] == chair[0]
    assert day[0].startswith("user:")


def test_a_form_that_shows_the_page_again_is_a_look_too(centre: Desk, store: Store) -> None:
    assert centre.send(f"{DAY_1}/dose", drug="vsli", start="10:10", stop="09:10", do="save").status_code == 400
    assert len(looks(store)) == 1


@pytest.mark.parametrize("role", WHO_CHECKS)
def test_who_somebody_is_is_told_at_the_chairs_of_ones_own_site_alone(
    app: Flask, store: Store, study: Trial, role: Role
) -> None:
    """Somebody who has moved away is still known where their chair is, and not yet where they are seen next."""
    study.record("01-001", {"fact": "transferred", "date": "2026-01-05", "site": SOUTH})
    for site, known in ((NORTH, True), (SOUTH, False)):
        there = desk_of(app, store, role, STUDY, site)
        page = there.html(f"/infusions/{site}?day=2026-01-05")
        assert ("Madeup" in page) is known, (role, site)


@pytest.mark.parametrize("role", [Role.MONITOR, Role.ADMINISTRATOR])
def test_whoever_may_not_sees_the_screening_number_alone(app: Flask, store: Store, study: Trial, role: Role) -> None:
    who = desk_of(app, store, role)
    for path in (DAY, DAY_1):
        page = who.html(path).replace(who.token, "")
        assert "01-001" in page
        assert not any(word in page for word in ("Madeup", "1961", "4711")), (role, path)
    assert looks(store) == []


def test_a_name_without_a_second_identifier_identifies_nobody(app: Flask, store: Store, study: Trial) -> None:
    def forget(uow: UnitOfWork) -> None:
        row = uow.session.scalars(select(Contact)).one()
        row.sealed = KEYS.seal({"name": "Ada Madeup", "birth_date": "", "record_number": ""})

    store.write(SYSTEM, study.now, forget)
    assert "Madeup" not in desk_of(app, store).html(DAY)


def test_a_site_that_somebody_may_not_know_of_is_not_there(app: Flask, store: Store, study: Trial) -> None:
    south = desk_of(app, store, Role.INFUSION_CENTRE, STUDY, SOUTH)
    for path in (DAY, f"{DAY}/load", f"{DAY}/closures", f"{DAY}/calendar", DAY_1):
        south.text(path, 404)
    assert "Nobody has an appointment" in south.text(f"/infusions/{SOUTH}")


def test_with_one_site_the_way_leads_there_at_once(app: Flask, store: Store, study: Trial) -> None:
    one = desk_of(app, store, Role.INFUSION_CENTRE, STUDY, NORTH)
    assert one.client.get("/infusions").headers["Location"] == f"/infusions/{NORTH}"
    assert "North South" in desk_of(app, store, Role.INFUSION_CENTRE).text("/infusions")


def test_a_drug_that_is_due_without_an_appointment_is_listed(centre: Desk, study: Trial) -> None:
    study.enrol("01-002")
    words = centre.text(DAY)
    assert "Due, without an appointment 1 vsli-ino 01-002" in words


def test_a_closed_day_says_why(centre: Desk) -> None:
    assert "Closed: it is a Sunday." in centre.text(f"{DAY}?day=2026-01-11")


@pytest.mark.parametrize("day", ["2026-02-30", "soon", "9999-01-01"])
def test_a_day_that_is_none_is_an_error_and_no_failure(centre: Desk, day: str) -> None:
    assert "no day that can be shown" in centre.text(f"{DAY}?day={day}", 400)


@contextmanager
def queries(engine: Engine) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def more_people(store: Store, first: int, count: int) -> None:
    """So many participants with the same appointment, written at once."""

    def work(uow: UnitOfWork) -> None:
        one = uow.session.scalars(select(Participant).where(Participant.number == "01-001")).one()
        for number in range(first, first + count):
            _copy(uow, Participant, Participant.id == one.id, {"id": 1_000 + number, "number": f"09-{number:03}"})
            theirs = {"participant_id": 1_000 + number}
            _copy(uow, Contact, Contact.participant_id == one.id, theirs)
            _copy(uow, VisitRow, VisitRow.participant_id == one.id, theirs)
            today = (Booking.participant_id == one.id) & (Booking.visit_key == "induction.c1.d1")
            _copy(uow, Booking, today, {**theirs, "id": 10_000 + number})

    store.write(SYSTEM, clock.now(), work)


def _copy(uow: UnitOfWork, table: type[Base], which: Any, changes: dict[str, Any]) -> None:
    rows = uow.session.execute(select(table.__table__).where(which)).mappings().all()
    uow.session.execute(insert(table), [{**row, **changes} for row in rows])


@pytest.mark.parametrize(
    ("path", "ten", "many_words"),
    [(DAY, "10 appointments", "300 appointments"), (PHARMACY, "20 preparations", "600 preparations")],
    ids=["the day", "to prepare"],
)
def test_the_day_takes_as_many_queries_for_300_appointments_as_for_10(
    app: Flask, store: Store, study: Trial, path: str, ten: str, many_words: str
) -> None:
    who = desk_of(app, store)
    more_people(store, 0, 9)
    who.html(path)  # designs are kept from now on
    with queries(store.database.engine) as few:
        assert ten in who.text(path)
    more_people(store, 10, 290)
    with queries(store.database.engine) as many:
        assert many_words in who.text(path)
    assert len(many) == len(few), (len(few), len(many))
