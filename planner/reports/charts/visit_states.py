"""How a visit stands, in the few words of the charts, and in which order visits come in a protocol."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from schedules.keys import parse_key
from schedules.protocol import Protocol
from schedules.statuses import Status

IN_WINDOW, EARLY, LATE, DONE = "in window", "early", "late", "done, no window"
MISSED, NO_RECORD, LEFT_OUT, WAITS = "missed", "no record", "left out", "waits"
DUE, TO_COME, FELL_AWAY = "due now", "to come", "fell away"
#: every state, from what went well to what does not matter any more
STATES = (IN_WINDOW, EARLY, LATE, DONE, MISSED, NO_RECORD, LEFT_OUT, WAITS, DUE, TO_COME, FELL_AWAY)
_BY_STATUS = {
    Status.MISSED: MISSED, Status.UNRECORDED: NO_RECORD, Status.OMITTED: LEFT_OUT, Status.HELD: WAITS,
    Status.NEEDS_DECISION: WAITS, Status.DUE: DUE, Status.SUSPENDED: FELL_AWAY, Status.CANCELLED: FELL_AWAY,
}  # fmt: skip


def state_of(status: str, occurred: bool, days_off: int | None) -> str:
    """How a visit stands; ``days_off`` are days before (negative) or after its window, None where it has none."""
    if occurred:
        return DONE if days_off is None else EARLY if days_off < 0 else LATE if days_off else IN_WINDOW
    return _BY_STATUS.get(Status(status), TO_COME)


#: epoch, times entered, cycle, visit, its number where it repeats, times it had to be done
Place = tuple[int, int, int, int, int, int]
#: a visit that repeats, with its number: month-3
_REPEATED = re.compile(r"(.+)-(\d{1,9})")


def order_of(protocols: Iterable[Protocol]) -> Callable[[str], Place]:
    """A key to sort visits by their own keys: in the order of the newest version, then in that of those before it."""
    epochs: dict[str, dict[str, int]] = {}
    for protocol in reversed(list(protocols)):
        for name, epoch in protocol.epochs.items():
            visits = epochs.setdefault(name, {})
            for visit in epoch.visits:
                visits.setdefault(visit, len(visits))
    places = {name: place for place, name in enumerate(epochs)}

    def place_of(text: str) -> Place:
        key = parse_key(text)
        if key is None or key.stay.epoch not in places:
            return (len(places), 0, 0, 0, 0, 0)
        visit, number = _place_in(epochs[key.stay.epoch], key.name)
        return (places[key.stay.epoch], key.stay.entry, key.stay.cycle or 0, visit, number, key.again)

    return place_of


def _place_in(visits: Mapping[str, int], name: str) -> tuple[int, int]:
    repeated = _REPEATED.fullmatch(name) if name not in visits else None
    return (visits.get(repeated[1], len(visits)), int(repeated[2])) if repeated else (visits.get(name, len(visits)), 0)
