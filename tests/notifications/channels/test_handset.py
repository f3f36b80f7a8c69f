"""The simulated phone: the whole way of a message without any account, on both databases."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TypeVar

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from notifications.channels.handset import MOST_TOLD, Handset, HandsetMessage, texts_on
from notifications.message import Outgoing, StatusReport, Verdict
from planner.persistence.database import Database

T = TypeVar("T")
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
PHONE = "+15005550010"


def digest(address: str) -> str:
    return f"digest of …{address[-2:]}"


def a_text(says: str = "See you on Tuesday.", attempt: str = "t-1", to: str = PHONE) -> Outgoing:
    return Outgoing(to=to, text=says, token=attempt, valid_for=timedelta(hours=4))


@pytest.fixture
def handset(database: Database) -> Handset:
    return Handset(database, digest, lambda: NOW)


def test_a_text_is_accepted_and_stands_on_the_phone_of_its_number(handset: Handset, database: Database) -> None:
    receipt = handset.send(a_text())
    handset.send(a_text("For somebody else.", "t-2", "+15005550011"))
    assert receipt.verdict is Verdict.ACCEPTED
    with database.reading() as session:
        assert [(row.provider_id, row.text) for row in texts_on(session, "sms", digest(PHONE))] == [
            (receipt.provider_id, "See you on Tuesday.")
        ]


def test_no_number_is_kept_in_the_clear(handset: Handset, database: Database) -> None:
    handset.send(a_text())
    with database.reading() as session:
        kept = session.execute(text("SELECT * FROM handset_message")).one()
    assert PHONE not in " ".join(str(value) for value in kept)


def test_texts_are_shown_newest_first_and_by_channel(handset: Handset, database: Database) -> None:
    for number in range(3):
        handset.send(a_text(f"Text {number}", f"t-{number}"))
    Handset(database, digest, lambda: NOW, name="email").send(a_text("A letter", "t-9"))
    with database.reading() as session:
        assert [row.text for row in texts_on(session, "sms", digest(PHONE))] == ["Text 2", "Text 1", "Text 0"]
        assert [row.text for row in texts_on(session, "email", digest(PHONE))] == ["A letter"]


def test_the_same_attempt_handed_in_twice_is_one_text(handset: Handset, database: Database) -> None:
    first, second = handset.send(a_text()), handset.send(a_text())
    assert first.provider_id == second.provider_id
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(HandsetMessage)) == 1


def test_what_was_put_there_is_found_by_its_number_since_an_instant(handset: Handset) -> None:
    sent = handset.send(a_text())
    found = handset.find(PHONE, NOW)
    assert found is not None
    assert [(one.provider_id, one.to, one.text, one.at, one.state) for one in found] == [
        (sent.provider_id, PHONE, "See you on Tuesday.", NOW, "accepted")
    ]
    assert handset.find(PHONE, NOW + timedelta(seconds=1)) == []
    assert handset.find("+15005550099", NOW) == []


def test_every_text_is_reported_as_delivered_once(handset: Handset) -> None:
    sent = handset.send(a_text())
    told: list[StatusReport] = []
    assert handset.tell(lambda _, report: told.append(report)) == 1
    assert handset.tell(lambda _, report: told.append(report)) == 0
    assert told == [
        StatusReport(
            channel="sms", provider_id=sent.provider_id or "", token="t-1", state="delivered", status="delivered"
        )
    ]
    found = handset.find(PHONE, NOW)
    assert found is not None
    assert found[0].state == "delivered"


def test_a_report_that_could_not_be_taken_is_made_again(handset: Handset) -> None:
    handset.send(a_text())

    def fail(_: Session, __: StatusReport) -> None:
        raise RuntimeError("made to fail")

    assert handset.tell(fail) == 0
    assert handset.tell(lambda _, __: None) == 1


def test_a_report_that_cannot_be_taken_keeps_no_other_back(handset: Handset) -> None:
    for number in range(3):
        handset.send(a_text(attempt=f"t-{number}"))
    told: list[str] = []

    def take(_: Session, report: StatusReport) -> None:
        if report.token == "t-0":
            raise RuntimeError("made to fail")
        told.append(report.token)

    assert handset.tell(take) == 2
    assert told == ["t-1", "t-2"]


def test_reports_are_made_in_batches(handset: Handset) -> None:
    for number in range(MOST_TOLD + 1):
        handset.send(a_text(attempt=f"t-{number}"))
    assert [handset.tell(lambda _, __: None) for _ in range(3)] == [MOST_TOLD, 1, 0]


def test_a_redacted_text_is_gone_and_when_it_came_is_left(handset: Handset, database: Database) -> None:
    sent = handset.send(a_text())
    assert handset.redact(sent.provider_id or "")
    with database.reading() as session:
        row = session.scalars(select(HandsetMessage)).one()
        assert (row.text, row.at) == (None, NOW)


@pytest.mark.parametrize("name", ["", "handset-", "handset-x", "SM" + "0" * 32, "handset-" + "9" * 40, "handset-٣"])
def test_what_is_no_text_of_the_phone_is_not_redacted(handset: Handset, name: str) -> None:
    assert not handset.redact(name)


def test_a_process_that_stood_still_past_its_deadline_sends_nothing(handset: Handset) -> None:
    late = Outgoing(to=PHONE, text="x", token="t", valid_for=timedelta(hours=1), deadline=monotonic() - 1)
    assert handset.send(late).verdict is Verdict.NOT_TAKEN
    assert handset.find(PHONE, NOW) == []


class Broken:
    """A database that fails."""

    def transact(self, work: Callable[[Session], T]) -> T:
        raise OSError("made to fail")

    def reading(self) -> AbstractContextManager[Session]:
        raise OSError("made to fail")


def test_a_database_that_fails_leaves_the_outcome_unknown_and_raises_nothing() -> None:
    handset = Handset(Broken(), digest, lambda: NOW)
    assert handset.send(a_text()).verdict is Verdict.UNKNOWN
    assert handset.find(PHONE, NOW) is None
    assert not handset.redact("handset-1")
