"""What stands in each kind of feed, for whom, and what moves it: on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from notifications.outbox import MessageRow
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.visits import VisitRow
from planner.services.access import EVERYTHING, find_site
from planner.services.feeds import Linked
from planner.services.replanning import replan_all
from planner.services.sites import ChangeSite, change_site
from tests.planner.api.callers import Clock, at
from tests.reminded import keep
from tests.studies import NORTH, SOUTH, STUDY
from tests.subscribed import DAY_8, TOLD, Subscribed, subscribed

__all__ = ["at"]

MOVED = {**DAY_8, "fact": "rebooked", "id": "moved", "instead_of": "2026-01-12", "date": "2026-01-13"}
TOLD_MOVED = {"fact": "told", "about": "moved", "date": "2026-01-05"}
#: what stands in a calendar in which nothing is left
NOTHING = "Appointments"
DIED = {"fact": "died", "date": "2026-01-06"}
SECRET_WORDS = (
    b"vincristine", b"inotuzumab", b"vsli", b"ino-", STUDY.encode(), b"trial", b"study", b"arm", b"level", b"01-001",
    b"c1d8", b"cycle", b"induction", b"infusion", b"leuk",
)  # fmt: skip


@pytest.fixture
def life(store: Store, tmp_path: Path, at: Clock) -> Iterator[Subscribed]:
    with subscribed(store, tmp_path, at) as made:
        yield made


def stamps(event: Any) -> tuple[Any, ...]:
    return int(event["SEQUENCE"]), event["DTSTAMP"].dt, event["LAST-MODIFIED"].dt


def later(life: Subscribed, **long: float) -> None:
    life.wait(life.at.now + timedelta(**(long or {"minutes": 5})))


# -- participants -------------------------------------------------------------------------------


def test_a_participant_sees_the_clinic_the_hour_what_to_bring_and_whom_to_call(life: Subscribed) -> None:
    place(life, name="The North clinic", address="1 Made-up Street", phone="+1 212 555 0100")
    life.record(DAY_8, TOLD)
    link = life.make("participant", bring="your diary; your glasses", alarm_minutes=(60,))
    event = life.events(link)["Appointment: The North clinic"]
    assert event["DTSTART"].dt == datetime(2026, 1, 12, 9, 30, tzinfo=ZoneInfo("America/New_York"))
    assert event["LOCATION"] == "The North clinic, 1 Made-up Street"
    assert "+1 212 555 0100" in event["DESCRIPTION"]
    assert "your diary; your glasses" in event["DESCRIPTION"]
    assert [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")] == [timedelta(hours=-1)]


def test_nothing_of_a_participants_feed_names_a_drug_a_study_an_arm_or_a_code(life: Subscribed) -> None:
    keep(life.study)
    life.record(DAY_8, TOLD)
    body = life.body(life.make("participant", label="Made-up Person, 01-001")).lower().replace(b"\r\n ", b"")
    assert b"appointment" in body
    assert [word for word in (*SECRET_WORDS, b"made-up person", b"555") if word in body] == []


def test_what_was_decided_but_not_told_changes_nothing_for_the_participant(life: Subscribed) -> None:
    life.record(DAY_8, TOLD)
    own, staff = life.make("participant"), life.make("study")
    before, tag = life.body(own), life.fetch(own).headers["ETag"]
    later(life)
    life.record(MOVED)
    assert life.body(own) == before
    assert life.fetch(own, If_None_Match=tag).status_code == 304
    later(life)
    life.record(TOLD_MOVED)
    event = life.events(own)["Appointment: North"]
    assert event["DTSTART"].dt.date() == date(2026, 1, 13)
    assert int(event["SEQUENCE"]) == 1
    assert life.events(staff)


def test_nothing_that_is_not_booked_or_not_released_is_in_a_participants_feed(life: Subscribed) -> None:
    life.record(DAY_8)
    link = life.make("participant")
    assert [*life.events(link)] == [NOTHING]
    life.record(TOLD)
    assert [*life.events(link)] == ["Appointment: North"]


@pytest.mark.parametrize("end", [DIED, {"fact": "withdrew", "date": "2026-01-06", "scope": "contact"}])
def test_after_a_death_or_a_withdrawal_from_contact_a_participants_feed_has_no_visit(
    life: Subscribed, end: dict[str, Any]
) -> None:
    life.record(DAY_8, TOLD)
    link = life.make("participant", alarm_minutes=(60,))
    tag = life.fetch(link).headers["ETag"]
    assert life.events(link)
    life.record(end)
    answer = life.fetch(link, If_None_Match=tag)
    assert answer.status_code == 200
    assert not any(word in answer.data for word in (b"DTSTART;TZID", b"CANCELLED", b"VALARM"))
    (event,) = life.events(link).values()
    assert (event["SUMMARY"], event["DTSTART"].dt, event["TRANSP"]) == (NOTHING, date(2026, 1, 5), "TRANSPARENT")


def test_a_cancelled_appointment_says_so_for_30_days_and_is_then_dropped(life: Subscribed) -> None:
    life.record(DAY_8, TOLD)
    link = life.make("participant")
    later(life)
    life.record({"fact": "void", "date": "2026-01-05", "of": "day-8"})
    event = life.events(link)["CANCELLED: Appointment: North"]
    assert (event["STATUS"], event["TRANSP"], int(event["SEQUENCE"])) == ("CANCELLED", "TRANSPARENT", 1)
    later(life, days=29)
    assert [*life.events(link)] == ["CANCELLED: Appointment: North"]
    later(life, days=1)
    assert [*life.events(link)] == [NOTHING]


def test_whoever_is_transferred_keeps_an_appointment_where_its_chair_is_until_somebody_makes_another(
    life: Subscribed,
) -> None:
    life.record(DAY_8, TOLD)
    link = life.make("participant")
    later(life)
    life.record({"fact": "transferred", "date": "2026-01-06", "site": SOUTH})
    assert [*life.events(link)] == ["Appointment: North"]


def test_a_participant_without_reminders_has_a_calendar_all_the_same(life: Subscribed) -> None:
    link = life.make("participant")
    later(life)
    life.record(DAY_8, TOLD)
    assert [*life.events(link)] == ["Appointment: North"]


@pytest.mark.parametrize("said", [{"phone": "+1 212 555 0177"}, {"address": "7 Made-Up Way"}])
def test_another_number_or_address_of_the_clinic_is_in_the_calendar_at_once_and_tells_nobody(
    life: Subscribed, said: dict[str, str]
) -> None:
    life.record(DAY_8, TOLD)
    link = life.make("participant")
    revision, before = life.revision(link), stamps(life.events(link)["Appointment: North"])
    later(life)
    place(life, **said)
    event = life.events(link)["Appointment: North"]
    after = stamps(event)
    assert next(iter(said.values())) in f"{event['LOCATION']} {event.get('DESCRIPTION', '')}"
    assert (life.revision(link), after[0]) == (revision + 1, before[0] + 1)
    assert all(new > old for new, old in zip(after, before, strict=True))
    later(life, days=1)
    replan(life)
    assert stamps(life.events(link)["Appointment: North"]) == after
    assert life.store.read(lambda session: session.query(MessageRow).count()) == 0


def test_the_number_of_another_clinic_leaves_a_participants_calendar_alone(life: Subscribed) -> None:
    life.record(DAY_8, TOLD)
    link = life.make("participant")
    before = life.body(link)
    later(life)
    place(life, SOUTH, phone="+1 212 555 0177", address="7 Made-Up Way")
    assert life.body(link) == before


def test_a_participants_calendar_is_in_their_language(life: Subscribed) -> None:
    keep(life.study, language="es")
    life.record(DAY_8, TOLD)
    assert [*life.events(life.make("participant"))] == ["Cita: North"]


# -- staff --------------------------------------------------------------------------------------


def test_the_centre_sees_study_code_drugs_dose_level_minutes_and_observation(life: Subscribed) -> None:
    study = life.study
    study.enrol("01-002", cohort="phase-1b", dose_levels={"ino": "level 1 (made up)"})
    study.record("01-002", DAY_8)
    life.wait(study.now)
    event = next(
        event for name, event in life.events(life.make("centre")).items() if name.startswith(f"{STUDY} 01-002 C1D8")
    )
    assert "Inotuzumab ozogamicin IV, level 1 (made up)" in event["DESCRIPTION"]
    assert "Vincristine" in event["SUMMARY"]
    assert "minutes, 60 of them observation" in event["DESCRIPTION"]
    assert event["DTSTART"].dt.tzinfo is not None


def test_nothing_of_a_centres_feed_says_how_to_reach_somebody(life: Subscribed) -> None:
    keep(life.study, name="Made-up Person")
    life.record(DAY_8, TOLD)
    for audience in ("centre", "site", "study"):
        body = life.body(life.make(audience)).replace(b"\r\n ", b"")
        assert not any(word in body for word in (b"Made-up Person", b"2125550100", b"555", b"@", b"example.org"))


def test_a_feed_that_shows_only_busy_shows_nothing_else(life: Subscribed) -> None:
    life.record(DAY_8)
    body = life.body(life.make("centre", busy_only=True, label="")).lower().replace(b"\r\n ", b"")
    assert b"summary:busy" in body
    assert [word for word in (*SECRET_WORDS, b"north;", b"summary:c") if word in body] == []
    assert not any(f"{name}:".encode() in body for name in ("description", "location"))


def test_no_uid_is_shared_between_audiences_nor_names_a_host_or_a_person(life: Subscribed) -> None:
    life.record(DAY_8, TOLD)
    every = [
        life.make(audience, windows=audience in ("study", "site"))
        for audience in ("participant", "centre", "study", "site")
    ]
    uids = [{str(event["UID"]) for event in parsed(life, link)} for link in every]
    assert all(uids)
    assert len(set().union(*uids)) == sum(map(len, uids))
    assert all(set(uid) <= set("0123456789abcdef") for found in uids for uid in found)


def parsed(life: Subscribed, link: Linked) -> list[Any]:
    return list(Calendar.from_ical(life.body(link)).walk("VEVENT"))


def test_an_unbooked_visit_stands_all_day_on_its_target_and_is_tentative_where_it_is(life: Subscribed) -> None:
    events = life.events(life.make("study", windows=True))
    sure, unsure = events[f"{STUDY} 01-001 C1D8"], events[f"{STUDY} 01-001 M1D8"]
    assert sure["DTSTART"].dt == date(2026, 1, 12)
    assert sure["DTEND"].dt == date(2026, 1, 13)
    assert (sure["STATUS"], unsure["STATUS"]) == ("CONFIRMED", "TENTATIVE")
    window = events[f"Window: {STUDY} 01-001 C1D8"]
    assert (window["DTSTART"].dt, window["DTEND"].dt) == (date(2026, 1, 11), date(2026, 1, 15))
    assert window["TRANSP"] == "TRANSPARENT"


def test_windows_are_shown_only_where_they_are_asked_for(life: Subscribed) -> None:
    assert not any(name.startswith("Window") for name in life.events(life.make("study")))


def test_a_visit_that_needs_a_decision_has_no_event(life: Subscribed) -> None:
    link = life.make("study")
    life.record({"fact": "cycle_held", "date": "2026-01-06", "cycle": "maintenance.c1", "reason": "counts"})
    rows = life.store.read(lambda session: list(session.query(VisitRow).where(VisitRow.target.is_(None))))
    shown = life.events(link)
    waiting = [f"{STUDY} 01-001 {row.label}" for row in rows if row.status in ("needs-decision", "held")]
    assert waiting
    assert not set(waiting) & set(shown)


def test_a_visit_that_falls_away_is_cancelled_for_30_days_and_then_dropped(life: Subscribed) -> None:
    link = life.make("study")
    before = life.events(link)[f"{STUDY} 01-001 C1D8"]
    later(life)
    life.record(DIED)
    event = life.events(link)[f"CANCELLED: {STUDY} 01-001 C1D8"]
    assert (event["STATUS"], event["TRANSP"]) == ("CANCELLED", "TRANSPARENT")
    assert event["DTSTART"].dt == before["DTSTART"].dt
    assert event["UID"] == before["UID"]
    assert all(new > old for new, old in zip(stamps(event), stamps(before), strict=True))
    later(life, days=30)
    assert not any(name.startswith("CANCELLED") for name in life.events(link))


@pytest.mark.parametrize(
    "facts",
    [
        [DAY_8],
        [{**DAY_8, "time": "10:00"}],
        [{**DAY_8, "minutes": 240}],
        [
            {
                "fact": "cycle_delayed",
                "date": "2026-01-06",
                "cycle": "maintenance.c1",
                "to": "2026-02-05",
                "reason": "counts",
            }
        ],
    ],
)
def test_any_visible_change_moves_sequence_stamp_and_last_modified_together(
    life: Subscribed, facts: list[dict[str, Any]]
) -> None:
    link = life.make("study", windows=True)
    before = {str(event["UID"]): event for event in parsed(life, link)}
    later(life)
    life.record(*facts)
    after = {str(event["UID"]): event for event in parsed(life, link)}
    changed = [uid for uid in after if uid in before and after[uid].to_ical() != before[uid].to_ical()]
    assert changed
    for uid in changed:
        new, old = stamps(after[uid]), stamps(before[uid])
        assert all(one > other for one, other in zip(new, old, strict=True)), after[uid]["SUMMARY"]
        assert new[1] == new[2]


def test_a_site_by_another_name_or_address_moves_every_visit_there(life: Subscribed) -> None:
    link = life.make("site")
    before = life.events(link)
    later(life)
    place(life, address="2 Made-up Street")
    after = life.events(link)
    assert set(before) == set(after)
    for name, event in after.items():
        assert event["LOCATION"].startswith("North, 2 Made-up Street") or event["LOCATION"] == "By telephone"
        assert all(new > old for new, old in zip(stamps(event), stamps(before[name]), strict=True))


def test_what_nobody_sees_leaves_a_feed_alone(life: Subscribed) -> None:
    link = life.make("study")
    before, tag = life.body(link), life.fetch(link).headers["ETag"]
    later(life)
    place(life, phone="+1 212 555 0199", chairs=3)
    assert life.body(link) == before
    assert life.fetch(link, If_None_Match=tag).status_code == 304


def test_exactly_the_feeds_concerned_move_on(life: Subscribed) -> None:
    life.study.enrol("02-001", site=SOUTH)
    links = {
        "north": life.make("site"), "south": life.make("site", site=SOUTH), "study": life.make("study"),
        "first": life.make("coordinator", study=STUDY, participant="01-001"),
        "other": life.make("coordinator", study=STUDY, participant="02-001"),
        "own": life.make("participant"), "theirs": life.make("participant", participant="02-001"),
    }  # fmt: skip
    before = {name: life.revision(link) for name, link in links.items()}
    later(life)
    life.record(DAY_8, TOLD)
    moved = {name for name, link in links.items() if life.revision(link) != before[name]}
    assert moved == {"north", "study", "first", "own"}


def test_a_transfer_never_takes_the_sequence_back_and_moves_both_sites(life: Subscribed) -> None:
    north, south, study = life.make("site"), life.make("site", site=SOUTH), life.make("study")
    before = {str(e["UID"]): stamps(e) for e in parsed(life, study)}
    revisions = life.revision(north), life.revision(south)
    later(life)
    life.record({"fact": "transferred", "date": "2026-01-20", "site": SOUTH})
    after = {str(e["UID"]): stamps(e) for e in parsed(life, study)}
    assert all(after[uid][0] >= before[uid][0] for uid in before if uid in after)
    assert (life.revision(north), life.revision(south)) == (revisions[0] + 1, revisions[1] + 1)
    assert life.events(south)


def test_a_feed_reaches_60_days_back_and_400_ahead(life: Subscribed) -> None:
    link = life.make("study")
    days = [event["DTSTART"].dt for event in parsed(life, link)]
    first, last = date(2026, 1, 5) - timedelta(days=60), date(2026, 1, 5) + timedelta(days=400)
    assert all(first <= (day.date() if isinstance(day, datetime) else day) <= last for day in days)
    later(life, days=100)
    assert f"{STUDY} 01-001 C1D8" not in life.events(link)


def place(life: Subscribed, code: str = NORTH, **said: Any) -> None:
    """Give a site something else."""
    life.store.write(
        SYSTEM, life.at(), lambda uow: change_site(uow, find_site(uow.session, EVERYTHING, code), ChangeSite(**said))
    )


def replan(life: Subscribed) -> None:
    replan_all(life.store, life.study.designs, SYSTEM, life.at())


def test_two_databases_and_two_zones_make_utc_the_same(life: Subscribed) -> None:
    life.record(DAY_8)
    event = life.events(life.make("study"))[f"{STUDY} 01-001 C1D8"]
    assert event["DTSTART"].dt.astimezone(UTC) == datetime(2026, 1, 12, 14, 30, tzinfo=UTC)
