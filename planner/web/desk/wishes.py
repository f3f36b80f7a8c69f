"""What a participant wants to be sent: which reminders, by which ways, and which numbers have said stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from notifications.rules import TIMINGS, Rules
from planner import clock
from planner.auth.door import installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.contact_consents import in_force
from planner.persistence.participants import Contact
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, Refused
from planner.services.contact_consents import contact_consents
from planner.services.contacts import contact_of, contact_revision
from planner.services.opt_outs import ChangeOptOut, Line, change_opt_out, opt_outs
from planner.services.recipients import CAREGIVER
from planner.services.sending import study_rules
from planner.services.wishes import WAYS, Wishes, keep_wishes, wishes_of
from planner.web.desk.participant import names
from planner.web.desk.seen import Seen, look_at
from planner.web.office.forms import Form, save, sent_form
from planner.web.office.rules import TIMING_WORDS
from planner.web.words import language_name

pages = Blueprint("wishes", __name__)
HERE = "/studies/<study>/participants/<number>/wishes"
USUAL, OWN = "usual", "own"
_WAY_WORDS = {"sms": "Texts", "email": "E-mail", "calendar": "Appointments in their calendar, by e-mail"}
_FIELDS = ("reminders", "timings", "ways")


@dataclass(frozen=True, slots=True)
class Number:
    """A number or an address: whose it is, how it stands, what can be said about it, and the form for that."""

    line: Line
    form: Form
    label: str

    @property
    def steps(self) -> list[tuple[str, str]]:
        """What can be recorded: the step, and what the button says."""
        if self.line.stopped:
            return [("start", "They want messages again")]
        verify = [("verify", "It is theirs: I have asked them")] if self.line.suspended_at else []
        return [*verify, ("stop", "They want nothing more there")]


@pages.get(HERE)
@needs(Permission.CONTACTS_READ)
def show(study: str, number: str) -> Response:
    """Show what somebody wants."""
    return _page(study, number, {}, 200)


@pages.post(HERE)
@needs(Permission.CONTACTS_WRITE)
def keep(study: str, number: str) -> ResponseReturnValue:
    """Keep which reminders come, and by which ways."""
    form, keys, where = sent_form("wishes"), installation().keys, scope()

    def work(uow: UnitOfWork) -> None:
        keep_wishes(uow, keys, where, study, number, _said(form), form.number("expected"))

    return save(form, _FIELDS, work, lambda _: _then(study, number, "kept"), _again(study, number))


@pages.post(f"{HERE}/numbers")
@needs(Permission.MESSAGES_WRITE)
def change(study: str, number: str) -> ResponseReturnValue:
    """Record that a number or an address wants nothing more, wants messages again, or was found to be theirs."""
    channel, whom = request.form.get("channel", ""), request.form.get("whom", "")
    form, where = sent_form(_name(channel, whom)), scope()

    def work(uow: UnitOfWork) -> None:
        change_opt_out(uow, where, ChangeOptOut(
            study=study, participant=number, step=form.value("step"), how=form.value("how"), channel=channel,
            caregiver=whom == CAREGIVER,
        ))  # fmt: skip

    return save(form, ("how",), work, lambda _: _then(study, number, form.value("step")), _again(study, number))


def _said(form: Form) -> Wishes:
    """What the form asks for. Raises InvalidInput for timings that the study's would overrule."""
    own = form.value("reminders") == OWN
    if form.chosen("timings") and not own:
        wrong = "reminders of their own are ticked, and those of the study are chosen"
        raise InvalidInput([InputProblem("reminders", wrong, "choose which of the two they want")])
    timings = tuple(form.chosen("timings")) if own else None
    return Wishes(reminders=timings, off=frozenset(WAYS) - frozenset(form.chosen("ways")))


def _name(channel: str, whom: str) -> str:
    return f"{whom}-{channel}"


def _then(study: str, number: str, did: str) -> str:
    return url_for("desk.wishes.show", study=study, number=number, did=did)


def _again(study: str, number: str) -> Any:
    return lambda form, status: _page(study, number, {form.name: form}, status)


def _page(study: str, number: str, forms: dict[str, Form], status: int) -> Response:
    def work(session: Session) -> str:
        seen = look_at(session, study, number)
        kept = contact_of(session, installation().keys, seen.row)
        wishes, rules = wishes_of(session.get(Contact, seen.row.id)), _rules(session, study)
        agreed = in_force(contact_consents(session, scope(), study, number), seen.today)
        return render_template(
            "desk/wishes.html", seen=seen, kept=kept, form=forms.get("wishes") or Form("wishes", _usual(wishes)),
            revision=contact_revision(session, seen.row), choices=_choices(rules),
            timings=[(name, TIMING_WORDS[name]) for name in TIMINGS],
            ways=[(way, _WAY_WORDS[way] + ("" if way in agreed else " (not agreed to)")) for way in WAYS],
            hours=(_clock(rules.hours.opens), _clock(rules.hours.closes)) if rules is not None else None,
            language=language_name(kept.language) if kept is not None else "",
            numbers=_numbers(session, seen, forms), did=request.args.get("did", ""), **names(seen),
        )  # fmt: skip

    return make_response(installation().store.read(work), status)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _rules(session: Session, study: str) -> Rules | None:
    try:
        return study_rules(session, scope(), study)
    except Refused:  # they cannot be read: nothing is sent by them
        return None


def _usual(wishes: Wishes) -> dict[str, Any]:
    return {
        "reminders": USUAL if wishes.reminders is None else OWN,
        "timings": wishes.reminders or (),
        "ways": [way for way in WAYS if way not in wishes.off],
    }


def _choices(rules: Rules | None) -> list[tuple[str, str]]:
    timings = [TIMING_WORDS[name].lower() for name in TIMINGS if rules is not None and name in rules.timings]
    usual = ", ".join(timings) or "none now"
    return [(USUAL, f"As the study sends them: {usual}"), (OWN, "Those ticked below, and no others")]


def _numbers(session: Session, seen: Seen, forms: dict[str, Form]) -> list[Number]:
    if not seen.may(Permission.MESSAGES_READ):
        return []
    return [
        Number(line, forms.get(name) or Form(name), _label(line))
        for line in opt_outs(session, scope(), seen.study.code, seen.number, clock.now())
        for name in (_name(line.channel, line.whom),)
    ]


def _label(line: Line) -> str:
    what = _WAY_WORDS.get(line.channel, line.channel)
    return f"{what} to a caregiver" if line.whom == CAREGIVER else what
