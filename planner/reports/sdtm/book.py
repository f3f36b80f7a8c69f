"""VISITNUM and VISIT of every visit that a study's protocol plans, in any of its versions.

A number says where the visit stands: 20002010 is epoch 20, cycle 002, place 010. Epochs and places go in tens, so that
what an amendment brings fits between. Numbers and names come from the first version that has a visit, and stay.
"""

from __future__ import annotations

from typing import NamedTuple

from planner.reports.sdtm.numbers import allot
from planner.reports.sdtm.texts import fitted
from schedules.compiled import repeats_of, visit_label
from schedules.design import Design, old_names, renamed
from schedules.keys import Stay, parse_key
from schedules.offsets import Offset, Unit
from schedules.order import rough_days
from schedules.protocol import Epoch, PlannedVisit, Protocol

MOST_EPOCHS, MOST_IN_CYCLE, MOST_IN_EPOCH = 999, 999, 999_999
_CYCLE, _EPOCH, _ENTRY = 1_000, 1_000_000, 1_000_000_000
#: stands for any cycle where names are compared
_ANY = 987_654


class Named(NamedTuple):
    """What the datasets call a visit: VISITNUM and VISIT."""

    number: int
    name: str


class _Slot(NamedTuple):
    """One visit of an epoch as the first version has it that has it; ``prefix`` tells it from others so called."""

    epoch: Epoch
    planned: PlannedVisit
    repeat: int | None
    prefix: str = ""
    suffix: str = ""


class VisitBook:
    """The numbers and names of a study's visits. Raises Refused for more visits than can be numbered."""

    def __init__(self, design: Design) -> None:
        self._names = old_names(design.versions)
        self._epochs: dict[str, int] = {}
        self._places: dict[str, dict[str, int]] = {}
        self._slots: dict[tuple[str, str], _Slot] = {}
        self._patterns: set[str] = set()
        self._found: dict[str, Named | None] = {}
        for protocol in design.versions:
            self._add(protocol)

    def canonical(self, key: str) -> str:
        """The key by which every version means the same visit: with the first name that it ever had."""
        return renamed(key, self._names)

    def named(self, key: str) -> Named | None:
        """Number and name of the visit with this key, of any version; None for one that no version has.

        A visit that is repeated since it was too old (``#2``) is the same visit.
        """
        if key not in self._found:
            self._found[key] = self._look_up(self.canonical(key))
        return self._found[key]

    def stay_words(self, stay: Stay) -> str | None:
        """``cycle 2 of Induction``; None for an epoch that no version has."""
        label = next((slot.epoch.label for (epoch, _), slot in self._slots.items() if epoch == stay.epoch), None)
        entry = f" (entry {stay.entry})" if stay.entry > 1 else ""
        return label and (f"cycle {stay.cycle} of {label}" if stay.cycle else label) + entry

    def _look_up(self, key: str) -> Named | None:
        parts = parse_key(key)
        slot = self._slots.get((parts.stay.epoch, parts.name)) if parts else None
        if parts is None or slot is None or bool(slot.epoch.cycles) != bool(parts.stay.cycle):
            return None
        stay = parts.stay
        number = (stay.entry - 1) * _ENTRY + self._epochs[stay.epoch] * _EPOCH + (stay.cycle or 0) * _CYCLE
        return Named(number + self._places[stay.epoch][parts.name], _name(slot, stay))

    def _add(self, protocol: Protocol) -> None:
        allot(self._epochs, list(protocol.epochs), MOST_EPOCHS)
        for epoch_id, epoch in protocol.epochs.items():
            slots = self._in_order(epoch_id, epoch)
            places = self._places.setdefault(epoch_id, {})
            allot(places, list(slots), MOST_IN_CYCLE if epoch.cycles else MOST_IN_EPOCH)
            for name, slot in slots.items():
                if (epoch_id, name) not in self._slots:
                    self._slots[epoch_id, name] = self._told_apart(epoch_id, slot)

    def _in_order(self, epoch_id: str, epoch: Epoch) -> dict[str, _Slot]:
        """The visits of an epoch, each of its repeats apart, by about their days, else as in the file."""
        found: list[tuple[float, str, _Slot]] = []
        for visit_id, planned in epoch.visits.items():
            named = self._names.get((epoch_id, visit_id), visit_id)
            for by, count in repeats_of(planned):
                name = named if count is None else f"{named}-{count}"
                found.append((_about(epoch_id, epoch, planned, by), name, _Slot(epoch, planned, count)))
        found.sort(key=lambda each: each[0])
        return {name: slot for _, name, slot in found}

    def _told_apart(self, epoch_id: str, slot: _Slot) -> _Slot:
        """The same, with the epoch's label in front where another visit has its name already."""
        prefixed = slot._replace(prefix=f"{slot.epoch.label.upper()} ")
        again = (prefixed._replace(suffix=f" ({number})") for number in range(2, 10_000))
        stay = Stay(epoch_id, 1, _ANY if slot.epoch.cycles else None)
        free = next(each for each in (slot, prefixed, *again) if _name(each, stay) not in self._patterns)
        self._patterns.add(_name(free, stay))
        return free


def _name(slot: _Slot, stay: Stay) -> str:
    label = visit_label(slot.epoch, stay, slot.planned, slot.repeat).upper()
    entry = f", ENTRY {stay.entry}" if stay.entry > 1 else ""
    return fitted(f"{slot.prefix}{label}{slot.suffix}{entry}")


def _about(epoch_id: str, epoch: Epoch, planned: PlannedVisit, by: Offset) -> float:
    """About how many days after the beginning of its epoch (or what that is counted from) a visit is."""
    days = rough_days(by)
    for _ in range(len(epoch.visits)):
        base = planned.after.visit.removeprefix(f"{epoch_id}.") if planned.after and planned.after.visit else ""
        if base not in epoch.visits:
            break
        planned = epoch.visits[base]
        days += rough_days(next(iter(repeats_of(planned)), (Offset(0, Unit.DAYS), None))[0])
    return days
