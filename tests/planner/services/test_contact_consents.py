"""What participants have agreed to be sent: the last word counts from its day on, and no word is ever removed."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.problems import InvalidInput, NotFound, Refused
from planner.services.access import EVERYTHING, Scope
from planner.services.contact_consents import (
    AgreeToContact,
    EndContactConsent,
    agree_to_contact,
    contact_consents,
    end_contact_consent,
    may_be_sent,
)
from planner.services.contacts import erase_contact
from tests.studies import NOW, SOUTH, STUDY, Trial, audited, trial

TODAY = date(2026, 1, 5)


@pytest.fixture
def study(store: Store) -> Trial:
    made = trial(store)
    made.enrol()
    return made


def agree(study: Trial, channel: str = "sms", number: str = "01-001", **details: Any) -> None:
    command = AgreeToContact(study=STUDY, participant=number, channel=channel, **{"how": "on the form", **details})
    study.store.write(SYSTEM, NOW, lambda uow: agree_to_contact(uow, EVERYTHING, command).id)


def end(study: Trial, channel: str = "sms", **details: Any) -> None:
    command = EndContactConsent(
        study=STUDY, participant="01-001", channel=channel, **{"how": "by word of mouth", **details}
    )
    study.store.write(SYSTEM, NOW, lambda uow: end_contact_consent(uow, EVERYTHING, command).id)


def erase(study: Trial) -> None:
    study.store.write(SYSTEM, NOW, lambda uow: erase_contact(uow, uow.session.get_one(Participant, 1), "asked for"))


def allowed(study: Trial, day: date = TODAY) -> set[str]:
    return study.store.read(lambda session: set(may_be_sent(session, session.get_one(Participant, 1), day)))


def january(day: int) -> date:
    return date(2026, 1, day)


def test_nothing_may_be_sent_before_somebody_agreed_to_it(study: Trial) -> None:
    assert allowed(study) == set()
    agree(study, "sms")
    agree(study, "calendar")
    assert allowed(study) == {"sms", "calendar"}
    assert allowed(study, january(4)) == set()


def test_a_consent_begins_today_at_the_site_that_sees_the_participant(store: Store) -> None:
    made = trial(store, NOW.replace(hour=23))  # already 6 January in Jerusalem
    made.screen("02-001", SOUTH)
    command = AgreeToContact(study=STUDY, participant="02-001", channel="email", how="on the form")
    found = store.write(SYSTEM, made.now, lambda uow: agree_to_contact(uow, EVERYTHING, command))
    assert found.since == january(6)


def test_a_consent_given_for_a_time_holds_to_its_last_day(study: Trial) -> None:
    agree(study, since=january(7), until=january(9))
    assert [bool(allowed(study, january(day))) for day in (6, 7, 9, 10)] == [False, True, True, False]


def test_an_end_counts_from_its_day_on_and_leaves_the_days_before_it(study: Trial) -> None:
    agree(study, since=january(1))
    end(study, since=january(8))
    assert [bool(allowed(study, january(day))) for day in (7, 8, 20)] == [True, False, False]


def test_who_agrees_again_may_be_sent_something_again(study: Trial) -> None:
    agree(study)
    end(study)
    assert allowed(study) == set()
    agree(study)
    assert allowed(study) == {"sms"}


def test_an_end_takes_back_also_what_was_to_begin_later(study: Trial) -> None:
    agree(study, since=january(20))
    end(study)
    assert allowed(study, january(25)) == set()


def test_every_word_stays_with_how_it_was_given(study: Trial) -> None:
    agree(study, "caregiver", how="on the form, page 3")
    end(study, "caregiver", how="by a reply")
    found = study.store.read(lambda session: contact_consents(session, EVERYTHING, STUDY, "01-001"))
    assert [(row.channel, row.agreed, row.how) for row in found] == [
        ("caregiver", True, "on the form, page 3"),
        ("caregiver", False, "by a reply"),
    ]
    assert [entry.after for entry in audited(study, "contact-consent.ended")] == [
        {"channel": "caregiver", "since": "2026-01-05", "until": None, "how": "by a reply"}
    ]


def test_erasing_contact_details_ends_all_that_was_agreed_to(study: Trial) -> None:
    agree(study, "sms")
    agree(study, "email", since=january(20))
    agree(study, "calendar")
    end(study, "calendar")
    erase(study)
    assert allowed(study) == allowed(study, january(25)) == set()
    ended = [entry.after or {} for entry in audited(study, "contact-consent.ended")]
    assert [after["channel"] for after in ended] == ["calendar", "email", "sms"]
    assert ended[1]["how"] == "contact details erased: asked for"


def test_what_was_never_agreed_to_cannot_end(study: Trial) -> None:
    agree(study, "sms", until=january(6))
    with pytest.raises(Refused, match="no consent to email"):
        end(study, "email")
    with pytest.raises(Refused, match="no consent to sms"):
        end(study, "sms", since=january(7))


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"how": " "}, "how"),
        ({"how": "h" * 201}, "how"),
        ({"since": date(2026, 1, 9), "until": date(2026, 1, 8)}, "until"),
    ],
)
def test_what_cannot_be_is_told_by_its_field(study: Trial, changed: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        agree(study, **changed)
    assert [problem.place for problem in refused.value.problems] == [place]


@pytest.mark.parametrize("statement", ["UPDATE contact_consent SET agreed = NOT agreed", "DELETE FROM contact_consent"])
def test_the_database_lets_no_word_be_changed(study: Trial, statement: str) -> None:
    agree(study)
    with pytest.raises(DBAPIError, match="only ever added to"), study.store.database.engine.begin() as connection:
        connection.execute(text(statement))


OUT_OF_SCOPE: dict[str, Callable[[Trial, Scope], Any]] = {
    "agree": lambda study, scope: study.store.write(
        SYSTEM, NOW,
        lambda uow: agree_to_contact(
            uow, scope, AgreeToContact(study=STUDY, participant="01-001", channel="sms", how="form")
        ),
    ),
    "end": lambda study, scope: study.store.write(
        SYSTEM, NOW,
        lambda uow: end_contact_consent(
            uow, scope, EndContactConsent(study=STUDY, participant="01-001", channel="sms", how="form")
        ),
    ),
    "look": lambda study, scope: study.store.read(lambda session: contact_consents(session, scope, STUDY, "01-001")),
}  # fmt: skip


@pytest.mark.parametrize("what", OUT_OF_SCOPE)
def test_who_is_of_another_site_finds_nobody(study: Trial, what: str) -> None:
    agree(study)
    with pytest.raises(NotFound):
        OUT_OF_SCOPE[what](study, Scope(((1, 2),)))
