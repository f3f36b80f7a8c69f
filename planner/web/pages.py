"""The pages: the library's protocols, one protocol, and the calendar that it makes of a start date."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from planner.problems import KINDS, InvalidInput, PlannerError
from planner.services.calendar_query import read_calendar_query
from planner.services.calendars import Calendar, calendar_for
from planner.services.library import Library
from planner.web import calendar_view, words
from planner.web.forms import CalendarForm
from schedules.protocol_file import ReadProtocol

pages = Blueprint("pages", __name__)
pages.add_app_template_filter(words.long_day)
pages.add_app_template_filter(words.short_day)
pages.add_app_template_filter(words.weekday)
pages.add_app_template_filter(words.month_name)
pages.add_app_template_filter(words.sentence)


def _library() -> Library:
    return cast(Library, current_app.extensions["library"])


@pages.get("/")
def index() -> str:
    """Show the library's protocols, each with a form for a start date."""
    library = _library()
    forms = [CalendarForm(library.protocol(name)) for name in library.names()]
    return render_template("index.html", forms=forms)


@pages.get("/protocols/<name>")
def protocol(name: str) -> str:
    """Show what a protocol plans."""
    read = _library().protocol(name)
    return render_template("protocol.html", read=read, protocol=read.protocol, form=CalendarForm(read))


@pages.get("/protocols/<name>/calendar")
def calendar(name: str) -> ResponseReturnValue:
    """Show the calendar from a start date; what the form needs is in the address, so that it can be shared."""
    library = _library()
    read = library.protocol(name)
    typed = request.args.to_dict(flat=False)
    if not typed:
        return _calendar_page(CalendarForm(read), None)
    try:
        command = read_calendar_query(read, typed)
        return _calendar_page(CalendarForm(read, typed), calendar_for(command, library))
    except PlannerError as error:
        return _calendar_page(CalendarForm(read, typed, error.problems), None, error)


@pages.get("/problems/<name>")
def problem(name: str) -> str:
    """Say what a kind of problem means: where the ``type`` of the API's problem details leads."""
    if name not in KINDS:
        abort(404)
    return render_template("problem.html", kind=KINDS[name])


def _calendar_page(form: CalendarForm, found: Calendar | None, error: PlannerError | None = None) -> Response:
    page = render_template("calendar.html", form=form, read=form.read, calendar=found, view=calendar_view, error=error, as_json=_as_json)
    return make_response(page, error.status if error else 200)


def _as_json(form: CalendarForm) -> str:
    given = {name: [text for text in texts if text] for name, texts in form.typed.items()}
    return url_for("api.show_calendar", name=form.id, **given)  # type: ignore[arg-type]
