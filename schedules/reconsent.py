"""What an amendment brings that a participant has to consent to first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from schedules.compiled import CompiledProtocol

#: For an epoch and the first name of a visit in it the activities that are new there; None where all of it is new.
NewIn: TypeAlias = Mapping[tuple[str, str], frozenset[str] | None]


def new_in(compiled: CompiledProtocol, older: CompiledProtocol) -> NewIn:
    """The visits, and the activities in visits, that a version has and an older one has not."""
    known = _activities(older)
    found: dict[tuple[str, str], frozenset[str] | None] = {}
    for name, activities in _activities(compiled).items():
        if name not in known:
            found[name] = None
        elif activities - known[name]:
            found[name] = activities - known[name]
    return found


def _activities(compiled: CompiledProtocol) -> dict[tuple[str, str], frozenset[str]]:
    return {
        (epoch_id, compiled.name_of(epoch_id, name)): frozenset(item.activity for item in visit.activities)
        for epoch_id, epoch in compiled.protocol.epochs.items()
        for name, visit in epoch.visits.items()
    }
