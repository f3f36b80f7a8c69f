"""The audit's word of a dataset that leaves the planner: which, of when, and how much."""

from __future__ import annotations

from collections.abc import Sequence

from planner.persistence.unit_of_work import UnitOfWork
from planner.reports.sdtm.datasets import Domains


def note_export(uow: UnitOfWork, domains: Domains, names: Sequence[str]) -> None:
    """Say in the study's audit that these datasets were taken out."""
    records = {name.upper(): len(domains.domain(name).rows) for name in names}
    after = {"as_of": domains.heading.as_of.isoformat(), "participants": domains.participants, "records": records}
    uow.audit("sdtm.exported", f"study:{domains.heading.study}", study_id=domains.heading.study_id, after=after)
