"""Reports that go out by e-mail as plain data, for programs."""

from __future__ import annotations

from typing import Any

from planner.reports.mail_schedules import Listed, ListedMail


def schedule_data(listed: Listed) -> dict[str, Any]:
    """A report that goes out; instants in ISO 8601."""
    row = listed.row
    return {
        "id": row.id, "rhythm": row.rhythm, "day": row.day, "hour": row.hour, "zone": row.zone,
        "words": listed.rhythm.words(), "filters": row.filters, "forms": row.forms, "mask_below": row.mask_below,
        "next_due": row.next_due.isoformat() if row.next_due is not None else None,
        "made_at": row.made_at.isoformat(),
        "recipients": [{"email": each.email, "name": each.name, "may_read": each.may} for each in listed.readers],
    }  # fmt: skip


def mail_data(listed: ListedMail) -> dict[str, Any]:
    """One mail, and what became of it."""
    row = listed.row
    return {
        "id": row.id, "schedule": row.schedule_id, "as_of": row.due_at.isoformat(), "to": listed.to,
        "state": row.state, "tries": row.tries, "why": row.words,
        "settled_at": row.settled_at.isoformat() if row.settled_at is not None else None,
    }  # fmt: skip
