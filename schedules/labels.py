"""What people read for an activity: its label, wherever a sentence names it."""

from __future__ import annotations

from collections.abc import Iterable

from schedules.compiled import CompiledProtocol
from schedules.wording import list_words


def label_of(compiled: CompiledProtocol, activity: str) -> str:
    """The activity's label; its id if this version of the protocol does not have it."""
    known = compiled.protocol.activities.get(activity)
    return known.label if known else activity


def labels_of(compiled: CompiledProtocol, activities: Iterable[str]) -> str:
    """Several activities by their labels: ``a, b and c``."""
    return list_words(label_of(compiled, activity) for activity in activities)
