"""A study's wordings: published, shown as people would read them, signed off, taken back; each of it in the audit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.errors import NotificationsError, WordingRefused
from notifications.message import OwnWords
from notifications.rules import RulesRow, WordingRow, rules_of
from notifications.segments import count
from notifications.wording import (
    TEMPLATES,
    Values,
    adopt_shipped,
    approve,
    check_wording,
    missing,
    publish,
    render,
    shipped,
    shipped_languages,
    spoken,
    takes_at_most,
    withdraw,
)
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import Conflict, InputProblem, InvalidInput, NotFound, PlannerError, Refused
from planner.services.access import Scope, find_study
from planner.services.designs import Designs
from schedules.protocol import ActivityKind

#: what stands in a preview in place of a real appointment, all of it made up
EXAMPLE = Values(
    place="The clinic", phone="+1 212 555 0100", day=date(2026, 9, 30), starts=14 * 60 + 30,
    urgent_phone="+1 212 555 0111", emergency_phone="911", code="123456",
    page="https://planner.example.org/home",
)  # fmt: skip
_DRUGS = (ActivityKind.DOSE, ActivityKind.HOME_DOSE)
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Preview:
    """A wording as somebody of that language would read it, and how many segments it takes: this one, and at most."""

    language: str
    text: str
    segments: int
    at_most: int


def study_wordings(session: Session, scope: Scope, study_code: str) -> list[WordingRow]:
    """Every wording of a study, by template, language and version."""
    study = find_study(session, scope, study_code)
    query = select(WordingRow).where(WordingRow.study_id == study.id)
    return list(session.scalars(query.order_by(WordingRow.template, WordingRow.language, WordingRow.version)))


def missing_wordings(session: Session, study: Study, languages: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Which texts nobody has signed off, in these languages or in all that ship: they are not sent."""
    return missing(session, study.id, languages or shipped_languages())


def words_of_study(session: Session, designs: Designs, study: Study) -> tuple[str, ...]:
    """What no text of the study may say: its code, its title, its protocol's name and title, its drugs."""
    found = {study.code, study.title}
    try:
        versions = designs.of(session, study).versions
    except PlannerError:  # no protocol yet, or values that are missing: then its own name has to do
        versions = ()
    for version in versions:
        protocol = version.protocol
        found |= {protocol.protocol, protocol.title}
        for name, activity in protocol.activities.items():
            if activity.kind in _DRUGS:
                found |= {name, activity.label}
    return tuple(sorted(word for word in found if word))


def own_words_of(designs: Designs) -> OwnWords:
    """What no text of a study may say, asked as of the moment at which one is written."""

    def words(session: Session, study_id: int) -> tuple[str, ...]:
        study = session.get(Study, study_id)
        return words_of_study(session, designs, study) if study is not None else ()

    return words


def publish_wording(
    uow: UnitOfWork, designs: Designs, study: Study, template: str, language: str, source: str
) -> WordingRow:
    """Add a version of a text; nothing of it is sent before somebody has signed it off.

    Raises InvalidInput with all that is wrong with it.
    """
    forbidden = words_of_study(uow.session, designs, study)
    try:
        row = publish(
            uow.session, study.id, template, language, source, by=uow.actor.user_id, now=uow.now,
            forbidden=forbidden, links=_links(uow.session, study),
        )  # fmt: skip
    except WordingRefused as error:
        raise InvalidInput(_problems(error)) from None
    _note(uow, study, "wording.published", row, source=source)
    return row


def adopt_wordings(
    uow: UnitOfWork, designs: Designs, study: Study, languages: tuple[str, ...] = ()
) -> list[WordingRow]:
    """Publish and sign off the texts that ship, where the study has none that is signed off. Raises InvalidInput."""
    try:
        rows = adopt_shipped(
            uow.session, study.id, uow.actor.user_id, uow.now, words_of_study(uow.session, designs, study),
            languages or None,
        )  # fmt: skip
    except WordingRefused as error:
        raise InvalidInput(_problems(error)) from None
    names = [f"{row.template}/{row.language}/{row.version}" for row in rows]
    uow.audit("wordings.adopted", f"study:{study.code}", study_id=study.id, after={"wordings": names})
    return rows


def approve_wording(uow: UnitOfWork, designs: Designs, study: Study, wording_id: int) -> WordingRow:
    """Sign a wording off: it is sent from now on. Raises NotFound, Conflict where it was before, and Refused."""
    row = _find(uow.session, study, wording_id)
    if row.approved_at is not None and row.withdrawn_at is None:
        raise Conflict([InputProblem("wording", "it was signed off before", "nothing is left to do")])
    forbidden = words_of_study(uow.session, designs, study)
    try:
        approve(
            uow.session, row, by=uow.actor.user_id, now=uow.now, forbidden=forbidden,
            links=_links(uow.session, study),
        )  # fmt: skip
    except WordingRefused as error:
        raise Refused(_problems(error)) from None
    except NotificationsError as error:
        raise Refused([InputProblem("wording", str(error), "publish it again")]) from None
    _note(uow, study, "wording.approved", row)
    return row


def withdraw_wording(uow: UnitOfWork, study: Study, wording_id: int, why: str) -> WordingRow:
    """Take a wording back: the one before it counts again. Raises NotFound, and Conflict where it was taken back."""
    row = _find(uow.session, study, wording_id)
    if row.withdrawn_at is not None:
        raise Conflict([InputProblem("wording", "it was taken back before", "nothing is left to do")])
    withdraw(uow.session, row, now=uow.now)
    _note(uow, study, "wording.withdrawn", row, why=why)
    return row


def preview_wording(
    session: Session, designs: Designs, study: Study, template: str, source: str | None, languages: tuple[str, ...]
) -> list[Preview]:
    """A wording (None: the one that ships) in each of these languages, with made-up values.

    Raises InvalidInput with all that keeps it from being published.
    """
    if template not in TEMPLATES:
        raise InvalidInput([InputProblem("template", "there is no such text", f"choose of {', '.join(TEMPLATES)}")])
    forbidden = words_of_study(session, designs, study)
    known = rules_of(session.get(RulesRow, study.id))
    values = Values(
        place=known.alias or EXAMPLE.place, phone=EXAMPLE.phone, day=EXAMPLE.day, starts=EXAMPLE.starts,
        urgent_phone=known.urgent_phone or EXAMPLE.urgent_phone,
        emergency_phone=known.emergency_phone or EXAMPLE.emergency_phone, code=EXAMPLE.code, page=EXAMPLE.page,
    )  # fmt: skip
    found = []
    for language in languages or shipped_languages():
        text = source if source is not None else shipped(template, language)
        if problems := check_wording(template, language, text, forbidden, known.links):
            raise InvalidInput(_problems(WordingRefused(problems), language))
        rendered = render(text, spoken(language, language), values, forbidden)
        most = max(each.segments for each in takes_at_most(text, language))
        found.append(Preview(language, rendered, count(rendered).segments, most))
    return found


def _links(session: Session, study: Study) -> tuple[str, ...]:
    return rules_of(session.get(RulesRow, study.id)).links


def _find(session: Session, study: Study, wording_id: int) -> WordingRow:
    query = select(WordingRow).where(WordingRow.id == wording_id, WordingRow.study_id == study.id)
    row = session.scalar(query.with_for_update())
    if row is None:
        raise NotFound([InputProblem("wording", "there is no such wording", "look at the study's wordings")])
    return row


def _problems(error: WordingRefused, language: str = "") -> Iterator[InputProblem]:
    for problem in error.problems:
        wrong, _, right = problem.partition("; ")
        place = f"source/{language}" if language else "source"
        yield InputProblem(place, wrong, right or "look at how texts are written")


def _note(uow: UnitOfWork, study: Study, action: str, row: WordingRow, why: str = "", source: str = "") -> None:
    after = {"wording": f"{row.template}/{row.language}/{row.version}"} | ({"source": source} if source else {})
    uow.audit(action, f"study:{study.code}", study_id=study.id, after=after, why=why)
