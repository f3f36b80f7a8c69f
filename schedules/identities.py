"""Whether every visit and gate keeps one key for life through all versions of a protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from schedules.protocol import Epoch, Gate, PlannedVisit, Protocol
from schedules.protocol_names import hint, numbered
from schedules.wording import quoted

_KINDS = {"visits": "visit", "gates": "gate"}


class Clash(NamedTuple):
    """What cannot be keyed for life: in which version (an index), at which place of it, and what would be right."""

    version: int
    path: tuple[str, ...]
    wrong: str
    right: str


class _Known(NamedTuple):
    """An id that some version has used: as what, for which visit or gate (by its first id), and in which version."""

    kind: str
    root: str
    version: str


def clashes(versions: tuple[Protocol, ...]) -> Iterator[Clash]:
    """Every id of a later version that does not say clearly which visit or gate it is, oldest version first.

    An id belongs to one visit or gate for life: a renamed one gives it up for good, and ``was`` names an id
    that an earlier version had.
    """
    known: dict[tuple[str, str], _Known] = {}
    for index, protocol in enumerate(versions if len(versions) > 1 else ()):
        for epoch_id, epoch in protocol.epochs.items():
            for clash in _of_epoch(known, epoch_id, epoch, protocol.version, first=not index):
                yield clash._replace(version=index)


def _of_epoch(
    known: dict[tuple[str, str], _Known], epoch_id: str, epoch: Epoch, version: str, first: bool
) -> Iterator[Clash]:
    taken: dict[str, str] = {}
    before = {name: found for (of, name), found in known.items() if of == epoch_id}
    for kind, name, item in _named(epoch):
        path = ("epochs", epoch_id, kind, name)
        was = None if first else item.was
        if was is not None and (was not in before or before[was].kind != kind):
            names = [other for other, found in before.items() if found.kind == kind]
            wrong = f"no earlier version has a {_KINDS[kind]} {quoted(was)} here"
            yield Clash(0, (*path, "was"), wrong, f"write the id that it had, or leave was out; {hint(was, names)}")
            continue
        root = before[was].root if was is not None else before[name].root if name in before else name
        used = before.get(name)
        if used is not None and (used.kind, used.root) != (kind, root):
            wrong = f"{name} was the id of another {_KINDS[used.kind]} in version {used.version}"
            yield Clash(0, path, wrong, "give it an id that no version has used")
            continue
        known.setdefault((epoch_id, name), _Known(kind, root, version))
        yield from _taken(taken, path, root, item)


def _named(epoch: Epoch) -> Iterator[tuple[str, str, PlannedVisit | Gate]]:
    yield from (("gates", name, gate) for name, gate in epoch.gates.items())
    yield from (("visits", name, visit) for name, visit in epoch.visits.items())


def _taken(taken: dict[str, str], path: tuple[str, ...], root: str, item: PlannedVisit | Gate) -> Iterator[Clash]:
    """A problem if another visit or gate of the version has the key for life that this one would have."""
    for key in numbered(root, item) if isinstance(item, PlannedVisit) else (root,):
        if key in taken:
            wrong = f"{path[-1]} and {taken[key]} would both have the key of {key}, which an earlier version gave away"
            yield Clash(0, path, wrong, "give the new one an id that no version has used")
            return
        taken[key] = path[-1]
