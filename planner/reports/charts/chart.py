"""What a chart is: its figures as a table, and words that say the same for whoever does not see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

#: one figure of a chart: a share is 0 to 1; None where there is none, or where it is masked
Cell = str | int | float | date | None
Theme = Literal["light", "dark"]
#: every chart by its name, in the order in which a report shows them
TITLES = {
    "swimmer": "Participants over time",
    "heat-map": "Visits of each participant",
    "visits": "How each visit went",
    "lateness": "Days late",
    "retention": "Retention",
    "enrolment": "Enrolment",
    "chair-load": "Chair load",
}
#: what each shows, for whoever has not seen one before
ABOUT = {
    "swimmer": "Each participant is a lane in days since enrolment, the longest first: cycles and other parts of the "
    "study, holds, visits, responses, and how it ended.",
    "heat-map": "Each row is a participant, each column a visit of the protocol; colour and sign say how it went.",
    "visits": "How many of each visit of the protocol went how, in per cent of all participants who have it planned.",
    "lateness": "Visits that took place by how many days they were late; below 0 they were early.",
    "retention": "The part of those enrolled who are still in the study, and by what others left it, with how many are "
    "at risk. The shaded band is the 95 % interval; small strokes are participants followed only so far.",
    "enrolment": "Participants enrolled in all and by month, and by cohort against how many are planned.",
    "chair-load": "How many of the minutes for which chairs are open are booked, for each site and day. Appointments "
    "of other studies take chairs too.",
}
#: how many participants one page of a chart shows
LANES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart. What is drawn is what stands in ``rows``, and nothing else: they are its table as well.

    ``name`` is one of TITLES. ``description`` says in sentences what is seen: the picture's text alternative. ``empty``
    says why there is nothing to draw; then there are no rows. ``page`` of ``pages``: of very many participants one
    chart shows some.
    """

    name: str
    title: str
    description: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""
    page: int = 1
    pages: int = 1

    def records(self) -> list[dict[str, Cell]]:
        """The rows by the names of their columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def chart(
    name: str,
    columns: Iterable[str],
    rows: Iterable[tuple[Cell, ...]],
    description: str,
    nothing: str,
    page: int = 1,
    pages: int = 1,
) -> Chart:
    """A chart by its name; ``nothing`` is what is said in its stead where there are no rows."""
    found = tuple(rows)
    return Chart(
        name=name, title=TITLES[name], description=description if found else nothing, columns=tuple(columns),
        rows=found, empty="" if found else nothing, page=page, pages=pages,
    )  # fmt: skip
