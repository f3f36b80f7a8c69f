"""Every table, imported: what migrations and new databases are made of."""

from __future__ import annotations

from notifications import tables as notifications
from planner.persistence import (
    audit,
    bookings,
    care,
    checklists,
    cohorts,
    contact_attempts,
    contact_consents,
    deviations,
    dose_oks,
    facts,
    feeds,
    home_links,
    idempotency,
    long_work,
    participants,
    report_mails,
    screening,
    site_versions,
    sites,
    studies,
    users,
    visits,
)
from planner.persistence.base import Base

__all__ = ["METADATA", "MODULES"]

MODULES = (
    audit,
    bookings,
    care,
    checklists,
    cohorts,
    contact_attempts,
    contact_consents,
    deviations,
    dose_oks,
    facts,
    feeds,
    home_links,
    idempotency,
    long_work,
    participants,
    report_mails,
    screening,
    site_versions,
    sites,
    studies,
    users,
    visits,
    *notifications.MODULES,
)
METADATA = Base.metadata
