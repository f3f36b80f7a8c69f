"""Who has consented again to which version, and who still must: by the amendments that were applied to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from planner.clock import local_day
from planner.persistence.participants import Participant
from planner.services.access import Scope, find_study
from planner.services.designs import Designs, StudyDesign
from planner.services.known_facts import known_of_each
from schedules.history import AmendmentApplied, Consented, Fact

#: nobody asks these for consent any more
_OVER = frozenset({"died", "withdrawn", "completed", "screen-failed"})


@dataclass(frozen=True, slots=True)
class Reconsent:
    """One version that a participant came under by an amendment, and their consent to it.

    ``needed``: the version asks for consent again. ``outstanding``: it does, there is none, and the version is still
    the participant's.
    """

    participant: str
    site: str
    version: str
    since: date
    needed: bool
    consented_on: date | None
    outstanding: bool


def reconsent_log(
    session: Session, designs: Designs, scope: Scope, study_code: str, now: datetime, version: str | None = None
) -> list[Reconsent]:
    """The versions that participants came under by amendments, by number and day; of one version only, if asked."""
    study = find_study(session, scope, study_code)
    design = designs.of(session, study)
    found = [
        entry
        for participant, facts in known_of_each(session, scope, study, AmendmentApplied, Consented)
        for entry in _of(design, participant, facts, now)
    ]
    return [entry for entry in found if version is None or entry.version == version]


def _of(design: StudyDesign, participant: Participant, facts: list[Fact], now: datetime) -> Iterator[Reconsent]:
    site = next(code for code, site_id in design.site_ids.items() if site_id == participant.site_id)
    today = local_day(now, design.zones[site])
    applied = [fact for fact in facts if isinstance(fact, AmendmentApplied)]
    needing = {version.protocol.version for version in design.versions if version.protocol.reconsent}
    for place, fact in enumerate(applied):
        given = (one.date for one in facts if isinstance(one, Consented) and one.version == fact.version)
        consented_on = next(given, None)
        needed = fact.version in needing
        replaced = any(later.date <= today for later in applied[place + 1 :])
        still = participant.status not in _OVER and not replaced
        yield Reconsent(
            participant.number, site, fact.version, fact.date, needed, consented_on,
            needed and consented_on is None and still,
        )  # fmt: skip
