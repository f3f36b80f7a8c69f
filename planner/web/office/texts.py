"""Texts: what participants read, in each language, what it costs, and who has signed it off."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from notifications.wording import KINDS, VARIABLES, shipped_languages
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission, roles_with
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.problems import InputProblem, InvalidInput
from planner.services.access import find_study
from planner.services.text_previews import INVITED_BY, shown_texts, standings
from planner.services.wordings import (
    LONGEST,
    adopt_wordings,
    approve_wording,
    publish_wording,
    study_wordings,
    withdraw_wording,
)
from planner.web.desk.choices import studies_of
from planner.web.office.forms import Form, save, sent_form

pages = Blueprint("texts", __name__)
STUDY = "/studies/<study>/texts"
ONE = f"{STUDY}/<template>"
_FIELDS = ("language", "source", "why")


@pages.get("/texts")
@needs(Permission.MESSAGES_READ)
def choose() -> ResponseReturnValue:
    """Lead to the texts of the only study there is, else let one be chosen."""
    studies = installation().store.read(lambda session: studies_of(session, None)).known
    if len(studies) == 1:
        return redirect(url_for("office.texts.show", study=studies[0][0]), 303)
    return render_template("office/choose_study.html", studies=studies, page="office.texts.show", heading="Texts")


@pages.get(STUDY)
@needs(Permission.MESSAGES_READ)
def show(study: str) -> Response:
    """Show how each text stands in each language."""
    return _table(study, Form("adopt"), 200)


@pages.post(f"{STUDY}/shipped")
@needs(Permission.MESSAGES_APPROVE, whole=True)
def adopt(study: str) -> ResponseReturnValue:
    """Take over and sign off the texts that ship, where the study has none that is signed off."""
    form = sent_form("adopt")
    languages = tuple(form.chosen("language"))

    def work(uow: UnitOfWork) -> None:
        if unknown := set(languages) - set(shipped_languages()):
            wrong = f"no text ships in {min(unknown)[:20]}"
            raise InvalidInput([InputProblem("language", wrong, f"choose of {', '.join(shipped_languages())}")])
        adopt_wordings(uow, installation().designs, _study(uow, study), languages)

    def then(_: None) -> str:
        return url_for("office.texts.show", study=study, done="adopted")

    return save(form, _FIELDS, work, then, lambda sent, status: _table(study, sent, status))


@pages.get(ONE)
@needs(Permission.MESSAGES_READ)
def show_one(study: str, template: str) -> Response:
    """Show one kind of text as its recipients read it, in each language."""
    return _page(study, template, Form("wording"), 200)


@pages.post(ONE)
@needs(Permission.MESSAGES_WRITE, whole=True)
def publish(study: str, template: str) -> ResponseReturnValue:
    """Add a version of a text; it is sent once somebody has signed it off."""
    form = sent_form("wording")

    def work(uow: UnitOfWork) -> None:
        if form.value("language") not in shipped_languages():
            wrong = "no language is chosen"
            raise InvalidInput([InputProblem("language", wrong, f"choose of {', '.join(shipped_languages())}")])
        publish_wording(
            uow, installation().designs, _study(uow, study), template, form.value("language"), form.value("source")
        )

    return _change(study, template, form, work, "published")


@pages.post(f"{ONE}/<int:wording>/approval")
@needs(Permission.MESSAGES_APPROVE, whole=True)
def approve(study: str, template: str, wording: int) -> ResponseReturnValue:
    """Sign a wording off: it is sent from now on."""

    def work(uow: UnitOfWork) -> None:
        approve_wording(uow, installation().designs, _study(uow, study), wording)

    return _change(study, template, sent_form("other"), work, "approved")


@pages.post(f"{ONE}/<int:wording>/withdrawal")
@needs(Permission.MESSAGES_APPROVE, whole=True)
def withdraw(study: str, template: str, wording: int) -> ResponseReturnValue:
    """Take a wording back: the one before it counts again."""
    form = sent_form("other")

    def work(uow: UnitOfWork) -> None:
        if not form.value("why"):
            raise InvalidInput([InputProblem("why", "no reason is given", "say why it is taken back")])
        withdraw_wording(uow, _study(uow, study), wording, form.value("why"))

    return _change(study, template, form, work, "withdrawn")


def _change(
    study: str, template: str, form: Form, work: Callable[[UnitOfWork], None], done: str
) -> ResponseReturnValue:
    def then(_: None) -> str:
        return url_for("office.texts.show_one", study=study, template=template, done=done)

    return save(form, _FIELDS, work, then, lambda sent, status: _page(study, template, sent, status))


def _study(uow: UnitOfWork, code: str) -> Study:
    return find_study(uow.session, scope(), code, lock=True, whole=True)


def _may(permission: Permission, study: Study) -> bool:
    return asking().person.may_as(*roles_with(permission)).covers_whole(study.id)


def _table(study: str, form: Form, status: int) -> Response:
    def work(session: Session) -> str:
        row = find_study(session, scope(), study)
        known = standings(study_wordings(session, scope(), study))
        return render_template(
            "office/texts.html", study=row, kinds=KINDS, languages=shipped_languages(), known=known, form=form,
            missing=sum(one.signed is None for one in known.values()), done=request.args.get("done"),
            may_approve=_may(Permission.MESSAGES_APPROVE, row),
        )  # fmt: skip

    return make_response(installation().store.read(work), status)


def _page(study: str, template: str, form: Form, status: int) -> Response:
    def work(session: Session) -> str:
        row = find_study(session, scope(), study)
        rows = study_wordings(session, scope(), study)
        texts = shown_texts(session, installation().designs, row, template, rows)
        mine = [one for one in rows if one.template == template]
        return render_template(
            "office/text.html", study=row, template=template, kind=KINDS[template], texts=texts, form=form,
            history=mine, names=names_of(session, [who for one in mine for who in (one.published_by, one.approved_by)]),
            invited=template in INVITED_BY, variables=VARIABLES, longest=LONGEST, done=request.args.get("done"),
            may_write=_may(Permission.MESSAGES_WRITE, row), may_approve=_may(Permission.MESSAGES_APPROVE, row),
        )  # fmt: skip

    return make_response(installation().store.read(work), status)
