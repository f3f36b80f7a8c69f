"""How a study sends: its rules, the switches that stop everything, test messages, and what was held sent after all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.errors import RulesRefused, UnknownZone
from notifications.message import Appointment
from notifications.outbox import PENDING, MessageRow, NewMessage, State, put, replay
from notifications.quiet_hours import next_allowed
from notifications.recipients import RecipientRow, channels_in_force
from notifications.reminders import Planned, planned
from notifications.rules import ALL, Rules, RulesRow, SwitchRow, read_rules, rules_of
from notifications.wording import told
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, PlannerError, Refused
from planner.services.access import EVERYTHING, Scope, find_participant, find_study, require_everything, within
from planner.services.designs import Designs
from planner.services.messages import find_message
from planner.services.recipients import CAREGIVER, recipient_row
from planner.services.reminders import rules_changed
from planner.services.texts import missing_or_too_long
from planner.services.wordings import words_of_study

#: by which channels texts go
CHANNELS = ("sms", "email")
#: a test is of use for so long
TEST_LASTS = timedelta(hours=1)
LONGEST_WHY = 300
#: how far from now an appointment may be that a preview is made for
FARTHEST = timedelta(days=3 * 366)


# -- rules --------------------------------------------------------------------------------------


def study_rules(session: Session, scope: Scope, study_code: str) -> Rules:
    """By which rules a study sends; without any it sends nothing. Raises NotFound, and Refused for unreadable ones."""
    try:
        return rules_of(session.get(RulesRow, find_study(session, scope, study_code).id))
    except RulesRefused:
        wrong = "the rules that are kept cannot be read: nothing is sent by them"
        raise Refused([InputProblem("rules", wrong, "set them anew")]) from None


def read_study_rules(data: Mapping[str, Any]) -> Rules:
    """Rules as they are sent. Raises InvalidInput with all that is wrong with them."""
    try:
        return read_rules(data)
    except RulesRefused as error:
        raise InvalidInput(_rules_problems(error)) from None


def _rules_problems(error: RulesRefused) -> Iterator[InputProblem]:
    for problem in error.problems:
        place, _, said = problem.partition(": ")
        wrong, _, right = said.partition("; ")
        yield InputProblem(place, wrong, right or "look at what rules take")


def set_rules(uow: UnitOfWork, designs: Designs, study: Study, rules: Rules) -> int:
    """Set by which rules a study sends, and plan what is still to come anew; how many participants it concerns.

    Raises InvalidInput for a name of the clinic that would tell what it is about.
    """
    if word := told(rules.alias, words_of_study(uow.session, designs, study)):
        right = "choose a name that a stranger may read"
        raise InvalidInput([InputProblem("alias", f"it has the word {word!r}, which no text may have", right)])
    require_kinds(uow.session, designs, study, rules)
    row = uow.session.get(RulesRow, study.id)
    before = _before(row) if row is not None else None
    if row is None:
        row = RulesRow(study_id=study.id)
        uow.session.add(row)
    row.enabled, row.urgent_phone, row.emergency_phone = rules.enabled, rules.urgent_phone, rules.emergency_phone
    row.alias, row.rules, row.changed_at = rules.alias, rules.data(), uow.now
    uow.session.flush()
    after = shown_rules(rules)
    uow.audit("sending-rules.set", f"study:{study.code}", study_id=study.id, before=before, after=after)
    return rules_changed(uow, designs, study)


def _before(row: RulesRow) -> dict[str, Any]:
    """What the audit says of the rules until now; they are set anew also where nobody can read them."""
    try:
        return shown_rules(rules_of(row))
    except RulesRefused:
        return {"unreadable": True}


def kinds_of_visits(session: Session, designs: Designs, study: Study) -> list[tuple[str, str]]:
    """The kinds of visits that rules may name, each with its label: every epoch, and every visit of one.

    None of a study that has no protocol yet, or none that can be planned with.
    """
    try:
        versions = designs.of(session, study).versions
    except PlannerError:
        return []
    found: dict[str, str] = {}
    for version in versions:
        for name, epoch in version.protocol.epochs.items():
            found[name] = f"{epoch.label}: all visits"
            found |= {f"{name}.{key}": f"{epoch.label}: {visit.label}" for key, visit in epoch.visits.items()}
    return list(found.items())


def require_kinds(session: Session, designs: Designs, study: Study, rules: Rules) -> None:
    """Raise InvalidInput for timings of visits that no version of the study's protocol has."""
    if not rules.timings_by_visit:
        return
    known = {name for name, _ in kinds_of_visits(session, designs, study)}
    if unknown := sorted(set(rules.timings_by_visit) - known):
        right = "name an epoch of the protocol, or a visit of one, such as induction.d8"
        raise InvalidInput(
            [InputProblem(f"timings_by_visit/{name}", "there is no such visit", right) for name in unknown]
        )


def shown_rules(rules: Rules) -> dict[str, Any]:
    """Rules as plain data."""
    own = {name: getattr(rules, name) for name in ("enabled", "urgent_phone", "emergency_phone", "alias")}
    return {**own, **rules.data()}


def preview_rules(
    rules: Rules, day: date, starts: int | None, site_zone: str, zone: str, now: datetime
) -> list[Planned]:
    """The reminders of an appointment that is made now, by these rules, to somebody who lives by that zone's clock.

    Raises InvalidInput for a day that is too far off.
    """
    if abs(day - now.date()) > FARTHEST:
        wrong = "this is more than three years from now"
        raise InvalidInput([InputProblem("day", wrong, "write a day of the coming months")])
    imagined = Appointment(
        reference="preview", study_id=0, site_id=0, day=day, starts=starts, zone=site_zone, place=rules.alias, phone=""
    )
    return planned(imagined, zone, rules, now)


# -- switches -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether sending is switched off, why, and since when; ``everywhere``: in all studies at once."""

    off: bool
    why: str
    changed_at: datetime | None
    everywhere: bool


def study_switch(session: Session, scope: Scope, study_code: str) -> Switch:
    """The switch of a study. Raises NotFound."""
    study = find_study(session, scope, study_code)
    everywhere = session.get(SwitchRow, ALL)
    return _switch(session.get(SwitchRow, study.id), everywhere is not None and everywhere.off)


def whole_switch(session: Session) -> Switch:
    """The switch of everything."""
    row = session.get(SwitchRow, ALL)
    return _switch(row, row is not None and row.off)


def _switch(row: SwitchRow | None, everywhere: bool) -> Switch:
    if row is None:
        return Switch(False, "", None, everywhere)
    return Switch(row.off, row.why, row.changed_at, everywhere)


@dataclass(frozen=True, slots=True)
class StudySending:
    """Whether a study sends by its rules and its switch, how much is held, and how much is still to come."""

    code: str
    enabled: bool
    switch: Switch
    held: int
    planned: int


def studies_sending(session: Session) -> list[StudySending]:
    """Every study, by its code."""
    return studies_sending_in(session, EVERYTHING)


def studies_sending_in(session: Session, scope: Scope) -> list[StudySending]:
    """The studies that somebody may see, by their codes; of their messages those at the sites within the scope."""
    counts = select(MessageRow.study_id, MessageRow.state, func.count())
    counts = counts.where(MessageRow.state.in_(PENDING), within(scope, MessageRow.study_id, MessageRow.site_id))
    counts = counts.group_by(MessageRow.study_id, MessageRow.state)
    pending = {(study, state): count for study, state, count in session.execute(counts)}
    everywhere = whole_switch(session).off
    switches = {row.study_id: row for row in session.scalars(select(SwitchRow))}
    enabled = set(session.scalars(select(RulesRow.study_id).where(RulesRow.enabled)))
    return [
        StudySending(
            study.code, study.id in enabled, _switch(switches.get(study.id), everywhere),
            pending.get((study.id, State.HELD), 0), pending.get((study.id, State.PLANNED), 0),
        )
        for study in session.scalars(select(Study).order_by(Study.code))
        if scope.sees(study.id)
    ]  # fmt: skip


def set_study_switch(uow: UnitOfWork, study: Study, off: bool, why: str) -> None:
    """Switch sending off in a study, or on again: read before each single send."""
    _set(uow, study.id, off, why)
    uow.audit("sending.switched", f"study:{study.code}", study_id=study.id, after={"off": off}, why=why)


def set_whole_switch(uow: UnitOfWork, scope: Scope, off: bool, why: str) -> None:
    """Switch all sending off, or on again. Raises NotAllowed without a role in all studies."""
    require_everything(scope)
    _set(uow, ALL, off, why)
    uow.audit("sending.switched", "installation", after={"off": off}, why=why)


def _set(uow: UnitOfWork, study_id: int, off: bool, why: str) -> None:
    problems = list(missing_or_too_long("why", why, "say why, for whoever looks at it next", LONGEST_WHY))
    if problems:
        raise InvalidInput(problems)
    row = uow.session.get(SwitchRow, study_id)
    if row is None:
        row = SwitchRow(study_id=study_id)
        uow.session.add(row)
    row.off, row.why, row.changed_by, row.changed_at = off, why.strip(), uow.actor.user_id, uow.now
    uow.session.flush()


# -- single messages ----------------------------------------------------------------------------


def replay_held(uow: UnitOfWork, scope: Scope, study_code: str, message_id: int | None = None) -> int:
    """Send after all what was held, one message or all at the sites within the scope; how many are planned again.

    What is of no use any more has expired. Raises NotFound, and Refused for a message that is not held.
    """
    study = find_study(uow.session, scope, study_code)
    which = [MessageRow.study_id == study.id, within(scope, MessageRow.study_id, MessageRow.site_id)]
    if message_id is not None:
        row = find_message(uow.session, scope, study, message_id, lock=True)
        if row.state != State.HELD:
            raise Refused([InputProblem("message", f"it is {row.state}, not held", "look at what has become of it")])
        which.append(MessageRow.id == message_id)
    count = replay(uow.session, which, uow.now)
    subject = f"message:{message_id}" if message_id is not None else f"study:{study.code}"
    uow.audit("messages.replayed", subject, study_id=study.id, after={"planned": count})
    return count


def send_test(
    uow: UnitOfWork, scope: Scope, study_code: str, number: str, channel: str, caregiver: bool = False
) -> MessageRow:
    """Plan a test message to a participant, or to whoever cares for them, with every check of a reminder.

    Raises NotFound, and Refused where nothing may be sent to them by that channel.
    """
    study = find_study(uow.session, scope, study_code)
    participant = find_participant(uow.session, scope, study, number, lock=True)
    recipient = recipient_row(uow.session, participant.id, CAREGIVER if caregiver else "")
    if recipient is None or channel not in _ways(uow, recipient):
        wrong = f"nothing may be sent to them by {channel}"
        raise Refused([InputProblem("channel", wrong, "keep how to reach them, and record their consent, first")])
    occasion = f"test.r{recipient.id}.{channel}.{uow.now.isoformat()}"
    new = NewMessage(
        study_id=study.id, site_id=participant.site_id, recipient_id=recipient.id, template="test", timing="once",
        channel=channel, occasion=occasion, due_at=uow.now, expires_at=_test_expires(uow, recipient),
    )  # fmt: skip
    (row,) = put(uow.session, [new], uow.now, "person")
    uow.audit("message.test", f"participant:{number}", study_id=study.id, after={"channel": channel, "id": row.id})
    return row


def _test_expires(uow: UnitOfWork, recipient: RecipientRow) -> datetime:
    """At night on their clock it waits for the morning: it must not come to nothing unseen."""
    row = uow.session.get(RulesRow, recipient.study_id)
    try:
        return next_allowed(uow.now, recipient.zone, rules_of(row).hours) + TEST_LASTS
    except (RulesRefused, UnknownZone):
        return uow.now + TEST_LASTS


def _ways(uow: UnitOfWork, recipient: RecipientRow) -> list[str]:
    return channels_in_force(uow.session, recipient.id, uow.now) if recipient.may_be_contacted else []
