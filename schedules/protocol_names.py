"""The names that a protocol declares, and how to complain about one that it has not."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from schedules.errors import Problem
from schedules.protocol import ActivityKind, Epoch, PlannedVisit, Protocol, Stage
from schedules.protocol_sizes import times_planned
from schedules.wording import quoted
from schedules.yaml_text import Document, Path

BUILT_IN_EVENTS = (
    "end-of-treatment", "last-dose", "day-1", "enrolment", "progression", "new-therapy", "transplant", "conditioning",
)  # fmt: skip
KEYWORDS = ("proceed", "next-cycle", "end")
MOST_COMPARED = 200
MOST_LISTED = 20


class Names:
    """A protocol's names, worked out once; dicts, because they are looked up quickly and keep the file's order."""

    def __init__(self, protocol: Protocol, document: Document) -> None:
        self.protocol = protocol
        self.document = document
        self.unknown: list[Problem] = []
        """The names complained about so far, because nothing is called so."""
        kinds = {name: activity.kind for name, activity in protocol.activities.items()}
        self.doses = {name: kind for name, kind in kinds.items() if kind is ActivityKind.DOSE}
        self.home_doses = {name: kind for name, kind in kinds.items() if kind is ActivityKind.HOME_DOSE}
        diaries = {name: kind for name, kind in kinds.items() if kind is ActivityKind.QUESTIONNAIRE}
        self.at_home = {**self.home_doses, **diaries}
        self.drugs = {**self.doses, **self.home_doses}
        self.treatment = [name for name, epoch in protocol.epochs.items() if epoch.stage is Stage.TREATMENT]
        self.ways = dict.fromkeys((*KEYWORDS, *self.treatment))
        self.gates = {gate: epoch for epoch in protocol.epochs.values() for gate in epoch.gates}
        self.events = dict.fromkeys((*BUILT_IN_EVENTS, *protocol.events))
        self.planned = dict.fromkeys(_planned(protocol))
        self.visits = dict.fromkeys(
            f"{name}.{visit}" for name, epoch in protocol.epochs.items() for visit in epoch.visits
        )

    def problem(self, path: Path, wrong: str, right: str, at_key: bool = False) -> Problem:
        """A problem at a place of the file."""
        return self.document.problem(path, wrong, right, at_key)

    def known(
        self, path: Path, what: str, name: str, names: Collection[str], at_key: bool = False
    ) -> Iterator[Problem]:
        """A problem if ``name`` is none of the names."""
        if name not in names:
            self.unknown.append(self.problem(path, f"there is no {what} {quoted(name)}", hint(name, names), at_key))
            yield self.unknown[-1]

    def each(self, path: Path, what: str, found: Iterable[str], names: Collection[str]) -> Iterator[Problem]:
        """A problem for each of ``found`` that is none of the names, or that stands there twice."""
        seen: set[str] = set()
        for place, name in enumerate(found):
            yield from self.known((*path, place), what, name, names)
            if name in seen:
                yield self.problem((*path, place), f"{name} is named twice", "name it once")
            seen.add(name)

    def visit(self, path: Path, name: str, epoch: Epoch) -> Iterator[Problem]:
        """A problem if that is neither a visit of the epoch nor, as ``epoch.visit``, of another one."""
        if name not in epoch.visits and name not in self.visits:
            near = hint(name, [*epoch.visits, *self.visits])
            self.unknown.append(self.problem(path, f"there is no visit {quoted(name)}", near))
            yield self.unknown[-1]


def _planned(protocol: Protocol) -> Iterator[str]:
    """The activities of all visits."""
    for epoch in protocol.epochs.values():
        for visit in epoch.visits.values():
            for items in (visit.activities, *(variation.activities for variation in visit.instead)):
                yield from (item.activity for item in items)


def hint(name: str, names: Iterable[str]) -> str:
    """What may have been meant by a name that is none of the names."""
    some = list(islice(names, MOST_COMPARED + 1))
    near = difflib.get_close_matches(name[:100], some, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    more = " and others" if len(some) > MOST_LISTED else ""
    return f"known here: {', '.join(some[:MOST_LISTED]) or 'none'}{more}"


def numbered(name: str, visit: PlannedVisit) -> Iterator[str]:
    """What the keys of a visit end in: its name, and if it comes again the amount reached, as in ``month-3``."""
    if visit.repeat is None:
        yield name
        return
    start = visit.after.by if visit.after else visit.at
    first = start.amount if start else 0
    for count in range(times_planned(visit)):
        yield f"{name}-{first + count * visit.repeat.every.amount}"
