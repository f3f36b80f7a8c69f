"""What an investigator says of a dose on its page: that it may be given, and on what; or that it may not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from planner.problems import InputProblem, InvalidInput, PlannerError
from planner.services.dose_oks import Result
from planner.web.centre.dose_form import ChairForm
from planner.web.words import sentence
from schedules.scalars import read_date

#: results that the form has room for; an OK over HTTP may have more
RESULT_ROWS = 4
_PREFIX = "ok-"
_PARTS = ("name", "value", "unit", "day")


@dataclass(slots=True)
class OkForm(ChairForm):
    """The form of a drug's OK. Its results are numbered from 0: name-0, value-0, unit-0 and day-0 make one."""

    @staticmethod
    def name_of(drug: str) -> str:
        """What the form of a drug is called, of all forms of the page."""
        return f"{_PREFIX}{drug}"

    @property
    def drug(self) -> str:
        """Which drug it is about."""
        return self.name.removeprefix(_PREFIX)

    def results(self) -> tuple[Result, ...]:
        """The results that are filled in. Raises InvalidInput for a day that is none."""
        return tuple(self._results())

    def _results(self) -> Iterator[Result]:
        for row in self._rows():
            name, value, unit, day = (self.value(f"{part}-{row}") for part in _PARTS)
            yield Result(name=name, value=value, unit=unit, day=self._day(f"day-{row}", day))

    def _rows(self) -> list[int]:
        """The rows in which something stands besides a day, which is filled in beforehand."""
        return [row for row in range(RESULT_ROWS) if any(self.value(f"{part}-{row}") for part in ("name", "value"))]

    def _day(self, name: str, text: str) -> date:
        try:
            return read_date(text)
        except ValueError:
            raise InvalidInput([InputProblem(name, "this is no day", "write it as 2026-01-31")]) from None

    def take(self, error: PlannerError) -> None:
        """Keep what is wrong, next to the field that it is about."""
        rows = self._rows()
        for problem in error.problems:
            words = sentence(f"{problem.wrong}; {problem.remedy}")
            _, _, rest = problem.place.partition("results/")
            row, _, part = rest.partition("/")
            if part in _PARTS and row.isdecimal() and int(row) < len(rows):
                self.errors.setdefault(f"{part}-{rows[int(row)]}", []).append(words)
            elif problem.place in ("note", "results", "why") or problem.place.startswith("day-"):
                name = "name-0" if problem.place == "results" else problem.place
                self.errors.setdefault(name, []).append(words)
            else:
                self.general.append(words)
