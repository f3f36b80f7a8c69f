"""The study that a page is about, and what whoever looks may do with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, scope
from planner.auth.permissions import Permission
from planner.persistence.studies import Study
from planner.problems import Refused, ValuesMissing
from planner.services.access import find_study
from planner.services.designs import read_versions
from planner.web.frame import may
from schedules.protocol_file import ReadProtocol


@dataclass(frozen=True, slots=True)
class Shown:
    """A study as its pages show it."""

    row: Study
    now: datetime

    @property
    def code(self) -> str:
        """What addresses name it by."""
        return self.row.code

    def may(self, permission: str) -> bool:
        """Whether whoever looks may do that at any site of the study."""
        wanted = Permission(permission)
        return may(asking(), wanted) and asking().scope(wanted).covers(self.row.id)

    def may_whole(self, permission: str) -> bool:
        """Whether whoever looks may do that in all of the study."""
        wanted = Permission(permission)
        return may(asking(), wanted) and asking().scope(wanted).covers_whole(self.row.id)


def shown_study(session: Session, code: str) -> Shown:
    """The study of that code. Raises NotFound and NotAllowed."""
    return Shown(find_study(session, scope(), code), clock.now())


def texts_of(session: Session, shown: Shown) -> tuple[ReadProtocol, ...]:
    """The versions of the protocol, oldest first, with the values that they have; what has none keeps its example."""
    try:
        return installation().designs.of(session, shown.row).versions
    except (ValuesMissing, Refused):  # it is being set up
        return read_versions(session, shown.row)
