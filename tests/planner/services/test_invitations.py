"""Invitations as a mail server gets them, to whoever agreed to them: one for each change, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select

from notifications.channels.smtp_email import MailServer, Security, SmtpEmail
from notifications.dispatch import Dispatcher
from notifications.outbox import MessageRow
from notifications.recipients import CALENDAR
from notifications.wording import adopt_shipped
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.access import EVERYTHING, find_site, find_study
from planner.services.address_book import ContactBook
from planner.services.home_links import GiveLink, give_link
from planner.services.replanning import replan_all
from planner.services.sites import ChangeSite, change_site
from tests.provider.mail import Mail
from tests.reminded import DAY_8, KEYS, TOLD, agree, appointments, messages, refuse, reminding
from tests.studies import NORTH, STUDY, Trial

MOVED = {**DAY_8, "fact": "rebooked", "id": "moved", "instead_of": "2026-01-12", "date": "2026-01-13"}
TOLD_MOVED = {"fact": "told", "about": "moved", "date": "2026-01-05"}
CANCELLED = {"fact": "booking_cancelled", "date": "2026-01-12", "visit": "induction.c1.d8"}
SECRETS = (b"vincristine", b"inotuzumab", b"vsli", b"ino-", STUDY.encode(), b"01-001", b"trial", b"leuk", b"induction")


@pytest.fixture
def study(store: Store) -> Trial:
    """A study that reminds, with a participant who has an e-mail address and agreed to texts."""
    made = reminding(store)

    def sign(uow: Any) -> None:
        adopt_shipped(uow.session, find_study(uow.session, EVERYTHING, STUDY).id, None, made.now, codes=["en"])

    store.write(SYSTEM, made.now, sign)
    return made


@pytest.fixture
def mail() -> Iterator[Mail]:
    with Mail() as made:
        yield made


def sent(study: Trial, mail: Mail, public_url: str = "") -> list[bytes]:
    """Send what is due an hour later, and give what the mail server has taken since the last time."""
    study.now += timedelta(hours=1)
    server = MailServer(
        host="127.0.0.1", port=mail.port, security=Security.NONE, sender="visits@clinic.example", name="The clinic"
    )
    channel = SmtpEmail(server, CALENDAR)
    Dispatcher(
        study.store.database, {CALENDAR: channel}, ContactBook(KEYS, public_url), "worker", lambda: study.now
    ).tick()
    found = [letter.content for letter in mail.letters]
    mail.letters.clear()
    return found


def send(study: Trial, mail: Mail) -> list[EmailMessage]:
    """The same as messages."""
    return [read(content) for content in sent(study, mail)]


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def payload(part: Any) -> bytes:
    """What a part holds, decoded."""
    return bytes(part.get_payload(decode=True) or b"")


def event_of(message: EmailMessage) -> tuple[str, Any]:
    """The method of an invitation, and its event as another reader finds it."""
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    calendar = Calendar.from_ical(payload(part))
    assert part.get_param("method") == str(calendar["METHOD"])
    (event,) = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


def told(study: Trial) -> None:
    study.record("01-001", DAY_8)
    study.record("01-001", TOLD)


def test_without_a_consent_of_its_own_nobody_is_invited(study: Trial, mail: Mail) -> None:
    agree(study, "email")
    told(study)
    assert send(study, mail) == []
    assert [name for name, *_ in messages(study) if name.startswith(("invited", "called"))] == []


def test_who_agrees_is_invited_once_to_what_they_have_been_told_of(study: Trial, mail: Mail) -> None:
    told(study)
    agree(study, CALENDAR)
    (message,) = send(study, mail)
    method, event = event_of(message)
    assert (method, int(event["SEQUENCE"])) == ("REQUEST", 0)
    assert event["DTSTART"].dt == datetime.fromisoformat("2026-01-12T09:30:00-05:00")
    assert str(event["LOCATION"]) == "The clinic"
    assert (str(event["ORGANIZER"]), str(event["ATTENDEE"])) == (
        "mailto:visits@clinic.example", "mailto:made.up@example.org"
    )  # fmt: skip
    replan_all(study.store, study.designs, SYSTEM, study.now)
    agree(study, "email")
    assert send(study, mail) == []


def test_each_change_is_one_message_with_the_same_uid_and_a_sequence_that_grows(study: Trial, mail: Mail) -> None:
    agree(study, CALENDAR)
    found = []
    for facts in ((DAY_8, TOLD), (MOVED, TOLD_MOVED), ({**CANCELLED, "date": "2026-01-13"},)):
        for fact in facts:
            study.record("01-001", fact)
        (message,) = send(study, mail)
        found.append(event_of(message))
    assert [method for method, _ in found] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [int(event["SEQUENCE"]) for _, event in found] == [0, 1, 2]
    assert len({str(event["UID"]) for _, event in found}) == 1
    assert str(found[-1][1]["STATUS"]) == "CANCELLED"


def test_another_number_of_the_clinic_is_sent_at_once(study: Trial, mail: Mail) -> None:
    agree(study, CALENDAR)
    told(study)
    send(study, mail)
    change = ChangeSite(phone="+1 212 555 0177")
    study.store.write(
        SYSTEM, study.now, lambda uow: change_site(uow, find_site(uow.session, EVERYTHING, NORTH), change)
    )
    (message,) = send(study, mail)
    method, event = event_of(message)
    assert (method, int(event["SEQUENCE"])) == ("REQUEST", 1)
    assert "+1 212 555 0177" in str(event["DESCRIPTION"])
    study.now += timedelta(days=1)
    replan_all(study.store, study.designs, SYSTEM, study.now)
    assert send(study, mail) == []


def rename(study: Trial, name: str) -> None:
    study.store.write(
        SYSTEM,
        study.now,
        lambda uow: change_site(uow, find_site(uow.session, EVERYTHING, NORTH), ChangeSite(name=name)),
    )


def test_another_name_of_the_clinic_is_in_a_participants_calendar_at_once_and_is_no_news_to_be_told(
    store: Store,
) -> None:
    study = reminding(store, enabled=False, alias="")
    told(study)
    before = appointments(study)["induction.c1.d8"]
    assert before.told is not None
    assert before.told is not None
    assert before.place == before.told["place"] == "North"
    rename(study, "The New Clinic")
    after = appointments(study)["induction.c1.d8"]
    assert after.told is not None
    assert after.told is not None
    assert after.place == after.told["place"] == "The New Clinic"
    assert (after.sequence, after.version, after.answer) == (before.sequence + 1, before.version, before.answer)
    replan_all(study.store, study.designs, SYSTEM, study.now + timedelta(days=1))
    assert appointments(study)["induction.c1.d8"].sequence == after.sequence


def test_a_study_that_calls_the_clinic_by_a_name_of_its_own_goes_on_doing_so(study: Trial) -> None:
    rename(study, "The clinic")  # by chance what the study calls it
    told(study)
    before = appointments(study)["induction.c1.d8"]
    rename(study, "The New Clinic")
    after = appointments(study)["induction.c1.d8"]
    assert (after.place, after.sequence) == ("The clinic", before.sequence)


def test_what_moved_before_anything_went_out_is_sent_as_it_is_now_and_cancelled_it_is_never_heard_of(
    study: Trial, mail: Mail
) -> None:
    agree(study, CALENDAR)
    told(study)
    study.record("01-001", MOVED)
    study.record("01-001", TOLD_MOVED)
    (message,) = send(study, mail)
    assert event_of(message)[1]["DTSTART"].dt.day == 13
    assert {state for name, _, state in messages(study) if name == "invited"} == {"cancelled", "accepted"}


def test_what_is_cancelled_before_anything_went_out_is_never_heard_of(study: Trial, mail: Mail) -> None:
    agree(study, CALENDAR)
    told(study)
    study.record("01-001", CANCELLED)
    assert send(study, mail) == []


@pytest.mark.parametrize(
    "end",
    [{"fact": "died", "date": "2026-01-06"}, {"fact": "withdrew", "date": "2026-01-06", "scope": "contact"}],
)
def test_after_a_death_or_a_withdrawal_from_contact_nothing_is_sent_not_even_that_it_is_off(
    study: Trial, mail: Mail, end: dict[str, str]
) -> None:
    agree(study, CALENDAR)
    told(study)
    send(study, mail)
    study.now += timedelta(days=1)
    study.record("01-001", end)
    assert send(study, mail) == []


def test_whoever_wants_no_more_invitations_gets_none(study: Trial, mail: Mail) -> None:
    agree(study, CALENDAR)
    told(study)
    refuse(study, CALENDAR)
    assert send(study, mail) == []


def test_nothing_of_an_invitation_names_a_drug_a_study_or_a_code(study: Trial, mail: Mail) -> None:
    agree(study, CALENDAR)
    told(study)
    (raw,) = sent(study, mail)
    parts = [payload(part) for part in read(raw).walk() if not part.is_multipart()]
    everything = b"\n".join([raw, *parts]).lower()
    assert [word for word in SECRETS if word in everything] == []


def test_an_invitation_that_is_tried_again_after_a_change_is_not_sent_twice(study: Trial, mail: Mail) -> None:
    agree(study, CALENDAR)
    told(study)
    mail.script.answers["MAIL"] = "451 not now"
    assert send(study, mail) == []
    mail.script.answers.clear()
    study.record("01-001", MOVED)
    study.record("01-001", TOLD_MOVED)
    (message,) = send(study, mail)
    assert int(event_of(message)[1]["SEQUENCE"]) == 1
    rows = study.store.read(lambda session: list(session.scalars(select(MessageRow.template).order_by(MessageRow.id))))
    assert rows.count("invited") == 2


@pytest.mark.parametrize("given", [True, False], ids=["with a page", "without one"])
@pytest.mark.parametrize("public_url", ["https://visits.example.org", ""])
def test_an_e_mail_names_their_own_page_if_they_have_one_and_asks_for_no_answer(
    study: Trial, mail: Mail, given: bool, public_url: str
) -> None:
    agree(study, CALENDAR)
    if given:
        command = GiveLink(study=STUDY, participant="01-001")
        study.store.write(SYSTEM, study.now, lambda uow: give_link(uow, study.designs, KEYS, EVERYTHING, command))
    study.record("01-001", DAY_8, TOLD)
    (letter,) = [read(content) for content in sent(study, mail, public_url)]
    part = letter.get_body(("plain",))
    assert part is not None
    words = " ".join(payload(part).decode().split())
    assert ("https://visits.example.org/home " in words) is (given and bool(public_url))
    assert "Reply" not in words
    assert "call +1 212 555" in words
    assert "Nobody reads answers to this e-mail." in words
