"""The charts besides those of measures that stand at the end of a report on pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from planner.reports.charts.chairs import chair_load
from planner.reports.charts.chart import Chart
from planner.reports.charts.lanes import swimmer
from planner.reports.charts.people import Shown, shown_people
from planner.reports.charts.visit_map import by_visit, heat_map
from planner.reports.making import Wanted, understood
from planner.services.access import Scope
from planner.services.designs import Designs

#: of charts that show single participants, so many pages; there are 60 participants on each
MOST_PAGES = 5


def charts_on_pages(session: Session, designs: Designs, scope: Scope, wanted: Wanted, now: datetime) -> list[Chart]:
    """How each visit went, the load of chairs, and participants one by one, of very many the first ones.

    None of them where some measures alone are wanted, or where few are masked: they show single participants.
    """
    if wanted.measures or wanted.mask_below > 1:
        return []
    asked = understood(session, designs, scope, wanted, now)
    lanes, everybody = shown_people(session, asked, True), shown_people(session, asked, False)
    found = [by_visit(session, asked), chair_load(session, asked)]
    found += [swimmer(lanes, page) for page in range(1, min(lanes.pages, MOST_PAGES) + 1)]
    found += [heat_map(everybody, page) for page in range(1, min(everybody.pages, MOST_PAGES) + 1)]
    return [_narrowed(each, lanes, everybody) for each in found]


def _narrowed(chart: Chart, *people: Shown) -> Chart:
    """The chart, with a word about what is not shown where it is the last one shown."""
    pages = max(each.pages for each in people)
    if chart.page < MOST_PAGES or pages <= MOST_PAGES:
        return chart
    said = f"{chart.description} Further participants are not on these pages: narrow the report, by site or cohort."
    return replace(chart, description=said)
