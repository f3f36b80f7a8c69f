"""What people write back is understood where that is safe, answered at once, and shown to a person."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from notifications.inbox import MOST_A_DAY, MOST_AN_HOUR, InboundRow, take_in
from notifications.message import Incoming
from notifications.opt_outs import OptOutEvent, has_stopped, start, stop
from notifications.recipients import AddressRow, verify_address
from notifications.rules import RulesRow
from notifications.wording import adopt_shipped
from planner.persistence.database import Database
from tests.clinic import RULES, STUDY, VISIT, Clinic, digest_of

DUE = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)
ONCE = replace(VISIT, wants=("3d",))
PHONE = "+12125550111"


@pytest.fixture
def clinic(database: Database) -> Clinic:
    """A clinic whose only recipient has been reminded of a visit."""
    made = Clinic(database)
    made.book_visits(made.recipient(), ONCE)
    made.now = DUE
    made.tick()
    made.wait(minutes=5)
    return made


def write(clinic: Clinic, text: str, number: str = PHONE, **changes: Any) -> InboundRow | None:
    """Somebody writes; whatever is answered goes out."""
    with clinic.database.reading() as session:
        count = session.scalar(select(func.count()).select_from(InboundRow))
    wrote = Incoming(**({"channel": "sms", "provider_id": f"in{count}", "sender": number, "text": text} | changes))
    row = clinic.do(lambda session: take_in(session, wrote, clinic.book, lambda said: said.encode()[::-1], clinic.now))
    clinic.tick()
    return row


def answers(clinic: Clinic) -> list[str]:
    """The templates of what was answered."""
    return [row.template for row in clinic.messages("accepted") if row.timing == "once"]


def kinds(clinic: Clinic) -> list[str]:
    return [task.kind for task in clinic.tasks()]


def test_1_confirms_the_visit_that_they_were_told_of(clinic: Clinic) -> None:
    row = write(clinic, "1")
    assert row is not None
    assert (row.meaning, row.recipient_id, row.appointment_id) == ("confirm", 1, 1)
    assert (row.study_id, row.sealed) == (STUDY, b"1")
    assert (clinic.appointment().answer, clinic.appointment().answered_at) == ("confirmed", clinic.now)
    assert (answers(clinic), kinds(clinic)) == (["confirmed"], [])


def test_1_said_again_changes_nothing_and_asks_nobody(clinic: Clinic) -> None:
    write(clinic, "1")
    before = clinic.appointment()
    clinic.wait(minutes=1)
    write(clinic, "1")
    after = clinic.appointment()
    assert (after.answer, after.version, after.day, after.starts) == (
        "confirmed", before.version, before.day, before.starts,
    )  # fmt: skip
    assert (answers(clinic), kinds(clinic)) == (["confirmed", "confirmed"], [])
    assert set(clinic.stand().values()) == {"accepted"}


def test_2_asks_a_person_and_moves_nothing(clinic: Clinic) -> None:
    write(clinic, "2")
    row = clinic.appointment()
    assert (row.answer, row.version, row.day) == ("wants-to-move", 1, VISIT.day)
    assert (answers(clinic), kinds(clinic)) == (["move-asked"], ["wants-to-move"])
    assert clinic.tasks()[0].appointment_id == row.id


@pytest.mark.parametrize("text", ["I feel sick", "", "👍👍👍", "3", "mañana no puedo ir", "x" * 5000])
def test_anything_else_is_answered_at_once_and_read_by_a_person(clinic: Clinic, text: str) -> None:
    clinic.now = datetime(2026, 3, 7, 4, 0, tzinfo=UTC)  # eleven at night
    row = write(clinic, text)
    assert row is not None
    assert row.sealed == text.encode()[::-1]
    assert (answers(clinic), kinds(clinic)) == (["not-watched"], ["reply"])
    said = clinic.provider.texts()[-1]
    assert "911" in said
    assert "+1 212 555 0100" in said


def test_who_has_said_stop_and_writes_is_not_answered_and_whoever_reads_it_is_told_so(clinic: Clinic) -> None:
    write(clinic, "STOP")
    write(clinic, "I feel sick")
    assert answers(clinic) == ["stopped"]
    [task] = clinic.tasks("reply")
    assert "was not answered" in task.words


def test_what_is_handed_in_twice_is_taken_in_once(clinic: Clinic) -> None:
    assert write(clinic, "2", provider_id="in") is not None
    assert write(clinic, "2", provider_id="in") is None
    assert (answers(clinic), kinds(clinic)) == (["move-asked"], ["wants-to-move"])


def test_an_answer_to_a_time_that_does_not_hold_any_more_confirms_nothing(clinic: Clinic) -> None:
    clinic.book_visits(1, replace(ONCE, starts=15 * 60, wants=()))
    write(clinic, "1")
    assert clinic.appointment().answer == ""
    assert kinds(clinic) == ["reply"]


def test_a_new_version_has_no_answer_yet(clinic: Clinic) -> None:
    write(clinic, "1")
    clinic.book_visits(1, replace(ONCE, starts=15 * 60, wants=()))
    assert (clinic.appointment().answer, clinic.appointment().answered_at) == ("", None)


@pytest.mark.parametrize("gone", [True, False], ids=["cancelled", "over"])
def test_an_answer_to_a_visit_that_is_gone_or_over_is_read_by_a_person(clinic: Clinic, gone: bool) -> None:
    if gone:
        clinic.book_visits(1)
    else:
        clinic.now = clinic.appointment().starts_at
    write(clinic, "1")
    assert (clinic.appointment().answer, kinds(clinic)) == ("", ["reply"])
    assert "not-watched" in answers(clinic)


def test_of_several_visits_the_one_that_was_told_last_is_meant(clinic: Clinic) -> None:
    later = replace(ONCE, reference="later", day=date(2026, 3, 12))
    clinic.book_visits(1, ONCE, later)
    clinic.now = DUE + timedelta(days=3)
    clinic.now = clinic.now.replace(hour=13, minute=30)  # before the first visit; the second was reminded of at nine
    clinic.tick()
    write(clinic, "1")
    assert clinic.appointment(reference="later").answer == "confirmed"
    assert clinic.appointment().answer == ""


def test_who_shares_a_phone_is_asked_where_both_were_told(clinic: Clinic) -> None:
    other = clinic.recipient("p2")
    clinic.now = DUE - timedelta(days=4)
    clinic.book_visits(other, ONCE)
    clinic.now = DUE + timedelta(minutes=10)
    clinic.tick()
    row = write(clinic, "1")
    assert row is not None
    assert (row.recipient_id, row.appointment_id) == (None, None)
    assert (answers(clinic), kinds(clinic)) == (["which-one"], ["reply"])
    assert [clinic.appointment(who).answer for who in (1, other)] == ["", ""]


def test_who_shares_a_phone_is_not_asked_where_one_was_told(clinic: Clinic) -> None:
    clinic.recipient("p2")
    write(clinic, "1")
    assert (clinic.appointment(1).answer, kinds(clinic)) == ("confirmed", [])


def test_a_number_that_nobody_is_known_by_is_not_answered_and_is_shown(clinic: Clinic) -> None:
    row = write(clinic, "hello", "+12125559999")
    assert row is not None
    assert (row.study_id, row.recipient_id) == (None, None)
    assert (answers(clinic), kinds(clinic)) == ([], ["reply"])
    assert clinic.tasks()[0].study_id is None


def test_stop_suppresses_what_is_pending_tells_the_site_and_is_answered_once(clinic: Clinic) -> None:
    clinic.book_visits(1, replace(VISIT, wants=("1d",)))
    for _ in range(2):
        write(clinic, "STOP")
    assert clinic.stand()["v1.reminder.1d.sms"] == "suppressed"
    assert kinds(clinic) == ["opted-out"]
    assert answers(clinic) == ["stopped", "stopped"]
    with clinic.database.reading() as session:
        assert has_stopped(session, "sms", digest_of(PHONE), clinic.now)


def test_what_the_provider_has_answered_is_not_answered_again(clinic: Clinic) -> None:
    for word in ("stop", "help", "start"):
        write(clinic, "whatever", opted=word)
    assert answers(clinic) == []
    with clinic.database.reading() as session:
        said = [(each.stopped, each.source) for each in session.scalars(select(OptOutEvent).order_by(OptOutEvent.id))]
    assert said == [(True, "provider"), (False, "provider")]


def test_start_brings_back_what_is_still_of_use(clinic: Clinic) -> None:
    clinic.book_visits(1, replace(VISIT, wants=("1d",)))
    write(clinic, "STOP")
    write(clinic, "START")
    assert clinic.stand()["v1.reminder.1d.sms"] == "planned"
    assert answers(clinic) == ["stopped", "started"]


def test_start_does_not_bring_back_what_is_of_no_use(clinic: Clinic) -> None:
    clinic.book_visits(1, replace(VISIT, wants=("1d",)))
    write(clinic, "STOP")
    clinic.now = clinic.appointment().starts_at
    assert clinic.do(lambda session: start(session, "sms", digest_of(PHONE), "person", clinic.now))
    assert clinic.stand()["v1.reminder.1d.sms"] == "suppressed"


def test_a_start_without_a_stop_and_a_second_stop_are_no_news(clinic: Clinic) -> None:
    def said(what: Any) -> bool:
        return bool(clinic.do(lambda session: what(session, "sms", digest_of(PHONE), "person", clinic.now)))

    assert [said(start), said(stop), said(stop), said(start), said(start), said(stop)] == [
        False, True, False, True, False, True,
    ]  # fmt: skip


def test_help_says_whom_to_call(clinic: Clinic) -> None:
    write(clinic, "HELP")
    assert (answers(clinic), kinds(clinic)) == (["help"], [])


def test_a_wrong_number_is_suspended_until_a_person_has_verified_it(clinic: Clinic) -> None:
    clinic.book_visits(1, replace(VISIT, wants=("1d",)))
    write(clinic, "wrong number")
    assert (clinic.stand()["v1.reminder.1d.sms"], kinds(clinic), answers(clinic)) == ("held", ["wrong-number"], [])
    with clinic.database.reading() as session:
        assert session.scalars(select(AddressRow)).one().suspended_why == "wrong number"
    assert clinic.do(lambda session: verify_address(session, "p1", "sms", clinic.now))
    assert not clinic.do(lambda session: verify_address(session, "p1", "sms", clinic.now))
    assert clinic.stand()["v1.reminder.1d.sms"] == "planned"


def test_another_number_begins_without_the_suspension_of_the_old_one(clinic: Clinic) -> None:
    write(clinic, "wrong number")
    clinic.recipient(number="+12125550112")
    with clinic.database.reading() as session:
        assert session.scalars(select(AddressRow)).one().suspended_at is None


def test_a_number_that_is_somebody_elses_by_now_says_nothing_for_whom_it_was_before(clinic: Clinic) -> None:
    clinic.recipient(number="+12125550112")
    write(clinic, "1")
    assert (clinic.appointment().answer, kinds(clinic)) == ("", ["reply"])
    clinic.recipient("p2", PHONE)
    row = write(clinic, "1")
    assert row is not None
    assert (row.recipient_id, clinic.appointment().answer) == (2, "")
    assert kinds(clinic) == ["reply", "reply"]


def test_two_machines_do_not_answer_each_other_for_ever(clinic: Clinic) -> None:
    for _ in range(MOST_AN_HOUR + 2):
        write(clinic, "I am a machine.")
    assert len(answers(clinic)) == MOST_AN_HOUR
    assert kinds(clinic).count("not-watched") == 2
    for _ in range(MOST_A_DAY):
        clinic.wait(minutes=61)
        write(clinic, "I am a machine.")
    assert len(answers(clinic)) == MOST_A_DAY


def test_stop_from_a_number_that_nobody_has_yet_holds_for_whoever_gets_it(clinic: Clinic) -> None:
    write(clinic, "stop", "+12125559999")
    assert answers(clinic) == []
    other = clinic.recipient("p2", "+12125559999")
    clinic.book_visits(other, replace(ONCE, reference="later", day=date(2026, 3, 20)))
    clinic.now = datetime(2026, 3, 17, 14, 0, tzinfo=UTC)
    clinic.tick()
    assert [row.state for row in clinic.messages() if row.recipient_id == other] == ["suppressed"]


def test_stop_counts_in_every_study_that_writes_to_that_number(clinic: Clinic) -> None:
    """Stop is said by a number: whoever reads it there is in no study any more that writes to it."""
    other, there = STUDY + 1, replace(ONCE, study_id=STUDY + 1, day=date(2026, 3, 20))
    clinic.do(lambda session: session.add(RulesRow(study_id=other, changed_at=clinic.now, **RULES)))
    clinic.do(lambda session: adopt_shipped(session, other, None, clinic.now, codes=["en"]))
    clinic.book_visits(clinic.recipient("p2", study_id=other), there)
    write(clinic, "stop")
    assert [row.state for row in clinic.messages() if row.study_id == other] == ["suppressed"]
    assert [(task.study_id, task.kind) for task in clinic.tasks()] == [(STUDY, "opted-out"), (other, "opted-out")]
    late = replace(there, reference="late", wants=("1d",))
    clinic.book_visits(2, there, late)
    clinic.now = clinic.appointment(2, "late").starts_at - timedelta(hours=20)
    clinic.tick()
    assert clinic.stand()["v1.reminder.1d.sms"] == "suppressed"


def test_stop_from_a_shared_phone_suppresses_what_is_to_come_for_everybody_on_it(clinic: Clinic) -> None:
    """Somebody who cares for another and has their own number there, too."""
    later = replace(ONCE, reference="later", day=date(2026, 3, 20))
    for who in (1, clinic.recipient("p1.caregiver", PHONE)):
        clinic.book_visits(who, later)
    write(clinic, "stop")
    assert {row.recipient_id: row.state for row in clinic.messages("planned", "suppressed")} == {
        1: "suppressed", 2: "suppressed",
    }  # fmt: skip
