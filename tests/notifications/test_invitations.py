"""Invitations by e-mail, read back by Python's own mail parser and by icalendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.calendars.ical_text import CalendarEvent, EventStatus
from notifications.calendars.invitations import Invitation, Method, Person, Words, cancel, invitation_text, request

START = datetime(2026, 6, 1, 9, 30, tzinfo=ZoneInfo("America/New_York"))
EVENT = CalendarEvent(
    uid="3f2a9c",
    summary="Appointment at the clinic",
    start=START,
    end=START + timedelta(hours=1),
    stamp=datetime(2026, 1, 2, tzinfo=UTC),
    location="Clinic, 2nd floor",
    sequence=4,
)
CLINIC = Person("clinic@example.org", "North Clinic")
SOMEBODY = Person("somebody@example.org")
WORDS = Words("Your appointment on 1 June", "Hello,\nplease come on 1 June at 9:30.\n\nTo change it, call <555 0100>.")


def invitation(**changes: Any) -> Invitation:
    return Invitation(**{"event": EVENT, "organizer": CLINIC, "attendee": SOMEBODY, **changes})


def received(mail: EmailMessage) -> EmailMessage:
    """The mail as it arrives: from its bytes."""
    found = message_from_bytes(mail.as_bytes(), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def parts(mail: EmailMessage) -> dict[str, Any]:
    return {part.get_content_type(): part for part in received(mail).walk()}


def calendar(mail: EmailMessage) -> Any:
    return icalendar.Calendar.from_ical(parts(mail)["text/calendar"].get_payload(decode=True))


def event(mail: EmailMessage) -> Any:
    return calendar(mail).walk("VEVENT")[0]


def test_the_mail_is_the_text_in_three_forms_and_the_calendar_as_a_file() -> None:
    mail = received(request(invitation(), WORDS))
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    found = parts(mail)
    assert found["text/calendar"]["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
    assert found["application/ics"].get_filename() == "invite.ics"
    assert found["application/ics"].get_content() == found["text/calendar"].get_payload(decode=True)


def test_plain_and_html_say_the_same_words_and_nothing_in_them_is_taken_for_html() -> None:
    found = parts(request(invitation(), WORDS))
    assert found["text/plain"].get_content().splitlines() == WORDS.text.splitlines()
    html = found["text/html"].get_content()
    assert "<p>To change it, call &lt;555 0100&gt;.</p>" in html
    assert "<p>please come on 1 June at 9:30.</p>" in html


def test_it_names_who_invites_and_who_is_invited_and_asks_for_no_answer() -> None:
    mail = request(invitation(attendee=Person("somebody@example.org", "Mock Person")), WORDS)
    assert calendar(mail)["METHOD"] == "REQUEST"
    read = event(mail)
    assert (read["ORGANIZER"], read["ORGANIZER"].params["CN"]) == ("mailto:clinic@example.org", "North Clinic")
    assert (read["ATTENDEE"], read["ATTENDEE"].params["CN"]) == ("mailto:somebody@example.org", "Mock Person")
    assert read["ATTENDEE"].params["RSVP"] == "FALSE"
    assert (mail["From"], mail["To"]) == (
        "North Clinic <clinic@example.org>", "Mock Person <somebody@example.org>"
    )  # fmt: skip


def test_the_first_one_has_the_sequence_of_the_event_and_each_later_one_goes_beyond_the_last() -> None:
    assert event(request(invitation(), WORDS))["SEQUENCE"] == 4
    for sent, expected in ((3, 4), (4, 5), (9, 10)):
        later = invitation(sent=sent)
        assert later.sequence == expected
        assert event(request(later, WORDS))["SEQUENCE"] == expected


def test_a_cancellation_has_the_same_uid_one_sequence_more_and_makes_nobody_busy() -> None:
    mail = cancel(invitation(sent=4), WORDS)
    assert calendar(mail)["METHOD"] == "CANCEL"
    assert parts(mail)["text/calendar"]["Content-Type"].params["method"] == "CANCEL"
    read = event(mail)
    assert (read["UID"], read["SEQUENCE"], read["STATUS"]) == ("3f2a9c", 5, "CANCELLED")
    assert read["TRANSP"] == "TRANSPARENT"
    assert read["ATTENDEE"] == "mailto:somebody@example.org"


def test_what_was_never_sent_is_not_called_off_and_nobody_is_invited_to_what_is_cancelled() -> None:
    with pytest.raises(ValueError, match="never sent"):
        cancel(invitation(), WORDS)
    gone = CalendarEvent("u", "Appointment", START, START + timedelta(hours=1), START, status=EventStatus.CANCELLED)
    with pytest.raises(ValueError, match="cancelled"):
        request(invitation(event=gone), WORDS)


def test_the_hour_is_on_the_clock_of_the_place_with_the_rules_of_its_zone() -> None:
    read = calendar(request(invitation(), WORDS))
    assert [str(zone["TZID"]) for zone in read.walk("VTIMEZONE")] == ["America/New_York"]
    assert read.walk("VEVENT")[0]["DTSTART"].dt == START


@pytest.mark.parametrize(
    "changes",
    [
        {"words": Words("Your leukaemia visit", "Hello")},
        {"words": Words("Your inotuzumab", "Hello")},
        {"words": Words("Visit in MERIDIAN-7", "Hello", ("meridian-7",))},
        {"organizer": Person("clinic@example.org", "Cancer Centre")},
        {"event": CalendarEvent("u", "Chemotherapy", START, START + timedelta(hours=1), START)},
    ],
)
def test_nothing_that_strangers_see_tells_that_somebody_is_ill(changes: dict[str, Any]) -> None:
    words = changes.pop("words", WORDS)
    for make in (request, cancel):
        with pytest.raises(ValueError, match="strangers"):
            make(invitation(sent=1, **changes), words)


@pytest.mark.parametrize(
    "address",
    [
        "", "somebody", "a@b@c", "a b@example.org", "a@example.org\r\nBcc: x@example.org", "a@exämple.org",
        "<a@example.org>", "a@example.org,b@example.org", f"{'a' * 250}@example.org", "a@", "@example.org",
        "a\x00@b.org",
    ],
)  # fmt: skip
def test_what_is_no_single_address_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address") as wrong:
        Person(address)
    assert not address or address not in str(wrong.value)


HEADERS = {"Subject", "From", "To", "Auto-Submitted", "MIME-Version", "Content-Type"}
NASTY = 'Clinic\r\nBcc: x@example.org\n\nBody\x00\x85\u2028; ",:<>\\ \U0001f489 \ud83c =?utf-8?q?x?='


@given(st.text(max_size=200) | st.just(NASTY), st.text(max_size=200) | st.just(NASTY))
def test_whatever_the_names_and_the_subject_no_header_and_no_line_comes_of_it(name: str, subject: str) -> None:
    people = {"organizer": Person(CLINIC.address, name), "attendee": Person(SOMEBODY.address, name)}
    try:
        mail = request(invitation(**people), Words(subject, name))
    except ValueError as wrong:
        assert "strangers" in str(wrong)  # noqa: PT017 - a word that is forbidden may come up
        return
    found = received(mail)
    assert set(found.keys()) == HEADERS
    assert len(found.keys()) == len(HEADERS)
    assert [address.addr_spec for address in found["To"].addresses] == [SOMEBODY.address]
    assert [address.addr_spec for address in found["From"].addresses] == [CLINIC.address]
    assert mail.as_bytes().isascii()
    names = [line.name for line in icalendar.Calendar.from_ical(invitation_text(invitation(**people), Method.REQUEST))
             .walk("VEVENT")]  # fmt: skip
    assert names == ["VEVENT"]
    lines = invitation_text(invitation(**people), Method.REQUEST).replace(b"\r\n ", b"").split(b"\r\n")
    assert sum(line.startswith(b"ATTENDEE") for line in lines) == 1
    assert sum(line.startswith(b"ORGANIZER") for line in lines) == 1


def test_a_nasty_name_is_shown_without_what_would_end_it() -> None:
    mail = request(invitation(organizer=Person(CLINIC.address, 'The "North"\r\nClinic; here:')), WORDS)
    assert event(mail)["ORGANIZER"].params["CN"] == "The North Clinic; here:"


def test_every_line_goes_out_as_mail_has_them() -> None:
    content = request(invitation(), WORDS).as_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")
    assert max(map(len, content.split(b"\r\n"))) <= 998
