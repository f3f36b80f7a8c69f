"""What the facts of a history may name: the visits, gates, cycles and drugs of any version of the study."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from schedules.design import Design, old_names
from schedules.history import CycleDelayed, CycleHeld, Fact, GateDecided
from schedules.keys import Key, Stay, parse_key, parse_stay
from schedules.protocol import ActivityKind, Epoch, Gate, PlannedVisit, Stage
from schedules.protocol_names import hint, numbered
from schedules.wording import quoted

#: What is wrong with a fact, and what would be right.
Complaint = tuple[str, str]
_ONCE = {Stage.SCREENING: "screening is gone through once", Stage.FOLLOW_UP: "follow-up is gone through once"}


class KnownNames:
    """The names of all versions of a study; of the epochs one entry for each version that has it."""

    def __init__(self, design: Design, live: Collection[Fact]) -> None:
        self.design = design
        self.activities = {name: a for p in design.versions for name, a in p.activities.items()}
        self.cohorts = {name: cohort for p in design.versions for name, cohort in p.cohorts.items()}
        self.events = {name: label for p in design.versions for name, label in p.events.items()}
        self.epochs: dict[str, list[tuple[int, Epoch]]] = {}
        for version, protocol in enumerate(design.versions):
            for epoch_id, epoch in protocol.epochs.items():
                self.epochs.setdefault(epoch_id, []).append((version, epoch))
        self._outside = {stay_of(fact) for fact in live if getattr(fact, "outside_plan", False)}
        self._visits: dict[str, list[tuple[Epoch, str, PlannedVisit]]] = {}
        self._of_stay: dict[tuple[str, int | None], dict[str, list[PlannedVisit]]] = {}

    def known(self, what: str, name: str, names: Collection[str]) -> Iterator[Complaint]:
        """A complaint if the name is none of the names."""
        if name not in names:
            yield f"there is no {what} {quoted(name)}", hint(name, names)

    def arms(self, version: str | None) -> Collection[str]:
        """The arms of the version of an enrolment; if it has none, those that an amendment may bring."""
        versions = self.design.versions
        own = next((protocol for protocol in versions if protocol.version == version), versions[0])
        return own.arms or [name for protocol in versions for name in protocol.arms]

    # -- visits

    def visit(self, key: str) -> Iterator[Complaint]:
        """What is wrong with the key of a visit."""
        parts = parse_key(key)
        if parts is None:
            yield f"{quoted(key)} is not a visit", "write epoch.visit or epoch.cN.visit: induction.c1.d8"
        elif parts.stay.epoch not in self.epochs:
            yield from self.known("epoch", parts.stay.epoch, sorted(self.epochs))
        else:
            yield from self._stay(parts.stay)
            yield from self._visit_of(parts)

    def _visit_of(self, parts: Key) -> Iterator[Complaint]:
        known = self._named(parts.stay)
        if parts.name not in known:
            keys = [parts.stay.key(name) for name in known] or self._forms(parts.stay.epoch)
            yield from self.known("visit", parts.stay.key(parts.name), keys)
        elif parts.again > 1 and not any(_comes_again(visit) for visit in known[parts.name]):
            wrong = f"{parts.stay.key(parts.name)} does not come a second time"
            yield wrong, f"write it without #{parts.again}; a second dose at one visit is marked again: true"

    def _named(self, stay: Stay) -> dict[str, list[PlannedVisit]]:
        """The visits of a stay by every name that they have or had."""
        place = (stay.epoch, stay.cycle)
        if place not in self._of_stay:
            found = self._of_stay[place] = {}
            for epoch, name, visit in self._all_visits(stay.epoch):
                has_cycles = epoch.cycles is not None
                if has_cycles == (stay.cycle is not None) and (not visit.cycles or (stay.cycle or 1) in visit.cycles):
                    found.setdefault(name, []).append(visit)
        return self._of_stay[place]

    def _all_visits(self, epoch_id: str) -> list[tuple[Epoch, str, PlannedVisit]]:
        if epoch_id not in self._visits:
            self._visits[epoch_id] = [
                (epoch, name, visit)
                for version, epoch in self.epochs[epoch_id]
                for own, visit in epoch.visits.items()
                for called in self._names_of(version, epoch_id, own, visit.was)
                for name in numbered(called, visit)
            ]
        return self._visits[epoch_id]

    def _names_of(self, version: int, epoch_id: str, own: str, was: str | None) -> list[str]:
        first = old_names(self.design.versions[: version + 1]).get((epoch_id, own), own) if was else own
        return list(dict.fromkeys([own, was or own, first]))

    def _stay(self, stay: Stay) -> Iterator[Complaint]:
        """What is wrong with an entry or a cycle of an epoch that exists."""
        epochs = [epoch for _, epoch in self.epochs[stay.epoch]]
        once = _ONCE.get(epochs[0].stage)
        if stay.entry > 1 and once is not None:
            yield once, f"write it without #{stay.entry}"
        most = [epoch.cycles.at_most for epoch in epochs if epoch.cycles]
        bounds = [count for count in most if count is not None]
        beyond = stay.cycle and bounds and len(bounds) == len(most) and stay.cycle > max(bounds)
        if beyond and stay not in self._outside:
            right = "mark the doses outside_plan: true if a further cycle was really given"
            yield f"{stay} is beyond the most cycles, {max(bounds)}", right

    def _forms(self, epoch_id: str) -> list[str]:
        """How visits of the epoch are written, in its first cycle."""
        return [f"{epoch_id}{'.c1' if e.cycles else ''}.{name}" for e, name, _ in self._all_visits(epoch_id)]

    # -- gates and cycles

    def gate(self, fact: GateDecided) -> Iterator[Complaint]:
        """What is wrong with a decision's gate or outcome."""
        parts = parse_key(fact.gate)
        outcomes: dict[str, None] = {}
        for version, epoch in self.epochs.get(parts.stay.epoch, []) if parts and parts.again == 1 else []:
            gate = self._gate(version, epoch, parts) if parts else None
            outcomes |= dict.fromkeys(gate.outcomes if gate else ())
        if outcomes and parts:
            yield from self._stay(parts.stay)
            yield from self.known("outcome", fact.outcome, outcomes)
        else:
            yield f"there is no gate {quoted(fact.gate)}", f"the gates are {', '.join(self._gates()) or 'none'}"

    def _gates(self) -> list[str]:
        """How the gates of all versions are written."""
        every = [(name, epoch) for name, epochs in self.epochs.items() for _, epoch in epochs]
        forms = {f"{name}{'.cN' if epoch.cycles else ''}.{gate}" for name, epoch in every for gate in epoch.gates}
        return sorted(forms)[:20]

    def _gate(self, version: int, epoch: Epoch, parts: Key) -> Gate | None:
        if (parts.stay.cycle is None) != (epoch.cycles is None):
            return None
        for own, gate in epoch.gates.items():
            if parts.name in self._names_of(version, parts.stay.epoch, own, gate.was):
                return gate
        return None

    def cycle(self, fact: CycleHeld | CycleDelayed) -> Iterator[Complaint]:
        """What is wrong with the cycle that is said not to begin."""
        stay = parse_stay(fact.cycle)
        epochs = [epoch for _, epoch in self.epochs.get(stay.epoch, [])] if stay else []
        fitting = [e for e in epochs if stay and (stay.cycle is None) == (e.cycles is None)]
        if stay and any(epoch.stage is Stage.TREATMENT for epoch in fitting):
            yield from self._stay(stay)
        else:
            known = {name: found[-1][1] for name, found in self.epochs.items() if found[-1][1].stage is Stage.TREATMENT}
            forms = [f"{name}{'.c1' if epoch.cycles else ''}" for name, epoch in known.items()]
            yield f"{quoted(fact.cycle)} is not a cycle", f"write e.g. {' or '.join(forms)}"

    # -- drugs

    def drug(self, name: str) -> Iterator[Complaint]:
        """A complaint if an activity of the study is not a drug."""
        activity = self.activities.get(name)
        if activity is not None and activity.kind not in (ActivityKind.DOSE, ActivityKind.HOME_DOSE):
            yield f"{name} is no drug of the study", "write assessed for what is done or measured"


def _comes_again(visit: PlannedVisit) -> bool:
    """Whether a visit can get a key with #2: because it expires, or because its event may happen again."""
    return visit.valid_for is not None or (visit.after is not None and visit.after.event is not None)


def stay_of(fact: Fact) -> Stay | None:
    """The stay of the visit that a fact names."""
    parts = parse_key(getattr(fact, "visit", None) or "")
    return parts.stay if parts else None
