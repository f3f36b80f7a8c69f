"""Evidence from the stored plans, by a few statements that count inside the database, however many visits there are.

What depends on the protocol version in force at a visit is counted in the database for those who have had only one,
and visit by visit for whoever an amendment has moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from planner.persistence.care import care_texts
from planner.persistence.deviations import DeviationRow
from planner.persistence.participants import Participant
from planner.persistence.visits import VisitRow
from planner.reports.caring import count_care
from planner.reports.choosing import NONE, Choice, month_of
from planner.reports.evidence import (
    OUTSIDE,
    DeviationCell,
    Evidence,
    KeyCell,
    Person,
    VisitCell,
    outcome_of,
    standing_of,
)
from planner.reports.report import EVERYBODY
from planner.services.care_records import FORM, read_care
from planner.services.designs import StudyDesign
from planner.services.tallies import Tally, read_tally

_VISIT_DAY = func.coalesce(VisitRow.nominal, VisitRow.target)
_DEVIATION_SITE = func.coalesce(VisitRow.site_id, Participant.site_id)


class Stored:
    """Counts the stored visits and deviations of one study that a choice has."""

    def __init__(self, session: Session, design: StudyDesign, choice: Choice, people: Iterable[Person]) -> None:
        self._session = session
        self._design = design
        self._choice = choice
        self._people = {person.id: person for person in people}
        self._codes = {site_id: code for code, site_id in design.site_ids.items()}
        self._sqlite = session.get_bind().dialect.name == "sqlite"
        filters = choice.filters
        self._by_version = filters.version is not None or filters.by == "version"
        self._amended = [one.id for one in self._people.values() if len(one.versions) > 1] if self._by_version else []

    # -- visits -----------------------------------------------------------------------------------

    def visits(self, evidence: Evidence) -> None:
        """Add the visits."""
        whole = self._choice.filters.by == EVERYBODY
        # an index has them by site and word: of everybody, each site is counted for itself
        part = VisitRow.site_id if whole else self._group(VisitRow.site_id, _VISIT_DAY)
        for found, word, count in self._execute(self._visits(part, VisitRow.tally, func.count()), 2):
            group = EVERYBODY if whole else self._named(found)
            evidence.visits[visit_cell(group, read_tally(word))] += count
        for row, group in self._amended_rows():
            evidence.visits[visit_cell(group, read_tally(row.tally))] += 1

    def _execute(self, query: Any, parts: int) -> Any:
        """The answers to a query that counts, grouped by its first columns."""
        return self._session.execute(query.group_by(*(literal_place(place + 1) for place in range(parts))))

    def _visits(self, *what: Any) -> Any:
        """What is asked of the visits in the plans that a statement can choose."""
        query = select(*what).where(VisitRow.study_id == self._design.study_id, VisitRow.gone.is_(False))
        if self._needs_participant():
            query = query.join(Participant, Participant.id == VisitRow.participant_id)
        return query.where(*self._asked_for(VisitRow.site_id, _VISIT_DAY), *self._unamended())

    def _amended_rows(self) -> Iterator[tuple[VisitRow, str]]:
        """The visits of those whom an amendment has moved, one by one, each with its group."""
        for row, person in self._rows(VisitRow, VisitRow.gone.is_(False)):
            day, site = row.nominal or row.target, self._codes[row.site_id]
            version = person.version_on(row.actual or row.nominal or row.target)
            if self._choice.filters.version in (None, version) and self._has(person, site, day):
                yield row, self._choice.group(person, site, day, version)

    def visits_by_key(self) -> Counter[KeyCell]:
        """The visits within the schedule by what they are and how they stand."""
        found = Counter[KeyCell]()
        parts = (VisitRow.key, VisitRow.label, VisitRow.tally)
        for key, label, word, count in self._execute(self._visits(*parts, func.count()), len(parts)):
            found[_key_cell(key, label, word)] += count
        for row, _ in self._amended_rows():
            found[_key_cell(row.key, row.label, row.tally)] += 1
        return Counter({cell: count for cell, count in found.items() if not cell.key.startswith(OUTSIDE)})

    # -- deviations -------------------------------------------------------------------------------

    def deviations(self, evidence: Evidence) -> None:
        """Add the deviations."""
        group, month = self._group(_DEVIATION_SITE, DeviationRow.day), self._month(DeviationRow.day)
        parts = (group, DeviationRow.kind, DeviationRow.important, _DEVIATION_SITE, month, DeviationRow.state)
        query = self._of_deviations(*parts, func.count())
        query = query.where(*self._asked_for(_DEVIATION_SITE, DeviationRow.day), *self._unamended())
        for part, kind, important, site, when, state, count in self._execute(query, len(parts)):
            cell = (self._named(part), kind, important, self._codes[site], when or "", standing_of(state))
            evidence.deviations[DeviationCell(*cell)] += count
        self._amended_deviations(evidence)

    def _amended_deviations(self, evidence: Evidence) -> None:
        for page in self._pages():
            query = self._of_deviations(DeviationRow, _DEVIATION_SITE).where(DeviationRow.participant_id.in_(page))
            for row, site_id in self._session.execute(query):
                person, site = self._people[row.participant_id], self._codes[site_id]
                version = person.version_on(row.day)
                if self._choice.filters.version in (None, version) and self._has(person, site, row.day):
                    group = self._choice.group(person, site, row.day, version)
                    cell = (group, row.kind, row.important, site, month_of(row.day), standing_of(row.state))
                    evidence.deviations[DeviationCell(*cell)] += 1

    def _of_deviations(self, *what: Any) -> Any:
        """The deviations that the engine finds, each with its visit where that is in the plan."""
        visit = and_(
            VisitRow.participant_id == DeviationRow.participant_id, VisitRow.key == DeviationRow.visit_key,
            VisitRow.gone.is_(False),
        )  # fmt: skip
        query = select(*what).select_from(DeviationRow).join(Participant, Participant.id == DeviationRow.participant_id)
        query = query.outerjoin(VisitRow, visit)
        return query.where(
            DeviationRow.study_id == self._design.study_id, DeviationRow.found, DeviationRow.state != "lapsed"
        )

    # -- observation ------------------------------------------------------------------------------

    def actual_days(self) -> dict[tuple[int, str], date]:
        """The day on which each visit took place of which somebody was reminded, by participant and key."""
        visit = and_(VisitRow.key == AppointmentRow.reference, VisitRow.actual.is_not(None), VisitRow.gone.is_(False))
        query = select(VisitRow.participant_id, VisitRow.key, VisitRow.actual).distinct()
        query = query.join(AppointmentRow, visit).where(
            VisitRow.study_id == self._design.study_id, AppointmentRow.study_id == self._design.study_id,
            AppointmentRow.day == VisitRow.actual,
        )  # fmt: skip
        return {(number, key): day for number, key, day in self._session.execute(query) if day is not None}

    def observation(self) -> list[Person]:
        """The participants with how they stand in the observation for dose-limiting toxicity."""
        query = select(Participant.id, Participant.observation).where(Participant.study_id == self._design.study_id)
        rows = self._session.execute(query.where(Participant.observation.is_not(None)))
        known = {row.id: row.observation for row in rows}
        return [replace(one, observation=known.get(one.id)) for one in self._people.values()]

    # -- choosing ---------------------------------------------------------------------------------

    def _needs_participant(self) -> bool:
        filters = self._choice.filters
        return bool(filters.arm or filters.cohort or self._by_version or filters.by in ("arm", "cohort"))

    def _asked_for(self, site: Any, day: Any) -> list[ColumnElement[bool]]:
        filters = self._choice.filters
        sites = [site_id for code, site_id in self._design.site_ids.items() if self._choice.has_site(code)]
        found: list[ColumnElement[bool]] = []
        if len(sites) < len(self._design.site_ids):
            found.append(site.in_(sites))
        pairs = ((Participant.arm, filters.arm), (Participant.cohort, filters.cohort))
        found += [column == wanted for column, wanted in pairs if wanted is not None]
        found += [day >= filters.since] if filters.since is not None else []
        found += [day <= filters.until] if filters.until is not None else []
        return found

    def _unamended(self) -> list[ColumnElement[bool]]:
        """Those who have had one version only, and the one that is asked for."""
        if not self._by_version:
            return []
        wanted = self._choice.filters.version
        right = [Participant.version == wanted] if wanted is not None else []
        return [*(~Participant.id.in_(page) for page in self._pages()), *right]

    def _has(self, person: Person, site: str, day: Any) -> bool:
        return self._choice.has_person(person) and self._choice.has_site(site) and self._choice.has_day(day)

    def _rows(self, kind: Any, *which: ColumnElement[bool]) -> Iterator[tuple[Any, Person]]:
        for page in self._pages():
            for row in self._session.scalars(select(kind).where(kind.participant_id.in_(page), *which)):
                yield row, self._people[row.participant_id]

    def _pages(self) -> Iterator[list[int]]:
        for start in range(0, len(self._amended), 500):
            yield self._amended[start : start + 500]

    # -- groups -----------------------------------------------------------------------------------

    def _group(self, site: Any, day: Any) -> ColumnElement[Any]:
        """The value of the breakdown as the database knows it."""
        match self._choice.filters.by:
            case "site":
                found: ColumnElement[Any] = site
                return found
            case "arm":
                return func.coalesce(Participant.arm, NONE)
            case "cohort":
                return func.coalesce(Participant.cohort, NONE)
            case "version":
                return func.coalesce(Participant.version, NONE)
            case "month":
                return func.coalesce(self._month(day), NONE)
        return literal(EVERYBODY)

    def _named(self, part: Any) -> str:
        return self._codes[part] if self._choice.filters.by == "site" else str(part)

    def _month(self, day: Any) -> ColumnElement[Any]:
        return func.substr(day, 1, 7) if self._sqlite else func.to_char(day, "YYYY-MM")


def literal_place(place: int) -> ColumnElement[Any]:
    """A column of the answer by its place, to group by what is long to write and costs to work out twice."""
    return literal_column(str(place))


def visit_cell(group: str, tally: Tally) -> VisitCell:
    """What a visit that counts so is in the figures."""
    return VisitCell(group, outcome_of(tally.status, tally.occurred, tally.outside), tally.days_off, tally.late)


def _key_cell(key: str, label: str, word: str) -> KeyCell:
    tally = read_tally(word)
    return KeyCell(key, label, tally.status, tally.occurred, tally.days_off)


def gather(
    session: Session, design: StudyDesign, people: list[Person], choice: Choice, wanted: frozenset[str]
) -> Evidence:
    """The evidence that is wanted of ``visits``, ``deviations`` and ``observation``."""
    evidence, stored = Evidence(people=people), Stored(session, design, choice, people)
    if "visits" in wanted:
        stored.visits(evidence)
    if "deviations" in wanted:
        stored.deviations(evidence)
    if "observation" in wanted:
        evidence.people = stored.observation()
    if "reminders" in wanted:
        evidence.actual = stored.actual_days()
    return evidence


def count_stored_care(session: Session, people: Iterable[Person], choice: Choice, evidence: Evidence) -> set[int]:
    """Add what was done, given and taken by those of whom it is stored; who else is asked for, by id."""
    wanted = {person.id: person for person in people if choice.has_person(person)}
    for participant_id, text in care_texts(session, list(wanted), FORM):
        person = wanted.pop(participant_id)
        if text:
            count_care(evidence, person, read_care(text), choice)
    return set(wanted)
