"""How a participant is reached, and what they have agreed to be sent by which channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.contact_consents import in_force
from planner.persistence.participants import Contact
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.problems import InputProblem, InvalidInput, PlannerError
from planner.request_log import request_id
from planner.services.access import find_participant, find_study
from planner.services.contact_consents import (
    CHANNELS,
    AgreeToContact,
    EndContactConsent,
    agree_to_contact,
    contact_consents,
    end_contact_consent,
)
from planner.services.contacts import (
    LANGUAGES,
    ContactDetails,
    contact_of,
    contact_revision,
    erase_contact,
    keep_contact,
)
from planner.web.desk.participant import names
from planner.web.desk.phone_text import plain_number
from planner.web.desk.record import FORM_ERRORS
from planner.web.desk.seen import look_at
from planner.web.desk.typed_form import TypedForm, sent_form
from planner.web.desk.watch_entries import CHANNELS as CHANNEL_WORDS
from planner.web.words import language_name

pages = Blueprint("contact", __name__)
HERE = "/studies/<study>/participants/<number>/contact"
TEXTS = ("name", "birth_date", "record_number", "email", "caregiver_name", "language", "zone")
PHONES = ("phone", "caregiver_phone")
DETAILS = (*TEXTS, *PHONES)
CONSENT = ("channel", "how", "since", "until")
ERASURE = ("why",)
NOTHING = TypedForm(())


@pages.get(HERE)
@needs(Permission.CONTACTS_READ)
def show(study: str, number: str) -> ResponseReturnValue:
    """Show how somebody is reached."""
    return installation().store.read(lambda session: _page(session, study, number))


@pages.post(HERE)
@needs(Permission.CONTACTS_WRITE)
def keep(study: str, number: str) -> ResponseReturnValue:
    """Keep how somebody is reached, in place of what was kept."""
    form, keys = sent_form(DETAILS), installation().keys
    said: dict[str, Any] = {name: form.value(name) for name in TEXTS}
    said |= {name: plain_number(form.value(name)) for name in PHONES}
    expected = request.form.get("expected", "")

    def work(uow: UnitOfWork) -> None:
        participant = find_participant(uow.session, scope(), find_study(uow.session, scope(), study), number, lock=True)
        kept = contact_of(uow.session, keys, participant) or ContactDetails()
        seen = int(expected) if expected.isascii() and expected.isdecimal() and len(expected) < 10 else None
        keep_contact(uow, keys, participant, replace(kept, **said), seen)

    return _done(work, study, number, details=form, did="kept")


@pages.post(f"{HERE}/consents")
@needs(Permission.CONTACTS_WRITE)
def say(study: str, number: str) -> ResponseReturnValue:
    """Record that somebody agrees to be sent something by a channel, or does not want it any more."""
    form, ends = sent_form(CONSENT), request.form.get("do") == "end"

    def work(uow: UnitOfWork) -> None:
        problems: list[InputProblem] = []
        since, until = form.day("since", problems), form.day("until", problems)
        if problems:
            raise InvalidInput(problems)
        said: dict[str, Any] = {"study": study, "participant": number, "channel": form.value("channel"),
                                "how": form.value("how"), "since": since}  # fmt: skip
        if ends:
            end_contact_consent(uow, scope(), EndContactConsent(**said))
        else:
            agree_to_contact(uow, scope(), AgreeToContact(**said, until=until))

    return _done(work, study, number, consent=form, did="ended" if ends else "agreed")


@pages.post(f"{HERE}/erasure")
@needs(Permission.CONTACTS_ERASE)
def erase(study: str, number: str) -> ResponseReturnValue:
    """Erase for good how somebody is reached."""
    form = sent_form(ERASURE)

    def work(uow: UnitOfWork) -> None:
        if not form.value("why"):
            raise InvalidInput([InputProblem("why", "the reason is missing", "say who asked for it")])
        participant = find_participant(uow.session, scope(), find_study(uow.session, scope(), study), number, lock=True)
        erase_contact(uow, participant, form.value("why"))

    return _done(work, study, number, erasure=form, did="erased")


def _done(
    work: Callable[[UnitOfWork], None], study: str, number: str, did: str, **forms: TypedForm
) -> ResponseReturnValue:
    """Do it, and show the page again; what was refused stands at its field."""
    planner = installation()
    try:
        planner.store.write(asking().actor, clock.now(), work, request_id())
    except FORM_ERRORS as error:
        wrong: PlannerError = error
        for form in forms.values():
            form.take(error)
        return planner.store.read(lambda session: _page(session, study, number, int(wrong.status), **forms))
    return redirect(url_for("desk.contact.show", study=study, number=number, did=did), 303)


def _page(
    session: Session, study: str, number: str, status: int = 200, details: TypedForm | None = None,
    consent: TypedForm = NOTHING, erasure: TypedForm = NOTHING,
) -> Response:  # fmt: skip
    seen, keys = look_at(session, study, number), installation().keys
    row = session.get(Contact, seen.row.id)
    kept = contact_of(session, keys, seen.row) or ContactDetails()
    consents = contact_consents(session, scope(), study, number)
    usual = TypedForm(DETAILS, {name: [getattr(kept, name)] for name in DETAILS})
    made = render_template(
        "desk/contact.html", seen=seen, form=details or usual,
        revision=contact_revision(session, seen.row), erased=row.erased_at if row is not None else None,
        consent=consent, erasure=erasure, channels=[(name, CHANNEL_WORDS[name]) for name in CHANNELS],
        agreed=in_force(consents, seen.today), history=list(reversed(consents)), words=CHANNEL_WORDS,
        who=names_of(session, (one.recorded_by for one in consents)), did=request.args.get("did", ""),
        languages=[(tag, language_name(tag)) for tag in LANGUAGES], **names(seen),
    )  # fmt: skip
    return make_response(made, status)
