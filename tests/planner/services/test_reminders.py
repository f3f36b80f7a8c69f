"""What notifications know follows what is recorded, in the same transaction: whom, by what, of which appointments."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from notifications.appointments import AppointmentRow
from notifications.recipients import RecipientRow
from notifications.rules import RulesRow
from planner.persistence.contact_consents import ContactConsent
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.problems import Refused
from planner.services.access import EVERYTHING
from planner.services.recipients import agreed_spans
from planner.services.replanning import replan_all
from planner.services.sending import send_test, study_rules
from tests import reminded
from tests.reminded import DAY_8, DOSED, KEYS, PHONE, TOLD, addresses, appointments, messages, recipient, reminding
from tests.studies import STUDY, Trial, trial

KEY = "induction.c1.d8"
NEW_YORK = ZoneInfo("America/New_York")
PLANNED = [("reminder", "3d", "planned"), ("reminder", "1d", "planned")]


@pytest.fixture
def study(store: Store) -> Trial:
    return reminding(store)


def told(study: Trial) -> Trial:
    study.record("01-001", DAY_8)
    study.record("01-001", TOLD)
    return study


def test_a_booking_becomes_an_appointment_with_reminders_once_the_participant_was_told(study: Trial) -> None:
    study.record("01-001", DAY_8)
    assert appointments(study) == {}
    study.record("01-001", TOLD)
    (row,) = appointments(study).values()
    assert (row.reference, row.day, row.starts, row.zone) == (KEY, date(2026, 1, 12), 570, "America/New_York")
    assert (row.place, row.withheld, row.cancelled) == ("The clinic", False, False)
    assert messages(study) == PLANNED


def test_without_rules_nothing_is_kept_for_notifications(store: Store) -> None:
    study = trial(store)
    study.enrol()
    reminded.keep(study)
    reminded.agree(study, "sms")
    told(study)
    with store.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RecipientRow)) == 0
        assert session.scalar(select(func.count()).select_from(AppointmentRow)) == 0


def test_rules_that_come_later_find_who_was_told_before(store: Store) -> None:
    study = trial(store)
    study.enrol()
    reminded.keep(study)
    reminded.agree(study, "sms")
    told(study)
    reminded.remind(study, study.now)
    assert list(appointments(study)) == [KEY]
    assert messages(study) == PLANNED


def test_a_move_that_nobody_was_told_of_changes_nothing(study: Trial) -> None:
    told(study)
    moved = {"fact": "rebooked", "id": "moved", "date": "2026-01-13", "visit": KEY, "instead_of": "2026-01-12"}
    study.record("01-001", {**moved, "time": "10:00"})
    assert appointments(study)[KEY].day == date(2026, 1, 12)
    assert messages(study) == PLANNED
    study.record("01-001", {"fact": "told", "about": "moved", "date": "2026-01-05"})
    row = appointments(study)[KEY]
    assert (row.day, row.starts, row.version) == (date(2026, 1, 13), 600, 2)
    assert messages(study, "planned") == [("moved", "change", "planned"), *PLANNED]


def test_a_death_stops_everything_in_the_transaction_that_records_it_and_a_void_brings_it_back(study: Trial) -> None:
    told(study)
    study.record("01-001", {"fact": "died", "id": "death", "date": "2026-01-05"})
    row = recipient(study)
    assert row is not None
    assert (row.may_be_contacted, row.stopped_why) == (False, "died")
    assert messages(study, "planned") == []
    assert not any(template == "cancelled" for template, _, _ in messages(study))
    study.record("01-001", {"fact": "void", "date": "2026-01-05", "of": "death"})
    row = recipient(study)
    assert row is not None
    assert row.may_be_contacted
    assert messages(study, "planned") == PLANNED


def test_a_withdrawal_from_contact_stops_everything_and_one_from_treatment_does_not(study: Trial) -> None:
    told(study)
    study.record("01-001", {"fact": "withdrew", "date": "2026-01-05", "scope": "contact"})
    row = recipient(study)
    assert row is not None
    assert (row.may_be_contacted, row.stopped_why) == (False, "withdrew")
    assert messages(study, "planned") == []


def test_erased_details_stop_everything_until_others_are_kept_and_agreed_to(study: Trial) -> None:
    told(study)
    reminded.erase(study)
    row = recipient(study)
    assert row is not None
    assert (row.may_be_contacted, row.stopped_why) == (False, "erased")
    assert messages(study, "planned") == []
    reminded.keep(study, phone="+12125550122")
    row = recipient(study)
    assert row is not None
    assert row.may_be_contacted
    assert messages(study, "planned") == []
    reminded.agree(study, "sms")
    assert messages(study, "planned") == PLANNED


def test_nothing_goes_by_a_channel_that_nobody_agreed_to_and_from_the_end_of_a_consent_on(study: Trial) -> None:
    told(study)
    assert list(addresses(study)) == ["sms"]
    assert addresses(study)["sms"].digest == KEYS.find(PHONE)
    reminded.refuse(study, "sms")
    assert messages(study, "planned") == []


def test_a_consent_begins_and_ends_with_a_day_at_the_site(study: Trial) -> None:
    reminded.agree(study, "email", since=date(2026, 1, 7), until=date(2026, 1, 9))
    email = addresses(study)["email"]
    assert email.since == datetime(2026, 1, 7, tzinfo=NEW_YORK)
    assert email.until == datetime(2026, 1, 10, tzinfo=NEW_YORK)


def test_a_caregiver_is_reached_only_while_the_participant_agrees_to_it(study: Trial) -> None:
    told(study)
    assert recipient(study, "caregiver") is None
    reminded.agree(study, "caregiver")
    assert addresses(study, "caregiver")["sms"].digest == KEYS.find(reminded.CAREGIVERS)
    assert messages(study, whom="caregiver") == PLANNED
    reminded.refuse(study, "caregiver")
    assert messages(study, "planned", whom="caregiver") == []
    assert messages(study) == PLANNED


def test_in_hospital_there_are_no_reminders_and_afterwards_there_are(study: Trial) -> None:
    told(study)
    study.record("01-001", {"fact": "admitted", "date": "2026-01-05"})
    assert appointments(study)[KEY].withheld
    assert messages(study, "planned") == []
    study.record("01-001", {"fact": "discharged", "date": "2026-01-06"})
    replan_all(study.store, study.designs, SYSTEM, datetime(2026, 1, 7, 14, tzinfo=UTC))
    assert not appointments(study)[KEY].withheld
    assert messages(study, "planned") == PLANNED


def test_a_visit_that_took_place_is_no_cancelled_appointment(study: Trial) -> None:
    told(study)
    study.now = datetime(2026, 1, 12, 13, tzinfo=UTC)
    given = [{"fact": "given", "date": "2026-01-12", "visit": KEY, "activity": drug} for drug in ("vsli", "ino")]
    study.record("01-001", *given)
    assert not appointments(study)[KEY].cancelled
    assert not any(template == "cancelled" for template, _, _ in messages(study))


def test_an_appointment_that_no_longer_fits_is_not_called_off_before_there_is_another_day(study: Trial) -> None:
    told(study)
    voids = [{"fact": "void", "date": "2026-01-05", "of": fact} for fact in ("f3", "f4")]
    late = [{**dose, "date": "2026-01-08"} for dose in DOSED]
    study.record("01-001", *voids, *late)
    row = appointments(study)[KEY]
    assert not row.cancelled
    assert row.withheld
    assert messages(study, "planned") == []


@pytest.mark.parametrize(("asked", "found"), [(True, [("missed", "once", "planned")]), (False, [])])
def test_who_did_not_come_is_written_to_once_where_the_study_asks_for_it(
    store: Store, asked: bool, found: list[tuple[str, str, str]]
) -> None:
    study = told(reminding(store, missed=asked))
    study.now = datetime(2026, 1, 12, 18, tzinfo=UTC)
    study.record("01-001", {"fact": "visit_missed", "date": "2026-01-12", "visit": KEY})
    assert [message for message in messages(study) if message[0] == "missed"] == found
    study.record("01-001", {"fact": "attended", "date": "2026-01-12", "visit": "induction.c1.d1"})
    assert [message for message in messages(study) if message[0] == "missed"] == found


def test_a_booking_that_is_cancelled_is_told_once(study: Trial) -> None:
    told(study)
    study.record("01-001", {"fact": "booking_cancelled", "date": "2026-01-12", "visit": KEY})
    assert appointments(study)[KEY].cancelled
    assert messages(study, "planned") == [("cancelled", "change", "planned")]


def test_a_participant_may_have_asked_for_other_reminders(study: Trial) -> None:
    told(study)
    reminded.keep(study, preferences={"reminders": ["1d"]})
    assert messages(study, "planned") == PLANNED[1:]
    reminded.keep(study, preferences={"sms": False})
    assert messages(study, "planned") == []


def test_a_recipient_lives_by_their_own_clock_or_the_sites(study: Trial) -> None:
    row = recipient(study)
    assert row is not None
    assert (row.zone, row.language) == ("America/New_York", "en")
    reminded.keep(study, zone="Europe/Madrid", language="es")
    row = recipient(study)
    assert row is not None
    assert (row.zone, row.language) == ("Europe/Madrid", "es")


def said(agreed: bool, since: str, until: str | None = None) -> ContactConsent:
    return ContactConsent(
        channel="sms", agreed=agreed, since=date.fromisoformat(since), until=until and date.fromisoformat(until)
    )


@pytest.mark.parametrize(
    ("consents", "since", "until"),
    [
        ([said(True, "2026-01-01")], "2026-01-01", None),
        ([said(True, "2026-01-01", "2026-01-05")], "2026-01-01", "2026-01-06"),
        ([said(True, "2026-01-01"), said(False, "2026-01-09")], "2026-01-01", "2026-01-09"),
        ([said(True, "2026-01-01"), said(True, "2026-01-04", "2026-01-08")], "2026-01-01", "2026-01-09"),
        ([said(True, "2026-01-01", "2026-01-02"), said(True, "2026-02-01")], "2026-02-01", None),
    ],
)
def test_a_span_is_the_first_that_is_not_over(consents: list[ContactConsent], since: str, until: str | None) -> None:
    found = agreed_spans(consents, "UTC", date(2026, 1, 5))["sms"]
    expected = datetime.fromisoformat(since).replace(tzinfo=UTC)
    assert found == (expected, datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None)


def test_there_is_no_span_where_a_consent_has_ended() -> None:
    assert agreed_spans([said(True, "2026-01-01"), said(False, "2026-01-05")], "UTC", date(2026, 1, 5)) == {}


def test_rules_that_cannot_be_read_keep_no_death_from_being_recorded(study: Trial) -> None:
    told(study)
    broken = update(RulesRow).values(rules={"hour": "noon"})
    study.store.database.transact(lambda session: session.execute(broken))
    reminded.keep(study, language="es")
    assert messages(study) == PLANNED
    study.record("01-001", {"fact": "died", "date": "2026-01-05"})
    assert {state for _, _, state in messages(study)} == {"cancelled"}


def test_rules_that_cannot_be_read_are_set_anew(study: Trial) -> None:
    study.store.database.transact(lambda session: session.execute(update(RulesRow).values(rules={"hour": "noon"})))
    with study.store.database.reading() as session, pytest.raises(Refused, match="set them anew"):
        study_rules(session, EVERYTHING, STUDY)
    reminded.remind(study)
    with study.store.database.reading() as session:
        assert study_rules(session, EVERYTHING, STUDY).enabled


def test_a_test_message_at_night_is_of_use_until_the_morning(study: Trial) -> None:
    night = datetime(2026, 1, 6, 4, 0, tzinfo=UTC)  # eleven in the evening in New York
    expires = study.store.write(
        SYSTEM, night, lambda uow: send_test(uow, EVERYTHING, STUDY, "01-001", "sms").expires_at
    )
    assert expires == datetime(2026, 1, 6, 14, 0, tzinfo=UTC)


def test_who_came_on_another_day_than_that_of_the_appointment_does_not_have_to_come_again(study: Trial) -> None:
    told(study)
    study.now = datetime(2026, 1, 11, 13, tzinfo=UTC)
    given = [{"fact": "given", "date": "2026-01-11", "visit": KEY, "activity": drug} for drug in ("vsli", "ino")]
    study.record("01-001", *given)
    assert appointments(study)[KEY].cancelled
    assert messages(study, "planned") == [("cancelled", "change", "planned")]


def test_an_appointment_that_was_moved_to_where_it_does_not_fit_and_told_is_where_they_were_told(study: Trial) -> None:
    told(study)
    moved = {"fact": "rebooked", "id": "moved", "date": "2026-01-20", "visit": KEY, "instead_of": "2026-01-12"}
    study.record("01-001", {**moved, "time": "10:00"}, booking_reason="they cannot come sooner")
    assert appointments(study)[KEY].day == date(2026, 1, 12)
    study.record("01-001", {"fact": "told", "about": "moved", "date": "2026-01-05"})
    row = appointments(study)[KEY]
    assert (row.day, row.starts, row.withheld, row.cancelled) == (date(2026, 1, 20), 600, True, False)
    assert messages(study, "planned") == [("moved", "change", "planned")]


def test_an_appointment_that_was_made_where_it_does_not_fit_is_known_once_it_is_told(study: Trial) -> None:
    study.record("01-001", {**DAY_8, "date": "2026-01-20"}, booking_reason="they cannot come sooner")
    assert appointments(study) == {}
    study.record("01-001", TOLD)
    row = appointments(study)[KEY]
    assert (row.day, row.withheld, row.cancelled) == (date(2026, 1, 20), True, False)
    assert messages(study) == []


def test_that_they_were_told_by_mistake_calls_nothing_off_that_stands(study: Trial) -> None:
    study.record("01-001", DAY_8)
    study.record("01-001", {**TOLD, "id": "telling"})
    study.record("01-001", {"fact": "void", "date": "2026-01-05", "of": "telling"})
    row = appointments(study)[KEY]
    assert (row.cancelled, row.withheld, row.version) == (False, True, 1)
    assert messages(study, "planned") == []
    study.record("01-001", {"fact": "booking_cancelled", "date": "2026-01-12", "visit": KEY})
    assert appointments(study)[KEY].cancelled


def test_an_appointment_that_is_given_back_after_an_untold_move_is_off(study: Trial) -> None:
    told(study)
    moved = {"fact": "rebooked", "date": "2026-01-13", "visit": KEY, "instead_of": "2026-01-12", "time": "10:00"}
    study.record("01-001", moved)
    study.record("01-001", {"fact": "booking_cancelled", "date": "2026-01-13", "visit": KEY})
    assert appointments(study)[KEY].cancelled
    assert messages(study, "planned") == [("cancelled", "change", "planned")]
