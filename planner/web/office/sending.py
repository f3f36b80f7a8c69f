"""Sending: how messages fare, the switches that stop everything, a test message, and what was held sent after all."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, NotFound
from planner.services.access import find_study
from planner.services.messages import delivery_figures
from planner.services.sending import (
    CHANNELS,
    Switch,
    replay_held,
    send_test,
    set_study_switch,
    set_whole_switch,
    studies_sending_in,
    study_switch,
    whole_switch,
)
from planner.services.sending_reasons import reasons_since
from planner.services.text_previews import unsigned
from planner.web.frame import may
from planner.web.office import figures_view
from planner.web.office.forms import Form, save, sent_form
from planner.web.office.parts import may_everywhere

pages = Blueprint("sending", __name__)
STUDY = "/studies/<study>/sending"
DAYS = (7, 31)
_TEST = ("number", "channel", "caregiver")
_SWITCH = ("why", "sure")


@pages.get("/sending")
@needs(Permission.MESSAGES_READ)
def show() -> str:
    """Show of each study whether it sends, what is held, and what is still to come."""

    def work(session: Session) -> str:
        return render_template(
            "office/sending.html", studies=studies_sending_in(session, scope()), whole=whole_switch(session),
            may_switch=may_everywhere(Permission.MESSAGES_WRITE), done=request.args.get("done"),
        )  # fmt: skip

    return installation().store.read(work)


@pages.get("/sending/switch")
@needs(Permission.MESSAGES_WRITE, everything=True)
def ask_whole() -> Response:
    """Show what switching all sending off, or on again, would do, and ask for the reason."""
    return _switch_page(None, Form("switch"), 200)


@pages.post("/sending/switch")
@needs(Permission.MESSAGES_WRITE, everything=True)
def switch_whole() -> ResponseReturnValue:
    """Stop all sending in every study, or go on."""
    form = sent_form("switch")

    def work(uow: UnitOfWork) -> None:
        set_whole_switch(uow, scope(), _off(form), form.value("why"))

    def then(_: None) -> str:
        return url_for("office.sending.show", done=form.value("to"))

    return save(form, _SWITCH, work, then, lambda sent, status: _switch_page(None, sent, status))


@pages.get(STUDY)
@needs(Permission.MESSAGES_READ)
def show_study(study: str) -> Response:
    """Show how the messages of a study fare."""
    return _page(study, {}, 200)


@pages.get(f"{STUDY}/switch")
@needs(Permission.MESSAGES_WRITE, whole=True)
def ask_switch(study: str) -> Response:
    """Show what switching a study's sending off, or on again, would do, and ask for the reason."""
    return _switch_page(study, Form("switch"), 200)


@pages.post(f"{STUDY}/switch")
@needs(Permission.MESSAGES_WRITE, whole=True)
def switch(study: str) -> ResponseReturnValue:
    """Stop all sending in a study, or go on. It is read before each single message."""
    form = sent_form("switch")

    def work(uow: UnitOfWork) -> None:
        found = find_study(uow.session, scope(), study, whole=True)
        set_study_switch(uow, found, _off(form), form.value("why"))

    def then(_: None) -> str:
        return url_for("office.sending.show_study", study=study, done=form.value("to"))

    return save(form, _SWITCH, work, then, lambda sent, status: _switch_page(study, sent, status))


@pages.post(f"{STUDY}/test")
@needs(Permission.MESSAGES_WRITE)
def test(study: str) -> ResponseReturnValue:
    """Send a participant a text that says that it is a test, with every check that a reminder goes through."""
    form = sent_form("test")

    def work(uow: UnitOfWork) -> None:
        if form.value("channel") not in CHANNELS:
            raise InvalidInput([InputProblem("channel", "no way is chosen", f"choose of {', '.join(CHANNELS)}")])
        caregiver = bool(form.value("caregiver"))
        try:
            send_test(uow, scope(), study, form.value("number"), form.value("channel"), caregiver)
        except NotFound as error:  # in a form it is a slip of the pen
            raise InvalidInput(InputProblem("number", one.wrong, one.remedy) for one in error.problems) from None

    def then(_: None) -> str:
        return url_for("office.sending.show_study", study=study, done="test")

    return save(form, _TEST, work, then, lambda sent, status: _page(study, {"test": sent}, status))


@pages.post(f"{STUDY}/replay")
@needs(Permission.MESSAGES_WRITE)
def replay(study: str) -> ResponseReturnValue:
    """Send all messages that were held, at one's own sites, where they are still of use."""

    def then(count: int) -> str:
        return url_for("office.sending.show_study", study=study, done="replayed", count=count)

    def work(uow: UnitOfWork) -> int:
        return replay_held(uow, scope(), study)

    return save(sent_form("replay"), (), work, then, lambda sent, status: _page(study, {"replay": sent}, status))


def _off(form: Form) -> bool:
    if form.value("to") not in ("off", "on"):
        raise InvalidInput([InputProblem("to", "it is not said whether to stop or to go on", "open the page again")])
    if not form.value("sure"):
        raise InvalidInput([InputProblem("sure", "this is not confirmed", "tick it, if it is what you want")])
    return form.value("to") == "off"


def _switch_page(study: str | None, form: Form, status: int) -> Response:
    def work(session: Session) -> str:
        known = studies_sending_in(session, scope())
        mine = [one for one in known if study in (None, one.code)]
        now: Switch = study_switch(session, scope(), study) if study is not None else whole_switch(session)
        return render_template(
            "office/switch.html", study=study, form=form, switch=now, planned=sum(one.planned for one in mine),
            held=sum(one.held for one in mine),
        )  # fmt: skip

    return make_response(installation().store.read(work), status)


def _days() -> int:
    return next((days for days in DAYS if str(days) == request.args.get("days")), DAYS[-1])


def _page(study: str, forms: dict[str, Form], status: int) -> Response:
    days, now = _days(), clock.now()

    def work(session: Session) -> str:
        row, since = find_study(session, scope(), study), now - timedelta(days=days)
        figures = delivery_figures(session, scope(), study, since, None, now)
        daily = figures_view.by_day(delivery_figures(session, scope(), study, since, now, now))
        channels, total = figures_view.by_channel(figures), figures_view.total_of(figures)
        took = figures_view.how_long(figures.median_seconds)
        mine = next((one for one in studies_sending_in(session, scope()) if one.code == study), None)
        return render_template(
            "office/study_sending.html", study=row, figures=figures, total=total, channels=channels, daily=daily,
            groups=figures_view.GROUPS, used=figures_view.used([total]),
            used_by_day=figures_view.used(row for _, row in daily), took=took,
            reasons=reasons_since(session, scope(), row, since), sending=mine, days=days, choices=DAYS,
            switch=study_switch(session, scope(), study), missing=unsigned(session, scope(), study),
            forms={name: forms.get(name, Form(name)) for name in ("test", "replay")}, ways=CHANNELS,
            done=request.args.get("done"), count=request.args.get("count", ""), **_allowed(row),
        )  # fmt: skip

    return make_response(installation().store.read(work), status)


def _allowed(study: Study) -> dict[str, bool]:
    write = may(asking(), Permission.MESSAGES_WRITE)
    where = asking().scope(Permission.MESSAGES_WRITE) if write else None
    return {
        "may_write": where is not None and where.covers(study.id),
        "may_switch": where is not None and where.covers_whole(study.id),
    }
