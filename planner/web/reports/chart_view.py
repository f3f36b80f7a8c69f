"""A chart on a page: the addresses of its pictures, its words, and its table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from planner.reports.charts.chart import ABOUT, LANES, TITLES, Cell, Chart
from planner.reports.charts.of_report import MEASURED, charts_of_report
from planner.reports.report import Report
from planner.web.reports.asked import Ask
from planner.web.words import dated

#: more lines than that are only in the CSV
MOST_LINES = 500
#: what is a part of a whole in a table
_SHARES = ("share", "low", "high", "load")
#: what is as wide as it needs to be, and is scrolled on a narrow screen
_SCROLLED = ("heat-map",)


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart where it is shown. ``alt`` says what is seen; ``more`` says that there are further pages of it."""

    name: str
    title: str
    about: str
    alt: str
    ask: Ask
    page: int = 1
    more: bool = False

    @property
    def scrolled(self) -> bool:
        """Whether it is drawn in its full width on a phone too."""
        return self.name in _SCROLLED

    def source(self, theme: str, narrow: bool = False) -> str:
        """The address of the picture."""
        more = {"theme": theme if theme == "dark" else None, "size": "narrow" if narrow else None}
        return self.ask.address("reports.charts.picture", name=self.name, page=self._page, **more)

    @property
    def table(self) -> str:
        """The address of its table, as a part of a page."""
        return self.ask.address("reports.charts.table", name=self.name, page=self._page)

    @property
    def whole(self) -> str:
        """The address of the page that it has to itself."""
        return self.ask.address("reports.charts.show", name=self.name, page=self._page)

    @property
    def _page(self) -> int | None:
        return self.page if self.page > 1 else None


def of_visits(ask: Ask, participants: int) -> list[Picture]:
    """The charts about participants and chairs, as far as they say something: of very many not each one."""
    many = participants > LANES
    names = ("swimmer", "visits" if many else "heat-map", "chair-load")
    return [
        Picture(name, TITLES[name], ABOUT[name], ABOUT[name], ask, more=many and name == "swimmer") for name in names
    ]


def of_measures(ask: Ask, report: Report) -> dict[str, Picture | str]:
    """The chart of each measure that has one; in words where there is nothing to draw."""
    found: dict[str, Picture | str] = {}
    for made in charts_of_report(report):
        found[made.name] = picture_of(made, ask) if made.rows else made.empty
    return found


def picture_of(made: Chart, ask: Ask) -> Picture:
    """A chart whose figures are known."""
    return Picture(made.name, made.title, ABOUT[made.name], made.description, ask, made.page)


def is_measured(name: str) -> bool:
    """Whether it shows what a measure counts, and stands beside it."""
    return name in MEASURED


def lines_of(made: Chart) -> list[list[str]]:
    """The first lines of its table, in words."""
    return [
        [cell_words(name, cell) for name, cell in zip(made.columns, row, strict=True)] for row in made.rows[:MOST_LINES]
    ]


def cell_words(column: str, cell: Cell) -> str:
    """What stands in a table for a cell."""
    if cell is None:
        return ""
    if isinstance(cell, date):
        return dated(cell)
    return f"{cell:.1%}" if column in _SHARES and isinstance(cell, float) else str(cell)
