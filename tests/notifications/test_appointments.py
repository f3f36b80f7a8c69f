"""What is planned, cancelled and told as appointments come, move, move back and go."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from notifications.appointments import AppointmentRow
from notifications.message import Address
from notifications.outbox import MessageRow, State
from notifications.recipients import resume_recipient, stop_recipient
from planner.persistence.database import Database
from tests.clinic import VISIT, Clinic, digest_of


@pytest.fixture
def clinic(database: Database) -> Clinic:
    return Clinic(database)


def set_state(clinic: Clinic, occasion: str, state: State) -> None:
    """As if the dispatcher had it."""
    clinic.do(lambda s: s.execute(update(MessageRow).where(MessageRow.occasion.endswith(occasion)).values(state=state)))


MOVED = replace(VISIT, day=date(2026, 3, 10))


def test_a_new_appointment_counts_as_told_and_is_reminded_of_at_the_recipients_morning(clinic: Clinic) -> None:
    clinic.book_visits(clinic.recipient(), VISIT)
    row = clinic.appointment()
    assert (row.version, row.told, row.told_version) == (1, row.content(), 1)
    assert clinic.stand() == {"v1.reminder.3d.sms": "planned", "v1.reminder.1d.sms": "planned"}
    assert [each.due_at for each in clinic.messages()] == [
        datetime(2026, 3, 6, 14, 0, tzinfo=UTC), datetime(2026, 3, 8, 13, 0, tzinfo=UTC),  # the clock changes between
    ]  # fmt: skip
    assert clinic.events(clinic.messages()[0].id) == ["planned"]


def test_keeping_the_same_again_changes_nothing(clinic: Clinic) -> None:
    who = clinic.recipient()
    clinic.book_visits(who, VISIT)
    before = clinic.stand()
    clinic.wait(hours=1)
    clinic.book_visits(who, VISIT)
    assert (clinic.stand(), clinic.appointment().version) == (before, 1)


@pytest.mark.parametrize(
    "changed",
    [MOVED, replace(VISIT, starts=11 * 60), replace(VISIT, zone="America/Chicago"), replace(VISIT, place="Oak clinic")],
    ids=["day", "hour", "zone", "place"],
)
def test_another_day_hour_zone_or_place_is_told_once_and_reminded_of_anew(clinic: Clinic, changed: object) -> None:
    who = clinic.recipient()
    clinic.book_visits(who, VISIT)
    clinic.book_visits(who, changed)  # type: ignore[arg-type]
    assert clinic.stand() == {
        "v1.reminder.3d.sms": "cancelled", "v1.reminder.1d.sms": "cancelled", "v2.moved.change.sms": "planned",
        "v2.reminder.3d.sms": "planned", "v2.reminder.1d.sms": "planned",
    }  # fmt: skip
    [notice] = [each for each in clinic.messages() if each.template == "moved"]
    assert (notice.due_at, notice.expires_at) == (clinic.now, clinic.appointment().starts_at)


def test_another_number_to_call_back_is_no_new_version(clinic: Clinic) -> None:
    who = clinic.recipient()
    clinic.book_visits(who, VISIT)
    clinic.book_visits(who, replace(VISIT, phone="+1 212 555 0198"))
    assert (clinic.appointment().version, clinic.appointment().phone) == (1, "+1 212 555 0198")


def test_moved_and_moved_back_before_anything_was_sent_is_no_news_and_a_third_version(clinic: Clinic) -> None:
    who = clinic.recipient()
    for visit in (VISIT, MOVED, VISIT):
        clinic.book_visits(who, visit)
    assert {name for name, state in clinic.stand().items() if state == "planned"} == {
        "v3.reminder.3d.sms", "v3.reminder.1d.sms",
    }  # fmt: skip
    assert clinic.appointment().version == 3


def test_what_is_gone_is_cancelled_and_told(clinic: Clinic) -> None:
    who = clinic.recipient()
    clinic.book_visits(who, VISIT)
    clinic.book_visits(who)
    row = clinic.appointment()
    assert (row.version, row.cancelled, row.told == row.content()) == (2, True, False)
    assert clinic.stand() == {
        "v1.reminder.3d.sms": "cancelled", "v1.reminder.1d.sms": "cancelled", "v2.cancelled.change.sms": "planned",
    }  # fmt: skip
    clinic.book_visits(who)
    assert clinic.appointment().version == 2


def test_cancelled_and_back_before_anything_was_sent_is_no_news(clinic: Clinic) -> None:
    who = clinic.recipient()
    for visits in ([VISIT], [], [VISIT]):
        clinic.book_visits(who, *visits)
    assert clinic.appointment().version == 3
    assert clinic.stand()["v2.cancelled.change.sms"] == "cancelled"
    assert "v3.moved.change.sms" not in clinic.stand()


def test_what_comes_back_after_its_cancellation_was_told_is_told(clinic: Clinic) -> None:
    who = clinic.recipient()
    for visits in ([VISIT], []):
        clinic.book_visits(who, *visits)
    told = {"told": {"cancelled": True}, "told_version": 2}
    clinic.do(lambda session: session.execute(update(AppointmentRow).values(told)))
    set_state(clinic, "v2.cancelled.change.sms", State.ACCEPTED)
    clinic.book_visits(who, VISIT)
    assert clinic.stand()["v3.moved.change.sms"] == "planned"


def test_a_visit_that_has_begun_is_not_cancelled_by_being_gone(clinic: Clinic) -> None:
    who = clinic.recipient()
    clinic.book_visits(who, VISIT)
    clinic.now = clinic.appointment().starts_at
    clinic.book_visits(who)
    assert (clinic.appointment().version, clinic.appointment().cancelled) == (1, False)


def test_a_withheld_appointment_has_no_reminders_until_it_is_released_and_its_change_is_told(clinic: Clinic) -> None:
    who = clinic.recipient()
    clinic.book_visits(who, VISIT)
    clinic.book_visits(who, replace(VISIT, withheld=True))
    assert set(clinic.stand().values()) == {"cancelled"}
    clinic.book_visits(who, replace(MOVED, withheld=True))
    assert clinic.stand()["v2.moved.change.sms"] == "planned"
    clinic.book_visits(who, MOVED)
    assert clinic.stand()["v2.reminder.3d.sms"] == "planned"


def test_a_reminder_whose_time_has_come_is_left_to_the_dispatcher_by_another_plan(clinic: Clinic) -> None:
    who = clinic.recipient()
    clinic.book_visits(who, VISIT)
    clinic.now = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)
    clinic.book_visits(who, VISIT)
    assert clinic.messages("planned")[0].due_at == datetime(2026, 3, 6, 14, 0, tzinfo=UTC)
    assert clinic.stand() == {"v1.reminder.3d.sms": "planned", "v1.reminder.1d.sms": "planned"}


def test_another_hour_of_the_rules_moves_reminders_that_are_still_to_come(clinic: Clinic) -> None:
    who = clinic.recipient()
    clinic.book_visits(who, VISIT)
    clinic.rules["hour"] = 10 * 60
    clinic.book_visits(who, replace(VISIT, wants=("1d",)))
    assert clinic.stand() == {"v1.reminder.3d.sms": "cancelled", "v1.reminder.1d.sms": "planned"}
    assert clinic.messages("planned")[0].due_at == datetime(2026, 3, 8, 14, 0, tzinfo=UTC)


def test_each_channel_that_they_agreed_to_gets_its_own(clinic: Clinic) -> None:
    clinic.book_visits(clinic.recipient(channels=("email", "sms")), replace(VISIT, wants=("1d",)))
    assert clinic.stand() == {"v1.reminder.1d.email": "planned", "v1.reminder.1d.sms": "planned"}


def test_who_agreed_to_no_channel_gets_nothing(clinic: Clinic) -> None:
    who = clinic.recipient(channels=())
    for visit in (VISIT, MOVED):
        clinic.book_visits(who, visit)
    assert clinic.messages() == []


def test_a_consent_that_ends_cancels_what_was_to_come_by_it(clinic: Clinic) -> None:
    clinic.book_visits(clinic.recipient(), VISIT)
    ended = Address(channel="sms", digest=digest_of("x"), since=clinic.now - timedelta(days=9), until=clinic.now)
    clinic.recipient(addresses=(ended,))
    assert set(clinic.stand().values()) == {"cancelled"}


def test_a_channel_that_is_gone_ends_and_cancels_what_was_to_come_by_it(clinic: Clinic) -> None:
    clinic.book_visits(clinic.recipient(), VISIT)
    clinic.recipient(addresses=())
    assert set(clinic.stand().values()) == {"cancelled"}


def test_after_a_stop_nothing_is_planned_and_nothing_told(clinic: Clinic) -> None:
    who = clinic.recipient()
    clinic.book_visits(who, VISIT)
    clinic.do(lambda session: stop_recipient(session, "p1", "died", clinic.now))
    clinic.book_visits(who)
    assert clinic.stand() == {"v1.reminder.3d.sms": "cancelled", "v1.reminder.1d.sms": "cancelled"}


def test_who_may_be_contacted_again_is_planned_for_again(clinic: Clinic) -> None:
    who = clinic.recipient()
    clinic.book_visits(who, VISIT)
    clinic.do(lambda session: stop_recipient(session, "p1", "withdrew", clinic.now))
    clinic.do(lambda session: resume_recipient(session, "p1", clinic.now))
    clinic.book_visits(who, VISIT)
    assert set(clinic.stand().values()) == {"planned"}


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_a_stop_shows_what_may_be_on_its_way(clinic: Clinic, state: State) -> None:
    clinic.book_visits(clinic.recipient(), VISIT)
    set_state(clinic, "3d.sms", state)
    clinic.do(lambda session: stop_recipient(session, "p1", "died", clinic.now))
    assert clinic.stand() == {"v1.reminder.3d.sms": state, "v1.reminder.1d.sms": "cancelled"}
    [task] = clinic.tasks("sent-after-stop")
    assert "died" in task.words


def test_a_stop_of_nobody_and_a_second_stop_change_nothing(clinic: Clinic) -> None:
    clinic.recipient()
    for reference, why in (("p1", "died"), ("p1", "erased"), ("p2", "died")):
        clinic.do(lambda session, r=reference, w=why: stop_recipient(session, r, w, clinic.now))  # type: ignore[misc]
    assert clinic.tasks() == []


def test_a_zone_that_does_not_exist_any_more_stops_no_planning(clinic: Clinic) -> None:
    who = clinic.recipient(zone="America/Atlantis")
    clinic.book_visits(who, replace(VISIT, zone="America/Atlantis"))
    assert set(clinic.stand().values()) == {"planned"}
    assert clinic.appointment().starts_at == datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
