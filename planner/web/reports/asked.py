"""What the form of a report asks for: it keeps what was typed, and says what is wrong next to the field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from flask import request, url_for
from sqlalchemy.orm import Session

from planner.auth.door import scope
from planner.persistence.sites import sites_of
from planner.persistence.studies import Study
from planner.problems import InputProblem, InvalidInput
from planner.reports.making import Wanted
from planner.reports.report import EVERYBODY, Filters
from planner.services.designs import StudyDesign
from planner.web.desk.fact_form import typed
from planner.web.studies.forms import Form
from schedules.scalars import read_date, read_instant

FILTERS = ("site", "arm", "cohort", "since", "until", "version", "by")
FIELDS = (*FILTERS, "as_of", "mask_below")
#: the breakdowns, and how people call them
BREAKDOWNS = (
    (EVERYBODY, "nothing: one figure for all"), ("site", "site"), ("arm", "arm"), ("cohort", "cohort"),
    ("month", "month"), ("version", "protocol version"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """What can be chosen in a study: pairs of a value and what people read."""

    site: tuple[tuple[str, str], ...]
    arm: tuple[tuple[str, str], ...]
    cohort: tuple[tuple[str, str], ...]
    version: tuple[tuple[str, str], ...]


def options_of(session: Session, study: Study, design: StudyDesign) -> Options:
    """What can be chosen, of the sites those that whoever asks may see."""
    sites = [row for row in sites_of(session, study.id) if scope().covers(study.id, row.id)]
    newest_last = design.protocols.values()
    arms = {name: arm.label for protocol in newest_last for name, arm in protocol.arms.items()}
    cohorts = {name: cohort.label for protocol in newest_last for name, cohort in protocol.cohorts.items()}
    return Options(
        tuple((row.code, row.name) for row in sites), tuple(arms.items()), tuple(cohorts.items()),
        tuple((name, name) for name in design.protocols),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ask:
    """What was asked for of a study: the form as it was typed, and what it means."""

    study: str
    form: Form

    @property
    def query(self) -> dict[str, Any]:
        """What an address says to ask for the same."""
        return {name: self.form.value(name) for name in FIELDS if self.form.value(name)}

    def address(self, endpoint: str, **more: Any) -> str:
        """The same report elsewhere."""
        return url_for(endpoint, study=self.study, **self.query, **more)

    @property
    def past(self) -> bool:
        """Whether it is of a past moment."""
        return bool(self.form.value("as_of"))

    @property
    def refined(self) -> bool:
        """Whether anything is asked for besides everything, as of now."""
        return bool(self.query)

    def wanted(self, *measures: str) -> Wanted:
        """The report that is asked for. Raises InvalidInput with every field that cannot be read."""
        problems: list[InputProblem] = []
        since, until = (_read(self.form, name, _day, problems) for name in ("since", "until"))
        as_of = _read(self.form, "as_of", _moment, problems)
        mask = _read(self.form, "mask_below", _number, problems)
        if problems:
            raise InvalidInput(problems)
        said = {name: self.form.value(name) or None for name in ("site", "arm", "cohort", "version")}
        filters = Filters(**said, since=since, until=until, by=self.form.value("by") or EVERYBODY)
        return Wanted(study=self.study, filters=filters, as_of=as_of, mask_below=mask or 0, measures=measures)


def ask_of(study: str) -> Ask:
    """What the address asks for."""
    values = typed(dict(request.args.lists()))
    return Ask(study, Form(FIELDS, {name: said for name, said in values.items() if name in FIELDS}))


def _read(form: Form, name: str, read: Callable[[str], Any], problems: list[InputProblem]) -> Any:
    text = form.value(name)
    try:
        return read(text) if text else None
    except ValueError:
        wrong, right = _WRONG[name]
        problems.append(InputProblem(name, wrong, right))
        return None


_WRONG = {
    "since": ("this is no day", "write it as 2026-01-31"),
    "until": ("this is no day", "write it as 2026-01-31"),
    "as_of": ("this is no day and no moment", "write it as 2026-01-31, or 2026-01-31T14:00Z"),
    "mask_below": ("this is no number", "write digits only, such as 5"),
}


def _day(text: str) -> date:
    return read_date(text)


def _moment(text: str) -> datetime:
    """A moment, or the end of a day by UTC."""
    try:
        return datetime.combine(read_date(text), time(23, 59, 59), UTC)
    except ValueError:
        return read_instant(text)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise ValueError(text)
    return int(text)
