"""Some of the demo's participants have pages of their own, one of each language; codes come to simulated phones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.opt_outs import has_stopped
from notifications.recipients import AddressRow, RecipientRow
from planner.demo.at_home import BRING
from planner.persistence.home_links import open_link
from planner.persistence.participants import Participant
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING
from planner.services.designs import Designs
from planner.services.home_links import GiveLink, give_link, renew_link
from planner.services.keyring import Keys
from planner.services.recipients import CAREGIVER, participant_of

LANGUAGES = ("en", "es", "fr", "ar", "zh")


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A participant's own page, and the secret of the link to it."""

    language: str
    study: str
    number: str
    link: str


def fresh_pages(
    store: Store, keys: Keys, designs: Designs, now: datetime, today: date, known: Mapping[tuple[str, str], str]
) -> tuple[OwnPage, ...]:
    """A page of somebody in each language; what was printed before opens nothing any more.

    ``known`` are the secrets of links that were given and nobody has seen yet, by study and participant.
    """
    found = store.read(lambda session: list(_somebody_each(session, today, now)))
    return tuple(
        OwnPage(
            language, study, number,
            known.get((study, number)) or _given(store, keys, designs, now, language, study, number),
        )
        for language, study, number in found
    )  # fmt: skip


def _given(store: Store, keys: Keys, designs: Designs, now: datetime, language: str, study: str, number: str) -> str:
    command = GiveLink(study=study, participant=number, bring=BRING[language], no_driving=True)

    def work(uow: UnitOfWork) -> str:
        if _has_one(uow.session, study, number):
            return renew_link(uow, EVERYTHING, study, number).token
        return give_link(uow, designs, keys, EVERYTHING, command).token

    return store.write(SYSTEM, now, work)


def _has_one(session: Session, study: str, number: str) -> bool:
    query = select(Participant.id).join(Study, Study.id == Participant.study_id)
    participant = session.scalar(query.where(Study.code == study, Participant.number == number))
    return participant is not None and open_link(session, participant) is not None


def _somebody_each(session: Session, today: date, now: datetime) -> Iterator[tuple[str, str, str]]:
    """In each language somebody who is texted: who comes next of those who have a page, or else of all.

    A page without a visit to come is the last choice: there is little to see on it.
    """
    for language in LANGUAGES:
        whose: dict[int, bool] = {}
        for reference, digest, comes in session.execute(_texted(language, today)):
            if not has_stopped(session, "sms", digest, now):
                whose.setdefault(participant_of(reference)[0], comes)
        for one in sorted(whose, key=lambda one: (not whose[one], open_link(session, one) is None))[:1]:
            participant = session.get_one(Participant, one)
            yield language, session.get_one(Study, participant.study_id).code, participant.number


def _texted(language: str, today: date) -> Select[str, str, bool]:
    """Whoever is texted in a language, with their number's digest and whether a visit is to come; the next first."""
    coming = (
        (AppointmentRow.recipient_id == RecipientRow.id)
        & (AppointmentRow.day > today)
        & AppointmentRow.cancelled.is_(False)
    )
    return (
        select(RecipientRow.reference, AddressRow.digest, AppointmentRow.id.is_not(None))
        .outerjoin(AppointmentRow, coming)
        .join(AddressRow, (AddressRow.recipient_id == RecipientRow.id) & (AddressRow.channel == "sms"))
        .where(RecipientRow.language == language, RecipientRow.may_be_contacted)
        .where(AddressRow.until.is_(None), AddressRow.suspended_at.is_(None))
        .where(RecipientRow.reference.not_like(f"%{CAREGIVER}"))
        .order_by(AppointmentRow.id.is_(None), AppointmentRow.starts_at, RecipientRow.id)
    )
