"""The form that asks for a calendar: it keeps what was typed, and says what is wrong next to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from planner.problems import InputProblem, InvalidInput, shown
from planner.services.calendar_query import FIELDS
from planner.services.calendars import values_to_supply
from planner.web.words import sentence
from schedules.protocol_file import ReadProtocol
from schedules.scalars import read_date

LABELS = {
    "start": "Start date",
    "arm": "Arm",
    "holidays": "Public holidays",
    "closed": "Closed days",
    "as_of": "Statuses as of",
    "made_up": "Use made-up example values",
}
VIEWS = {"list": "List", "months": "Month by month"}
_EXTRAS = ("holidays", "closed", "as_of")


@dataclass(frozen=True, slots=True)
class CalendarForm:
    """The fields as typed, and the problems with them."""

    read: ReadProtocol
    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problems: tuple[InputProblem, ...] = ()
    view: str = "list"

    @property
    def id(self) -> str:
        """What the ids of its fields begin with."""
        return self.read.protocol.protocol

    @property
    def to_supply(self) -> tuple[str, ...]:
        """The parameters that need a value before anything can be planned."""
        return values_to_supply(self.read)

    @property
    def extras(self) -> list[str]:
        """What was typed into the fields that are seldom needed, and are folded away."""
        return [value for name in _EXTRAS if (value := self.value(name))]

    @property
    def extras_open(self) -> bool:
        """Whether one of those fields has to be looked at."""
        return any(self.errors(name) for name in _EXTRAS)

    @property
    def summary(self) -> list[tuple[str | None, str]]:
        """Every problem as a sentence, with the field that it is about, if there is one."""
        return [
            (problem.place, sentence(f"{LABELS[problem.place]}: {problem.wrong}; {problem.remedy}"))
            if problem.place in FIELDS
            else (None, sentence(f"{problem.wrong}; {problem.remedy}"))
            for problem in self.problems
        ]

    def with_view(self) -> CalendarForm:
        """Take out of the fields which view is wanted: the other fields are the API's too. Raises InvalidInput."""
        fields = dict(self.typed)
        view = "".join(fields.pop("view", ())) or "list"
        if view not in VIEWS:
            right = f"write view={' or view='.join(VIEWS)}"
            raise InvalidInput([InputProblem("view", f'there is no view "{shown(view)}"', right)])
        return replace(self, typed=fields, view=view)

    def value(self, name: str) -> str:
        """What was typed into a field."""
        return ", ".join(text for text in self.typed.get(name, ()) if text).replace("\0", "\N{REPLACEMENT CHARACTER}")

    def errors(self, name: str) -> list[str]:
        """What is wrong with a field, in sentences."""
        found = [problem for problem in self.problems if problem.place == name]
        return [sentence(f"{problem.wrong}; {problem.remedy}") for problem in found]

    def described_by(self, name: str, hint: object) -> str:
        """The ids of what explains a field: its hint, if it has one, and its errors."""
        notes = [("hint", hint), ("error", self.errors(name))]
        return " ".join(f"{self.id}-{name}-{note}" for note, there in notes if there)

    def date_type(self, name: str) -> str:
        """``date``, unless the browser's own date field would throw away what was typed."""
        try:
            read_date(self.value(name) or "2000-01-01")
        except ValueError:
            return "text"
        return "date"
