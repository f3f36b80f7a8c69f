"""Puts an amendment into effect at a site, or shows whom that would move."""

from __future__ import annotations

from collections.abc import Iterator

import click

from planner import clock
from planner.commands.installation import OPERATOR, installation
from planner.services.access import EVERYTHING
from planner.services.amendments import (
    Amended,
    AmendmentReport,
    MakeEffective,
    amendment_effective,
    preview_amendment,
)


def make_effective(command: MakeEffective, preview: bool) -> None:
    """Put a version into effect at a site; only say what that would move, if so asked."""
    with installation() as planner:
        if preview:
            found = planner.store.read(
                lambda session: preview_amendment(session, planner.designs, EVERYTHING, command, clock.now())
            )
        else:
            found = planner.store.write(
                OPERATOR, clock.now(), lambda uow: amendment_effective(uow, planner.designs, EVERYTHING, command)
            )
    for line in _lines(found, preview):
        click.echo(line)


def _lines(found: AmendmentReport, preview: bool) -> Iterator[str]:
    where = f"Version {found.version} {{}} in effect at {found.site} from {found.effective_on} on"
    if preview:
        yield f"Nothing is changed yet. {where.format('would be')}."
    elif found.waits:
        yield f"{where.format('will be')}; whom it concerns comes under it on that day."
    else:
        yield f"{where.format('is')}."
    for one in found.amended:
        yield f"{one.participant}  comes under it on {one.since}: {_what_moves(one)}"
    for number, reason in found.failed:
        yield f"{number}  stays as before: {reason}"
    if found.to_reconsent:
        yield f"To consent again: {', '.join(found.to_reconsent)}"


def _what_moves(one: Amended) -> str:
    changes = one.recorded.changes
    visits = changes.visits if changes is not None else ()
    if not visits:
        return "no visit changes"
    named = ", ".join(f"{change.label} {change.what.value}" for change in visits[:5])
    more = f" and {len(visits) - 5} more" if len(visits) > 5 else ""
    return f"{named}{more}"
