"""The form that records what happened: what was typed, what is wrong with it, and the facts that it says."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from planner.problems import Conflict, InputProblem, InvalidInput, PlannerError
from planner.web.desk.changes_view import Preview
from planner.web.desk.fact_fields import FIELDS, Field, Option, options_of
from planner.web.desk.fact_kinds import CAME, OTHER_NAMES, PARTLY_DATED, VOID, Kind
from planner.web.desk.seen import Seen
from planner.web.words import sentence

LONGEST = 2_000
MOST_CHOSEN = 100
#: fields of facts that stand in the form under another name
_SHOWN_AT = {"not_done": "done"}


@dataclass(slots=True)
class FactForm:
    """A kind of fact being recorded about somebody. ``expected``: the revision that whoever fills it in had seen."""

    seen: Seen
    kind: Kind
    values: dict[str, Sequence[str]]
    expected: int
    sent: bool = False
    errors: dict[str, list[str]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    newer: list[dict[str, Any]] = field(default_factory=list)
    preview: Preview | None = None

    @property
    def fields(self) -> list[Field]:
        """The fields in their order; of what was a mistake none but which and why."""
        date = Field("date", self.kind.date_label, "partial" if self.kind.name in PARTLY_DATED else "date")
        rest = [FIELDS[name] for name in self.kind.fields if FIELDS[name].widget != "multi" or self.options(name)]
        return rest if self.kind is VOID else [date, *rest]

    def options(self, name: str) -> list[Option]:
        """What there is to choose from in a field, and whatever was chosen that there is not."""
        known = options_of(FIELDS[name], self.seen, self.values)
        typed = self.value(name)
        if FIELDS[name].widget == "select" and typed and typed not in [value for value, _, _ in known]:
            known = [(typed, self.seen.visit_words(typed), ""), *known]
        return known

    def value(self, name: str) -> str:
        """What was typed into a field."""
        return next(iter(self.values.get(name, ())), "")

    @property
    def depends(self) -> str:
        """The field on which boxes or choices of this form depend: the visit, or the decision; empty if none do."""
        return next((FIELDS[name].depends for name in self.kind.fields if _depends(name)), "")

    def follows(self, name: str) -> str:
        """Where a field stands: ``among`` those that depend on another one, ``after`` them; empty before."""
        names = list(self.kind.fields)
        if _depends(name):
            return "among"
        first = next((at for at, each in enumerate(names) if _depends(each)), len(names))
        return "after" if name in names[first:] else ""

    def chosen(self, name: str) -> Sequence[str]:
        """What is ticked in a field of several; everything of a visit whose boxes nobody has seen yet."""
        if name not in ("given", "done"):
            return self.values.get(name, ())
        known = [value for value, _, _ in self.options(name)]
        shown = self.value("boxes_for") == self.value("visit") if "boxes_for" in self.values else self.sent
        return [value for value in self.values.get(name, ()) if value in known] if shown else known

    def is_required(self, name: str) -> bool:
        """Whether a field has to be filled in."""
        return name == "date" or name in self.kind.required

    @property
    def complete(self) -> bool:
        """Whether everything is there that has to be."""
        return all(self.value(name) for name in (*self.kind.required, "date"))

    @property
    def missing(self) -> list[str]:
        """The labels of the fields that are still to be filled in."""
        return [each.label for each in self.fields if self.is_required(each.name) and not self.value(each.name)]

    @property
    def digest(self) -> str:
        """Of what the form says: what is saved has to be what was looked at."""
        said = json.dumps([self.expected, self.facts()], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    # -- what it says ---------------------------------------------------------------------------

    def facts(self) -> list[dict[str, Any]]:
        """The facts as the API takes them."""
        return self._visit_with_its_doses() if self.kind.name == CAME else [self._one()]

    def _one(self) -> dict[str, Any]:
        said: dict[str, Any] = {"fact": self.kind.name, "date": self.value("date")}
        for name in self.kind.fields:
            value = self._said(FIELDS[name])
            if value not in ("", None, (), []):
                said[OTHER_NAMES.get(name, name)] = value
        return said

    def _said(self, known: Field) -> Any:
        text = self.value(known.name)
        if known.widget == "check":
            return True if text else None
        if known.widget == "multi":
            return list(self.chosen(known.name))
        if known.widget == "number" and text.isascii() and text.isdecimal():
            return int(text[:9])
        return as_reason(text) if known.widget == "reason" else text

    def _visit_with_its_doses(self) -> list[dict[str, Any]]:
        """The visit, a dose for each drug that is ticked, and what is left out where a reason was given."""
        about = {"date": self.value("date"), "visit": self.value("visit")}
        done, given = self.chosen("done"), self.chosen("given")
        not_done = [name for name, _, _ in self.options("done") if name not in done]
        left_out = [name for name, _, _ in self.options("given") if name not in given]
        attended = {"fact": "attended", **about, **({"not_done": not_done} if not_done else {})}
        note, reason = self.value("note"), as_reason(self.value("reason"))
        found = [attended | ({"note": note} if note else {})]
        found += [{"fact": "given", **about, "activity": name} for name in given]
        if reason:
            found += [{"fact": "omitted", **about, "activity": name, "reason": reason} for name in left_out]
        return found

    # -- what is wrong --------------------------------------------------------------------------

    def require(self) -> None:
        """Raise InvalidInput for every field that has to be filled in and is not."""
        missing = [each for each in self.fields if self.is_required(each.name) and not self.value(each.name)]
        if missing:
            raise InvalidInput(InputProblem(each.name, "it is missing", _remedy(each)) for each in missing)

    def take(self, error: PlannerError) -> None:
        """Keep what is wrong: next to the field that it is about, or above all of them."""
        known = {each.name for each in self.fields}
        back = {fact_name: name for name, fact_name in OTHER_NAMES.items() if name in known} | _SHOWN_AT
        for problem in error.problems:
            place = problem.place.rpartition("/")[2]
            name = back.get(place, place)
            words = sentence(f"{problem.wrong}; {problem.remedy}")
            if name in known:
                self.errors.setdefault(name, []).append(words)
            elif words not in self.general:
                self.general.append(words)
        if isinstance(error, Conflict) and isinstance(error.changed, dict):
            self.newer = list(error.changed.get("newest_facts", ()))
            self.expected = self.seen.row.revision


def _depends(name: str) -> bool:
    return name in FIELDS and bool(FIELDS[name].depends) and FIELDS[name].widget in ("multi", "choice")


def _remedy(known: Field) -> str:
    return "choose one" if known.widget in ("select", "choice") else "fill it in"


def as_reason(text: str) -> str:
    """A word or two as a reason is kept: ``No chair`` is no-chair."""
    return re.sub(r"[^a-z0-9]+", "-", text.strip().lower()).strip("-")


def typed(source: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """What was sent, each value on its own, without what no text has."""
    return {
        name: [value.replace("\r\n", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}").strip()[:LONGEST]
               for value in values[:MOST_CHOSEN]]
        for name, values in source.items()
    }  # fmt: skip
