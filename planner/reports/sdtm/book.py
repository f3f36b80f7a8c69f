"""VISITNUM and VISIT of every visit that a study's protocol plans, in any of its versions.

A number says where the visit stands: 20002010 is epoch 20, cycle 002, place 010. Epochs and places go in tens, so that
what an amendment brings fits between. Numbers and names come from the first version that has a visit, and stay.
"""

from __future__ import annotations

from operator import itemgetter
from typing import NamedTuple

from planner.reports.sdtm.numbers import allot
from planner.reports.sdtm.texts import fitted
from schedules.compiled import repeats_of, visit_label
from schedules.design import Design, old_names, renamed
from schedules.keys import Stay, parse_key
from schedules.language import Spans
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
    """One visit of an epoch, or one of its repeats, as the first version has it that has it."""

    id: str
    epoch: Epoch
    planned: PlannedVisit
    repeat: int | None

    @property
    def pattern(self) -> str:
        """Its name in any cycle."""
        return self.label(Stay("any", 1, _ANY if self.epoch.cycles else None))

    def label(self, stay: Stay) -> str:
        """Its name as the protocol has it."""
        return visit_label(self.epoch, stay, self.planned, self.repeat).upper()


class VisitBook:
    """The numbers and names of a study's visits. Raises Refused for more visits than can be numbered."""

    def __init__(self, design: Design) -> None:
        self._names = old_names(design.versions)
        self._epochs: dict[str, int] = {}
        self._places: dict[str, dict[str, int]] = {}
        self._slots: dict[tuple[str, str], _Slot] = {}
        #: the visits that are called alike, in the order in which the versions brought them
        self._alike: dict[str, list[_Slot]] = {}
        #: in which cycles which version plans a visit, the first version first
        self._cycles: dict[str, list[tuple[int, Spans | None]]] = {}
        self._found: dict[str, Named | None] = {}
        for version, protocol in enumerate(design.versions):
            self._add(version, protocol)

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
        return Named(number + self._places[stay.epoch][parts.name], self._name(slot, stay))

    def _add(self, version: int, protocol: Protocol) -> None:
        allot(self._epochs, list(protocol.epochs), MOST_EPOCHS)
        for epoch_id, epoch in protocol.epochs.items():
            slots = self._in_order(epoch_id, epoch)
            places = self._places.setdefault(epoch_id, {})
            allot(places, list(slots), MOST_IN_CYCLE if epoch.cycles else MOST_IN_EPOCH)
            for name, slot in slots.items():
                if (epoch_id, name) not in self._slots:
                    self._slots[epoch_id, name] = slot
                    self._alike.setdefault(slot.pattern, []).append(slot)
                self._cycles.setdefault(slot.id, []).append((version, slot.planned.cycles))

    def _in_order(self, epoch_id: str, epoch: Epoch) -> dict[str, _Slot]:
        """The visits of an epoch, each of its repeats apart, by about their days, else as in the file."""
        found: list[tuple[float, str, _Slot]] = []
        for visit_id, planned in epoch.visits.items():
            named = self._names.get((epoch_id, visit_id), visit_id)
            for by, count in repeats_of(planned):
                name = named if count is None else f"{named}-{count}"
                found.append(
                    (_about(epoch_id, epoch, planned, by), name, _Slot(f"{epoch_id}.{name}", epoch, planned, count))
                )
        found.sort(key=lambda each: each[0])
        return {name: slot for _, name, slot in found}

    def _name(self, slot: _Slot, stay: Stay) -> str:
        """What people read; of those that are called alike in a cycle, all but the first have their epoch in front."""
        known = [(since, each) for each in self._alike[slot.pattern] for since in [self._since(each, stay)]]
        alike = sorted([(since, each) for since, each in known if since is not None], key=itemgetter(0))
        others = [each for _, each in alike[1:]]
        label = slot.label(stay)
        if any(each.id == slot.id for each in others):
            own = [each.id for each in others if each.epoch.label == slot.epoch.label].index(slot.id)
            label = f"{slot.epoch.label.upper()} {label}" + (f" ({own + 1})" if own else "")
        return fitted(label + (f", ENTRY {stay.entry}" if stay.entry > 1 else ""))

    def _since(self, slot: _Slot, stay: Stay) -> int | None:
        """The first version that plans the visit in that cycle; None if none does."""
        versions = (
            version for version, cycles in self._cycles[slot.id] if cycles is None or (stay.cycle or 1) in cycles
        )
        return next(versions, None)


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
