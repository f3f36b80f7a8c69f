"""A dataset as CSV (RFC 4180): the variables' names, then a line for each record, in which nothing is a formula."""

from __future__ import annotations

from planner.presenting.plan_csv import csv_text
from planner.reports.sdtm.datasets import Domain


def domain_csv(domain: Domain) -> str:
    """The whole dataset."""
    return csv_text([[column.name for column in domain.columns], *domain.rows])
