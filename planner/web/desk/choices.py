"""What somebody may choose from: their studies, their sites."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from planner.auth.door import scope
from planner.persistence.paging import Asked
from planner.services.access import find_study
from planner.services.lists import list_sites, list_studies

MOST = 200


@dataclass(frozen=True, slots=True)
class Studies:
    """The studies that somebody may see, as code and title, and the one that they chose; none for all of them."""

    known: tuple[tuple[str, str], ...]
    chosen: str | None


def studies_of(session: Session, chosen: str | None) -> Studies:
    """The studies to choose from. Raises NotFound for a chosen one that they may not know of."""
    known = tuple((row.code, row.title) for row in list_studies(session, scope(), Asked(MOST)).rows)
    wanted = (chosen or "").replace("\0", "\N{REPLACEMENT CHARACTER}")  # which no database can be asked for
    return Studies(known, find_study(session, scope(), wanted).code if wanted else None)


def sites_of(session: Session) -> list[tuple[str, str]]:
    """The sites that somebody may see, as code and name."""
    return [(row.code, row.name) for row in list_sites(session, scope(), Asked(MOST)).rows]
