"""The way into the office: what is wrong first, where everything is, and the first steps of a new installation."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session

from planner.auth.door import asking, installation, needs, scope
from planner.auth.permissions import Permission
from planner.persistence.studies import Study
from planner.services.first_steps import FirstSteps, first_steps
from planner.services.sending import studies_sending_in
from planner.web.frame import may
from planner.web.office.parts import address_of, may_everywhere

pages = Blueprint("overview", __name__)


@dataclass(frozen=True, slots=True)
class Step:
    """A step on the way to the first participant: why, whether it is done, and the form that does it."""

    title: str
    why: str
    done: bool
    address: str | None = None
    button: str = ""
    #: whether an installation can do without it
    optional: bool = False


@pages.get("")
@needs(Permission.MESSAGES_READ)
def show() -> str:
    """Show where everything is, and what is switched off, held or not set up yet."""

    def work(session: Session) -> str:
        whole = may_everywhere(Permission.STUDIES_WRITE)
        steps = steps_of(first_steps(session)) if whole else []
        return render_template(
            "office/overview.html", steps=steps, sending=studies_sending_in(session, scope()),
            left=sum(not step.done and not step.optional for step in steps),
        )  # fmt: skip

    return installation().store.read(work)


@pages.get("/start")
@needs(Permission.STUDIES_WRITE, everything=True)
def start() -> str:
    """Show the steps from nothing to the first participant, ticked as they are done."""

    def work(session: Session) -> str:
        found = first_steps(session)
        steps = steps_of(found)
        current = next((step for step in steps if not step.done and not step.optional), None)
        return render_template("office/start.html", steps=steps, current=current, found=found)

    return installation().store.read(work)


def steps_of(found: FirstSteps) -> list[Step]:
    """The steps in their order."""
    site = Step(
        "Set up a site", "Where participants are seen: its clock, its hours and its chairs.", found.site,
        url_for("office.sites.ask"), "Set up a site",
    )  # fmt: skip
    study = Step(
        "Set up a study", "Choose the protocol that everything is planned from, and the sites that take part.",
        found.setup is not None, url_for("office.studies.ask"), "Set up a study",
    )  # fmt: skip
    me = Step("Make the first administrator", f"That is you, {asking().person.name}.", found.administrator)
    return [me, site, study, *(_of_study(found) if found.setup is not None else []), *_people(found)]


def _of_study(found: FirstSteps) -> list[Step]:
    assert found.setup is not None  # noqa: S101 - the caller has looked
    code, missing = found.setup.study.code, found.setup.missing
    here = url_for("office.studies.show_one", study=code)
    why = f"Still missing: {'; '.join(missing)}." if missing else "Its values are given, and somebody stands by it."
    steps = [Step(f"Make {code} ready", why, not missing, here, "See what is missing")]
    if found.setup.has_cohorts:
        why = "Only where its participants join dose levels one after the other."
        steps.append(
            Step("Set up its cohorts", why, found.cohort, _cohorts_of(found.setup.study), "Set up cohorts", True)
        )
    return steps


def _cohorts_of(study: Study) -> str | None:
    return address_of("studies.cohorts.show", study=study.code)


def _people(found: FirstSteps) -> list[Step]:
    study = found.setup.study.code if found.setup is not None else None
    let_in = url_for("office.people.ask", role="coordinator", study=study)
    themselves = may(asking(), Permission.PARTICIPANTS_WRITE)
    newcomer = (address_of("desk.newcomer.choose") if themselves else None) or url_for("desk.participants.show")
    sending = address_of("office.sending.show_study", study=study) if study else None
    return [
        Step("Let a coordinator in", "Whoever looks after participants day by day.", found.coordinator, let_in,
             "Let somebody in"),
        Step("Switch reminders on", "With the texts signed off, and a number that answers day and night.",
             found.reminders, sending, "See what is sent", optional=True),
        Step("Take the first participant in",
             "A coordinator does it, signed in as themselves: somebody is screened, consents, and is enrolled.",
             found.participant, newcomer, "To the participants"),
    ]  # fmt: skip
