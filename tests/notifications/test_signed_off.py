"""Only what somebody has signed off for a study is sent: versions, sign-off, taking back, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.errors import NotificationsError, NotSignedOff, WordingRefused
from notifications.rules import WordingRow
from notifications.wording import (
    TEMPLATES,
    Values,
    adopt_shipped,
    approve,
    approved_wording,
    missing,
    publish,
    shipped,
    text_of,
    withdraw,
)  # fmt: skip
from planner.persistence.database import Database

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
STUDY, OTHER, WRITER, SIGNER = 1, 2, 7, 8
VALUES = Values(place="North Clinic", phone="+1 212 555 0100", day=date(2026, 1, 9), starts=570)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with Session(database.engine) as opened:
        yield opened


def test_what_nobody_has_signed_off_is_not_sent(session: Session) -> None:
    published = publish(session, STUDY, "test", "en", "Hello from {{ place }}.", by=WRITER, now=NOW)
    with pytest.raises(NotSignedOff, match="no wording of 'test' is signed off in es or en"):
        approved_wording(session, STUDY, "test", "es")
    approve(session, published, by=SIGNER, now=NOW)
    assert approved_wording(session, STUDY, "test", "en") is published
    assert (published.version, published.published_by, published.approved_by) == (1, WRITER, SIGNER)


def test_a_sign_off_counts_in_its_own_study_only(session: Session) -> None:
    adopt_shipped(session, STUDY, SIGNER, NOW)
    with pytest.raises(NotSignedOff):
        approved_wording(session, OTHER, "test", "en")


def test_the_newest_version_that_is_signed_off_counts_and_the_one_before_it_when_it_is_taken_back(
    session: Session,
) -> None:
    first, second, third = (
        publish(session, STUDY, "test", "en", f"Hello {number} from {{{{ place }}}}.", by=WRITER, now=NOW)
        for number in ("one", "two", "three")
    )
    approve(session, first, by=SIGNER, now=NOW)
    approve(session, second, by=SIGNER, now=NOW)
    assert [each.version for each in (first, second, third)] == [1, 2, 3]
    assert approved_wording(session, STUDY, "test", "en") is second
    withdraw(session, second, now=NOW)
    assert approved_wording(session, STUDY, "test", "en") is first
    withdraw(session, first, now=NOW)
    with pytest.raises(NotSignedOff):
        approved_wording(session, STUDY, "test", "en")


def test_who_reads_another_language_gets_it_or_what_it_is_a_kind_of_else_english(session: Session) -> None:
    adopt_shipped(session, STUDY, SIGNER, NOW, codes=("en", "es"))
    found = {
        tag: approved_wording(session, STUDY, "test", tag).language for tag in ("es-MX", "es", "fr", "hi", "en-GB")
    }
    assert found == {"es-MX": "es", "es": "es", "fr": "en", "hi": "en", "en-GB": "en"}


def test_a_wording_for_one_country_counts_before_that_of_its_language(session: Session) -> None:
    adopt_shipped(session, STUDY, SIGNER, NOW, codes=("en", "es"))
    mexican = publish(session, STUDY, "test", "es-MX", "Hola, {{ place }}.", by=WRITER, now=NOW)
    assert approved_wording(session, STUDY, "test", "es-MX").language == "es"
    approve(session, mexican, by=SIGNER, now=NOW)
    assert approved_wording(session, STUDY, "test", "es-MX") is mexican
    assert approved_wording(session, STUDY, "test", "es").language == "es"


def test_a_language_without_a_sign_off_falls_back_only_to_what_has_one(session: Session) -> None:
    publish(session, STUDY, "test", "en", "Hello from {{ place }}.", by=WRITER, now=NOW)
    french = publish(session, STUDY, "test", "fr", "Bonjour de {{ place }}.", by=WRITER, now=NOW)
    with pytest.raises(NotSignedOff):
        approved_wording(session, STUDY, "test", "fr")
    approve(session, french, by=SIGNER, now=NOW)
    assert approved_wording(session, STUDY, "test", "fr-CA") is french
    with pytest.raises(NotSignedOff):
        approved_wording(session, STUDY, "test", "es")


def test_days_are_in_the_language_of_the_wording_that_was_found(session: Session) -> None:
    adopt_shipped(session, STUDY, SIGNER, NOW, codes=("en", "es"))
    said = {
        tag: text_of(approved_wording(session, STUDY, "reminder", tag), tag, VALUES) for tag in ("hi", "es-MX", "en-GB")
    }
    assert "Friday, January 9, 2026 at 9:30 AM" in said["hi"]
    assert "viernes, 9 de enero de 2026, hora: 9:30 a.m. Responda" in said["es-MX"]
    assert "Friday, 9 January 2026 at 09:30" in said["en-GB"]


def test_what_may_not_be_published_is_not_kept_and_all_that_is_wrong_is_said(session: Session) -> None:
    with pytest.raises(WordingRefused) as wrong:
        publish(session, STUDY, "test", "en", "Leukaemia {{ name }}", by=WRITER, now=NOW)
    assert len(wrong.value.problems) == 3
    assert session.scalar(select(func.count()).select_from(WordingRow)) == 0


def test_what_would_not_be_published_any_more_is_not_signed_off(session: Session) -> None:
    published = publish(session, STUDY, "test", "en", "Sunrise hello from {{ place }}.", by=WRITER, now=NOW)
    with pytest.raises(WordingRefused, match="'sunrise' tells too much"):
        approve(session, published, by=SIGNER, now=NOW, forbidden=("Sunrise",))
    assert published.approved_at is None


def test_signing_off_and_taking_back_twice_changes_nothing_more(session: Session) -> None:
    later = NOW + timedelta(days=1)
    published = publish(session, STUDY, "test", "en", "Hello from {{ place }}.", by=WRITER, now=NOW)
    approve(session, published, by=SIGNER, now=NOW)
    approve(session, published, by=WRITER, now=later)
    assert (published.approved_by, published.approved_at) == (SIGNER, NOW)
    withdraw(session, published, now=NOW)
    withdraw(session, published, now=later)
    assert published.withdrawn_at == NOW


def test_what_was_taken_back_is_not_signed_off(session: Session) -> None:
    published = publish(session, STUDY, "test", "en", "Hello from {{ place }}.", by=WRITER, now=NOW)
    withdraw(session, published, now=NOW)
    with pytest.raises(NotificationsError, match="was taken back; publish it again"):
        approve(session, published, by=SIGNER, now=NOW)


def test_the_texts_that_ship_are_adopted_at_once_with_who_signed_for_them(session: Session) -> None:
    added = adopt_shipped(session, STUDY, SIGNER, NOW)
    assert len(added) == 5 * len(TEMPLATES)
    assert {row.approved_by for row in added} == {SIGNER}
    assert missing(session, STUDY, ("ar", "en", "es", "fr", "zh")) == []
    assert missing(session, STUDY, ("hi",)) == [(template, "hi") for template in TEMPLATES]
    assert adopt_shipped(session, STUDY, SIGNER, NOW) == []


def test_a_studys_own_wording_is_left_as_it_is_when_the_others_are_adopted(session: Session) -> None:
    own = publish(session, STUDY, "test", "en", "Hello from {{ place }}.", by=WRITER, now=NOW)
    approve(session, own, by=SIGNER, now=NOW)
    added = adopt_shipped(session, STUDY, SIGNER, NOW, codes=("en",))
    assert len(added) == len(TEMPLATES) - 1
    assert approved_wording(session, STUDY, "test", "en") is own
    assert approved_wording(session, STUDY, "help", "en").source == shipped("help", "en")


def test_adopting_is_all_or_nothing_where_a_text_has_a_word_of_the_study(session: Session) -> None:
    with pytest.raises(WordingRefused, match="'diary'"):
        adopt_shipped(session, STUDY, SIGNER, NOW, forbidden=("Diary",))
