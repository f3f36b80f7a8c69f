"""Makes any chart of a study, as of now or of any past moment, within somebody's scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from planner.problems import InputProblem, NotFound, shown
from planner.reports.charts.chairs import chair_load
from planner.reports.charts.chart import TITLES, Chart, chart
from planner.reports.charts.lanes import swimmer
from planner.reports.charts.of_report import MEASURED, chart_of_report
from planner.reports.charts.people import Shown, shown_people
from planner.reports.charts.visit_map import by_visit, heat_map
from planner.reports.making import Wanted, make_report, understood
from planner.services.access import Scope
from planner.services.designs import Designs

#: the charts that show single participants, page by page
PAGED = ("swimmer", "heat-map")
_MASKED = "It would show single participants, and small figures are masked in this report."


def make_chart(
    session: Session, designs: Designs, scope: Scope, wanted: Wanted, name: str, now: datetime, page: int = 1
) -> Chart:
    """A chart of a study by its name, one of TITLES.

    Raises NotFound for a chart, a page of it or a study that is not there, and InvalidInput for what cannot be asked.
    """
    if name not in TITLES:
        raise NotFound([InputProblem("chart", f"there is no chart {shown(name)}", f"choose of {', '.join(TITLES)}")])
    if name in MEASURED:
        return chart_of_report(make_report(session, designs, scope, replace(wanted, measures=(name,)), now), name)
    asked = understood(session, designs, scope, wanted, now)
    if wanted.mask_below > 1:
        return chart(name, (), (), "", _MASKED)
    if name in PAGED:
        draw: Callable[[Shown, int], Chart] = swimmer if name == "swimmer" else heat_map
        return draw(_checked(shown_people(session, asked, name == "swimmer"), page), page)
    return by_visit(session, asked) if name == "visits" else chair_load(session, asked)


def chart_parts(
    session: Session, designs: Designs, scope: Scope, wanted: Wanted, name: str, now: datetime
) -> Iterator[Chart]:
    """All pages of a chart, one after the other, each made when it is asked for. Raises as ``make_chart`` does."""
    first = make_chart(session, designs, scope, wanted, name, now)
    yield first
    for page in range(2, first.pages + 1):
        yield make_chart(session, designs, scope, wanted, name, now, page)


def _checked(people: Shown, page: int) -> Shown:
    if not 1 <= page <= people.pages:
        raise NotFound([InputProblem("page", f"there is no page {page}", f"the last one is {people.pages}")])
    return people
