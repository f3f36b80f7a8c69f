"""The deviations that somebody sees, as a table that leaves the planner: the audit says who took it, and of what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from planner.persistence.deviations import DeviationRow
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.services.access import Scope, find_study
from planner.services.lists import Wanted, deviations_query

COLUMNS = (
    "study", "site", "participant", "day", "kind", "visit", "activity", "days", "what", "state", "important",
    "category", "cause", "action", "aware_since", "reported_on", "reported_to", "reason", "signed_by", "signed_at",
    "signed_as", "still_found",
)  # fmt: skip


def deviation_table(uow: UnitOfWork, scope: Scope, wanted: Wanted) -> list[tuple[object, ...]]:
    """The deviations that are wanted, within the scope, by study, day and number, below a row of names.

    Each study's audit says that its part was taken out. Raises NotFound for a study that is out of the scope.
    """
    query = deviations_query(uow.session, scope, wanted).add_columns(SiteRow.code, DeviationRow.study_id)
    query = query.join(SiteRow, SiteRow.id == Participant.site_id)
    rows: list[Any] = list(uow.session.execute(query.order_by(Study.code, DeviationRow.day, DeviationRow.id)))
    names = names_of(uow.session, (row.signed_by for row, *_ in rows))
    _note(uow, scope, wanted, Counter(study_id for *_, study_id in rows))
    return [COLUMNS, *_lines(rows, names)]


def _lines(rows: list[Any], names: dict[int, str]) -> Iterator[tuple[object, ...]]:
    for row, study, number, site, _ in rows:
        signed = row.signed_at.isoformat(timespec="seconds") if row.signed_at else None
        yield (
            study, site, number, row.day, row.kind, row.visit_key, row.activity, row.days, row.text, row.state,
            _yes(row.important), row.category, row.cause, row.action, row.aware_since, row.reported_on,
            row.reported_to, row.reason, names.get(row.signed_by or 0), signed, row.signed_as, _yes(row.found),
        )  # fmt: skip


def _yes(said: bool) -> str:
    return "yes" if said else "no"


def _note(uow: UnitOfWork, scope: Scope, wanted: Wanted, counts: Counter[int]) -> None:
    """A line for each study of which something was taken; for a study that was asked for also where there was none."""
    if wanted.study is not None:
        counts[find_study(uow.session, scope, wanted.study).id] += 0
    codes = uow.session.execute(select(Study.id, Study.code).where(Study.id.in_(counts)).order_by(Study.id))
    for study_id, code in codes:
        after = {"states": list(wanted.statuses), "count": counts[study_id]}
        uow.audit("deviations.exported", f"study:{code}", study_id=study_id, after=after)
