"""The pages: the library's protocols, one protocol, and the calendar that it makes of a start date."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from flask import Blueprint, Response, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from planner.presenting.plan_calendar import plan_calendar
from planner.presenting.plan_csv import plan_csv
from planner.presenting.protocol_table import schedule_of_activities
from planner.problems import KINDS, PlannerError
from planner.services.calendar_query import read_calendar_query
from planner.services.calendars import Calendar, calendar_for
from planner.services.installation import Installation
from planner.services.library import Library
from planner.web import calendar_view, months_view, protocol_view, words
from planner.web.beginning import commands_to_begin
from planner.web.forms import VIEWS, CalendarForm

pages = Blueprint("pages", __name__)
pages.add_app_template_filter(words.long_day)
pages.add_app_template_filter(words.short_day)
pages.add_app_template_filter(words.dated)
pages.add_app_template_filter(words.weekday)
pages.add_app_template_filter(words.month_name)
pages.add_app_template_filter(words.sentence)
pages.add_app_template_filter(words.moment)
pages.add_app_template_filter(words.at_site)
pages.add_app_template_filter(words.utc_moment)
pages.add_app_template_test(words.is_iso_day, "iso_day")
pages.add_app_template_filter(words.language_name)
pages.add_app_template_filter(protocol_view.plain)


def _library() -> Library:
    return cast(Library, current_app.extensions["library"])


@pages.get("/")
def index() -> str:
    """Show the library's protocols, each with a form for a start date."""
    library = _library()
    forms = [CalendarForm(library.protocol(name)) for name in library.names()]
    settings = cast(Installation, current_app.extensions["installation"]).settings
    phones = settings.show_phones and settings.channel == "handset"
    return render_template("index.html", forms=forms, phones=phones, beginning=commands_to_begin())


@pages.get("/protocols/<name>")
def protocol(name: str) -> str:
    """Show what a protocol plans."""
    read = _library().protocol(name)
    return render_template(
        "protocol.html",
        protocol=read.protocol,
        form=CalendarForm(read),
        table=schedule_of_activities(read.protocol),
        decisions=protocol_view.decisions(read.protocol),
        rules=protocol_view.rules(read.protocol),
        parameters=protocol_view.parameters(read),
    )


@pages.get("/protocols/<name>/calendar")
def calendar(name: str) -> ResponseReturnValue:
    """Show the calendar from a start date; what the form needs is in the address, so that it can be shared."""
    library = _library()
    form = CalendarForm(library.protocol(name), request.args.to_dict(flat=False))
    if not form.typed:
        return render_template("calendar.html", form=form, calendar=None, error=None)
    try:
        form = form.with_view()
        return _calendar_page(form, calendar_for(read_calendar_query(form.read, form.typed), library))
    except PlannerError as error:
        form = replace(form, problems=error.problems)
        return render_template("calendar.html", form=form, calendar=None, error=error), error.status


@pages.get("/protocols/<name>/calendar.ics")
def calendar_ics(name: str) -> Response:
    """Give the calendar as an iCalendar file."""
    found = _found(name)
    remark = "made-up values" if found.made_up else ""
    return _file(plan_calendar(found.study, found.plan, remark=remark), "text/calendar; charset=utf-8", found, "ics")


@pages.get("/protocols/<name>/calendar.csv")
def calendar_csv(name: str) -> Response:
    """Give the calendar as CSV; with a byte order mark, without which spreadsheets garble letters such as é."""
    found = _found(name)
    return _file(plan_csv(found.plan).encode("utf-8-sig"), "text/csv; charset=utf-8", found, "csv")


def _found(name: str) -> Calendar:
    library = _library()
    return calendar_for(read_calendar_query(library.protocol(name), request.args.to_dict(flat=False)), library)


def _file(content: bytes, kind: str, found: Calendar, ending: str) -> Response:
    made_up = "-made-up" if found.made_up else ""
    name = f"{found.command.protocol}-{found.command.start}{made_up}.{ending}"
    return Response(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@pages.get("/problems/<name>")
def problem(name: str) -> str:
    """Say what a kind of problem means: where the ``type`` of the API's problem details leads."""
    if name not in KINDS:
        abort(404)
    return render_template("problem.html", kind=KINDS[name])


def _calendar_page(form: CalendarForm, found: Calendar) -> str:
    given = {field: [text for text in texts if text] for field, texts in form.typed.items()}
    sections = calendar_view.sections(found)
    return render_template(
        "calendar.html",
        form=form,
        calendar=found,
        error=None,
        sections=sections,
        rows=calendar_view.rows(sections),
        legend=calendar_view.legend(found),
        months=months_view.months(found) if form.view == "months" else [],
        downloads={kind: _address(f"pages.calendar_{kind}", form, given) for kind in ("ics", "csv")},
        addresses={view: _address("pages.calendar", form, given, view) for view in VIEWS},
        as_json=_address("v1.protocols.show_calendar", form, given),
    )


def _address(endpoint: str, form: CalendarForm, given: dict[str, list[str]], view: str = "list") -> str:
    """The same calendar elsewhere, or in another view; the list is the view that needs no naming."""
    values: dict[str, Any] = {**given, "name": form.id} | ({} if view == "list" else {"view": view})
    return url_for(endpoint, **values)
