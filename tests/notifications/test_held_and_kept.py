"""Caps, what is held and replayed, a provider that keeps failing, how long texts are kept, and figures."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from notifications.attempts import ANSWERS
from notifications.figures import delivery
from notifications.health import FAILING, Circuit
from notifications.inbox import InboundRow, take_in
from notifications.message import Incoming, Outgoing, StatusReport, Verdict
from notifications.outbox import MessageRow, NewMessage, put, replay
from notifications.recipients import RecipientRow
from notifications.retention import redact_old
from notifications.rules import SwitchRow, WordingRow
from notifications.statuses import take_status
from notifications.wording import MAILED_AS, TEMPLATES
from planner.persistence.database import Database
from tests.clinic import DUE, ONCE, STUDY, Clinic


def same_day(count: int) -> list[object]:
    return [replace(ONCE, reference=f"v{number}", starts=(10 + number) * 60) for number in range(count)]


@pytest.fixture
def busy(database: Database) -> Clinic:
    """A clinic whose recipient has three reminders due at once, of which a day allows two."""
    made = Clinic(database)
    made.book_visits(made.recipient(), *same_day(3))  # type: ignore[arg-type]
    made.now = DUE
    return made


# -- caps ---------------------------------------------------------------------------------------


def test_more_than_a_day_allows_is_cancelled_with_the_reason(busy: Clinic) -> None:
    busy.tick()
    waiting = busy.messages("planned")
    assert {row.reason for row in waiting} == {"crowded"}  # until it is recorded what became of the others
    busy.wait(seconds=10)
    busy.tick()
    assert [row.state for row in busy.messages()] == ["accepted", "accepted", "cancelled"]
    assert "as many messages as the study allows" in busy.messages()[2].reason
    assert len(busy.provider.taken) == 2


def test_a_day_that_is_full_cancels_whatever_the_week_allows(busy: Clinic) -> None:
    busy.change_rules(per_day=1, per_week=10)
    for _ in range(2):
        busy.tick()
        busy.wait(seconds=10)
    assert [row.state for row in busy.messages()] == ["accepted", "cancelled", "cancelled"]


def test_a_message_that_was_not_taken_leaves_its_place_to_another(busy: Clinic) -> None:
    busy.provider.plan = [Verdict.REFUSED]
    busy.tick()
    busy.wait(seconds=10)
    busy.tick()
    assert sorted(row.state for row in busy.messages()) == ["accepted", "accepted", "failed"]


def test_a_week_counts_the_seven_days_that_end_today_on_the_recipients_clock(clinic: Clinic) -> None:
    clinic.change_rules(per_day=1, per_week=2)
    days = [date(2026, 3, day) for day in (9, 10, 16, 17)]  # reminded of on the 6th, 7th, 13th and 14th
    clinic.now = DUE - timedelta(days=4)
    visits = [ONCE, *(replace(ONCE, reference=f"v{day}", day=day) for day in days[1:])]
    clinic.book_visits(1, *visits, replace(ONCE, reference="next", day=date(2026, 3, 18)))
    for day in (6, 7, 13, 14):
        clinic.now = datetime(2026, 3, day, 14, 30, tzinfo=UTC)
        clinic.tick()
    assert [row.state for row in clinic.messages()] == [*["accepted"] * 4, "planned"]
    clinic.now = datetime(2026, 3, 15, 14, 30, tzinfo=UTC)
    clinic.tick()
    assert clinic.messages()[-1].state == "cancelled"


def test_a_change_of_what_was_told_is_told_whatever_the_caps(clinic: Clinic) -> None:
    clinic.change_rules(per_day=1, per_week=1)
    clinic.tick()
    clinic.book_visits(1, replace(ONCE, starts=15 * 60, wants=()))
    clinic.wait(minutes=1)
    clinic.tick()
    assert clinic.stand()["v2.moved.change.sms"] == "accepted"


# -- held ---------------------------------------------------------------------------------------


def test_what_nobody_has_signed_off_is_held_once_for_all_and_goes_out_when_replayed(busy: Clinic) -> None:
    busy.change_rules(per_day=10, per_week=10)
    busy.do(lambda s: s.execute(delete(WordingRow).where(WordingRow.template == "reminder")))
    busy.tick()
    assert {row.state for row in busy.messages()} == {"held"}
    assert [(task.kind, task.occasion) for task in busy.tasks()] == [("held", f"held.wording.s{STUDY}.reminder.en")]
    busy.change_rules()  # which signs off what ships, where there is nothing
    assert busy.do(lambda s: replay(s, [MessageRow.study_id == STUDY], busy.now)) == 3
    busy.tick()
    assert [row.state for row in busy.messages()] == ["accepted"] * 3


def test_what_was_held_until_it_is_of_no_use_expires_when_replayed(clinic: Clinic) -> None:
    clinic.do(lambda s: s.add(SwitchRow(study_id=STUDY, off=True, changed_at=DUE)))
    clinic.tick()
    clinic.now = clinic.messages()[0].expires_at
    assert clinic.do(lambda s: replay(s, [MessageRow.study_id == STUDY], clinic.now)) == 0
    assert clinic.messages()[0].state == "expired"


def test_a_recipient_whose_zone_does_not_exist_any_more_is_held_with_a_task(database: Database) -> None:
    clinic = Clinic(database)
    clinic.book_visits(clinic.recipient(zone="America/Atlantis"), ONCE)
    clinic.now = clinic.messages()[0].due_at
    clinic.tick()
    assert (clinic.messages()[0].state, [task.kind for task in clinic.tasks()]) == ("held", ["held"])
    assert clinic.provider.outgoing == []


def test_a_recipient_of_whom_no_number_is_kept_is_held_with_a_task(clinic: Clinic) -> None:
    clinic.book.numbers.clear()
    clinic.tick()
    assert (clinic.messages()[0].state, [task.kind for task in clinic.tasks()]) == ("held", ["unreachable"])


def test_a_language_that_nobody_knows_gets_the_texts_in_english(clinic: Clinic) -> None:
    clinic.do(lambda s: setattr(s.get_one(RecipientRow, 1), "language", "tlh"))
    clinic.tick()
    assert clinic.messages()[0].wording == "reminder/en/1"


# -- hours --------------------------------------------------------------------------------------


def test_in_quiet_hours_it_waits_until_they_end_and_no_attempt_counts(clinic: Clinic) -> None:
    clinic.now = datetime(2026, 3, 7, 2, 0, tzinfo=UTC)  # nine in the evening
    clinic.tick()
    [row] = clinic.messages()
    assert (row.due_at, row.attempts, row.reason) == (datetime(2026, 3, 7, 13, 0, tzinfo=UTC), 0, "quiet hours")


def test_quiet_hours_that_begin_between_two_sends_hold_back_the_second(busy: Clinic) -> None:
    busy.now = datetime(2026, 3, 7, 0, 59, 59, tzinfo=UTC)

    def meanwhile(_: Outgoing) -> None:
        busy.now = datetime(2026, 3, 7, 1, 0, tzinfo=UTC)

    busy.change_rules(per_day=10, per_week=10)
    busy.provider.meanwhile = meanwhile
    busy.tick()
    assert len(busy.provider.outgoing) == 1
    assert [row.state for row in busy.messages()].count("planned") == 2


def test_a_notice_for_which_no_hour_is_left_is_told_to_a_person(clinic: Clinic) -> None:
    clinic.now = datetime(2026, 3, 9, 4, 0, tzinfo=UTC)  # midnight before the visit
    clinic.book_visits(1, replace(ONCE, starts=7 * 60, wants=()))
    clinic.tick()
    assert clinic.stand()["v2.moved.change.sms"] == "expired"
    assert [task.kind for task in clinic.tasks()] == ["untold"]


# -- a provider that keeps failing --------------------------------------------------------------


def many(database: Database, count: int) -> Clinic:
    clinic = Clinic(database)
    for number in range(count):
        clinic.book_visits(clinic.recipient(f"p{number}", f"+1212555{number:04}"), ONCE)
    clinic.now = DUE
    return clinic


def test_a_provider_that_keeps_failing_is_left_alone_tried_with_one_and_used_again(database: Database) -> None:
    clinic = many(database, 13)
    clinic.provider.plan = [Verdict.NOT_TAKEN] * 11
    clinic.tick()
    assert len(clinic.provider.outgoing) == 10
    assert [task.kind for task in clinic.tasks()] == [FAILING]
    assert all(row.attempts <= 1 for row in clinic.messages())
    clinic.wait(seconds=29)
    clinic.tick()
    assert len(clinic.provider.outgoing) == 10
    clinic.wait(seconds=1)
    clinic.tick()
    assert len(clinic.provider.outgoing) == 11  # one to try it; it fails
    clinic.wait(seconds=59)
    clinic.tick()
    assert len(clinic.provider.outgoing) == 11
    clinic.wait(seconds=1)
    clinic.tick()
    assert len(clinic.provider.outgoing) >= 12
    clinic.tick()
    assert [row.state for row in clinic.messages()] == ["accepted"] * 13
    assert clinic.tasks() == []
    with clinic.database.reading() as session:
        row = session.get_one(Circuit, "sms")
        assert (row.failures, row.open_until) == (0, None)


def test_failures_between_successes_open_nothing(database: Database) -> None:
    clinic = many(database, 12)
    clinic.provider.plan = [Verdict.NOT_TAKEN, Verdict.ACCEPTED] * 6
    clinic.tick()
    assert len(clinic.provider.outgoing) == 12
    assert clinic.tasks() == []


# -- what is kept, and figures ------------------------------------------------------------------


def test_texts_go_here_after_the_studys_days_and_at_the_provider_after_the_last_status(clinic: Clinic) -> None:
    clinic.tick()
    wrote = Incoming(channel="sms", provider_id="in", sender="+12125550111", text="private")
    clinic.do(lambda s: take_in(s, wrote, clinic.book, str.encode, clinic.now))
    [sid] = [sent.provider_id for sent in clinic.provider.taken]
    channels = {"sms": clinic.provider}
    assert redact_old(clinic.database, channels, clinic.clock).counts == {}
    said = StatusReport(channel="sms", provider_id=sid, token="", state="delivered", status="delivered")
    clinic.do(lambda s: take_status(s, said, clinic.now))
    assert redact_old(clinic.database, channels, clinic.clock).counts == {"redacted-at-provider": 1}
    assert clinic.provider.redacted == [sid]
    clinic.wait(days=30, microseconds=-1)
    assert redact_old(clinic.database, channels, clinic.clock).counts == {}
    clinic.wait(microseconds=1)
    assert redact_old(clinic.database, channels, clinic.clock).counts["redacted"] == 2
    assert clinic.messages()[0].text is None
    assert clinic.messages()[0].redacted_at == clinic.now
    with clinic.database.reading() as session:
        assert session.scalars(select(InboundRow)).one().sealed is None


def test_a_provider_that_does_not_forget_a_text_is_asked_again_until_it_does(clinic: Clinic) -> None:
    clinic.tick()
    said = StatusReport(
        channel="sms", provider_id=clinic.provider.taken[0].provider_id, token="", state="delivered", status="delivered"
    )
    clinic.do(lambda s: take_status(s, said, clinic.now))
    clinic.provider.forgets = False
    assert redact_old(clinic.database, {"sms": clinic.provider}, clinic.clock).counts == {}
    clinic.provider.forgets = True
    assert redact_old(clinic.database, {"sms": clinic.provider}, clinic.clock).counts == {"redacted-at-provider": 1}
    assert redact_old(clinic.database, {"sms": clinic.provider}, clinic.clock).counts == {}
    assert len(clinic.provider.redacted) == 2


def test_a_provider_that_never_said_how_it_ended_forgets_the_text_after_two_days(clinic: Clinic) -> None:
    clinic.tick()
    clinic.wait(days=2, microseconds=-1)
    assert redact_old(clinic.database, {"sms": clinic.provider}, clinic.clock).counts == {}
    clinic.wait(microseconds=1)
    assert redact_old(clinic.database, {"sms": clinic.provider}, clinic.clock).counts == {"redacted-at-provider": 1}


def test_at_night_nothing_goes_out_but_answers_to_who_writes_then(clinic: Clinic) -> None:
    clinic.now = datetime(2026, 3, 7, 4, 0, tzinfo=UTC)  # eleven in the evening
    [row] = clinic.messages()
    new = [
        NewMessage(
            study_id=STUDY, site_id=row.site_id, recipient_id=row.recipient_id, appointment_id=row.appointment_id,
            appointment_version=1, template=template, timing="once", channel="sms", occasion=template,
            due_at=clinic.now, expires_at=clinic.now + timedelta(days=1),
        )
        for template in set(TEMPLATES) - {"reminder", "diary", *MAILED_AS.values()}
    ]  # fmt: skip
    clinic.do(lambda s: put(s, new, clinic.now))
    clinic.tick()
    assert {one.template for one in clinic.messages("accepted")} == ANSWERS
    assert {one.template for one in clinic.messages("planned")} == {"moved", "cancelled", "missed", "test", "reminder"}


def test_a_text_that_may_still_have_to_be_settled_is_kept(clinic: Clinic) -> None:
    clinic.provider.plan, clinic.provider.lag = ["lost-before"], None
    clinic.tick()
    clinic.wait(days=90)
    assert redact_old(clinic.database, {}, clinic.clock).counts == {}
    assert clinic.messages()[0].text is not None


def test_figures_count_by_day_text_and_state_and_say_how_long_it_takes(clinic: Clinic) -> None:
    clinic.tick()
    [sid] = [sent.provider_id for sent in clinic.provider.taken]
    clinic.wait(seconds=90)
    said = StatusReport(channel="sms", provider_id=sid, token="", state="delivered", status="delivered")
    clinic.do(lambda s: take_status(s, said, clinic.now))
    with clinic.database.reading() as session:
        found = delivery(session, STUDY, DUE, DUE + timedelta(days=1))
        nothing = delivery(session, STUDY, DUE - timedelta(days=1), DUE)
    [count] = found.counts
    assert (count.day, count.template, count.channel, count.state, count.count) == (
        "2026-03-06", "reminder", "sms", "delivered", 1,
    )  # fmt: skip
    assert (found.by_state, found.median) == ({"delivered": 1}, timedelta(seconds=90))
    assert (nothing.counts, nothing.median) == ((), None)
