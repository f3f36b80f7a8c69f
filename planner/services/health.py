"""Whether all is well with an installation: what is wrong first, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.health import Circuit, Heartbeat
from notifications.outbox import MessageRow, State
from notifications.rules import RulesRow
from notifications.tasks import TaskRow
from planner.config import ConfigurationError, Settings
from planner.persistence.participants import Contact, Participant
from planner.persistence.studies import Study
from planner.persistence.users import Grant, User
from planner.services.dispatching import newest_tick, worker_state
from planner.services.keyring import Keys
from planner.services.sending import whole_switch
from planner.services.users import Role
from schedules.plan import ENGINE

#: a message that is due for longer than that waits for a worker
LATE = timedelta(minutes=10)
#: whoever was planned last before yesterday was missed by the nightly planning, wherever the site is
MISSED = timedelta(days=2)


class Level(IntEnum):
    """How much it matters: to be seen to now, to be looked at, or well."""

    WRONG = 0
    LOOK = 1
    WELL = 2


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what it is, how it stands, and what to do, where something is to be done."""

    what: str
    level: Level
    says: str
    remedy: str = ""


def checks(session: Session, settings: Settings, keys: Keys | None, version: str, now: datetime) -> list[Check]:
    """Everything that can be seen at a glance, what is wrong first. ``keys``: None where they cannot be read."""
    found = [Check("Database", Level.WELL, f"It answers, and is of this planner's version, {version}.")]
    found += [_worker(session, now), *_outbox(session, now), *_providers(session, now), _planning(session, now)]
    found += [_keys(session, keys), *_settings(session, settings), _codes(session), _backups()]
    return sorted(found, key=lambda check: check.level)


def codes_of_studies(session: Session) -> dict[int, str]:
    """The code of each study by its number, which its chain of the audit has."""
    return dict(session.execute(select(Study.id, Study.code)).all())


def _worker(session: Session, now: datetime) -> Check:
    ticked, state = newest_tick(session), worker_state(session, now)
    count = session.scalar(select(func.count()).select_from(Heartbeat).where(Heartbeat.ticked_at > now - LATE)) or 0
    if ticked is None or state == "never":
        wrong = "No worker has ever run: nothing is sent, and nobody is planned as of a new day."
        return Check("Worker", Level.WRONG, wrong, "Run `planner worker` beside the web server, and keep it running.")
    since = _ago(now - ticked)
    if state == "stale":
        right = "See whether `planner worker` runs, and what its log says; start it again."
        return Check("Worker", Level.WRONG, f"None has looked for messages for {since}.", right)
    running = "one runs" if count == 1 else f"{count} run"
    return Check("Worker", Level.WELL, f"It looked for messages {since} ago; {running}.")


def _outbox(session: Session, now: datetime) -> Iterator[Check]:
    off = whole_switch(session)
    if off.off:
        yield Check("Sending", Level.WRONG, f"All sending is switched off: {off.why}.", "Switch it on under Sending.")
    due = select(func.count(), func.min(MessageRow.due_at)).where(
        MessageRow.state == State.PLANNED, MessageRow.due_at <= now - LATE
    )
    count, oldest = session.execute(due).one()
    if count:
        says = f"{_many(count, 'message is', 'messages are')} due and not sent, the oldest for {_ago(now - oldest)}."
        yield Check("Outbox", Level.WRONG, says, "A worker sends them; see whether one runs and keeps up.")
    else:
        yield Check("Outbox", Level.WELL, "Nothing that is due waits.")
    stuck = {State.HELD: "held until a person looks", State.UNKNOWN: "in doubt: taken by the provider, or not"}
    query = select(MessageRow.state, func.count()).where(MessageRow.state.in_(stuck)).group_by(MessageRow.state)
    for state, many in session.execute(query):
        says = f"{_many(many, 'message is', 'messages are')} {stuck[State(state)]}."
        yield Check("Messages", Level.LOOK, says, "Look at the reasons under Sending.")


def _providers(session: Session, now: datetime) -> Iterator[Check]:
    for row in session.scalars(select(Circuit).where(Circuit.open_until > now).order_by(Circuit.channel)):
        says = f"The provider of {row.channel} has failed {row.failures} times in a row; nothing is sent through it."
        yield Check("Provider", Level.WRONG, says, "See the provider's own state, and its settings; it is tried again.")
    open_tasks = select(func.count()).select_from(TaskRow).where(TaskRow.done_at.is_(None))
    if count := session.scalar(open_tasks.where(TaskRow.kind == "provider-failing")):
        says = f"{_many(count, 'note says', 'notes say')} that a provider keeps failing."
        yield Check("Provider", Level.LOOK, says, "They are among the replies and messages of Today.")


def _planning(session: Session, now: datetime) -> Check:
    planned = select(func.count()).select_from(Participant).join(Study, Study.id == Participant.study_id)
    planned = planned.where(Participant.planned_on.is_not(None))
    behind = session.scalar(
        planned.where(
            (Participant.planned_on < (now - MISSED).date()) | (Participant.planned_revision != Study.revision)
        )
    )
    if behind:
        says = f"{_many(behind, 'participant is', 'participants are')} not planned as of today."
        return Check("Plans", Level.WRONG, says, "The worker does it every hour; or run `planner database replan`.")
    older = session.scalar(planned.where(Participant.engine != ENGINE))
    if older:
        says = f"{_many(older, 'plan is', 'plans are')} of an older engine, which would put a date elsewhere."
        return Check("Plans", Level.LOOK, says, "Look at them: `planner database replan` lists the dates that move.")
    return Check("Plans", Level.WELL, "Everybody is planned as of today.")


_NEWEST_SEALED = (
    select(Contact.sealed).where(Contact.sealed.is_not(None)).order_by(Contact.participant_id.desc()).limit(1)
)


def _keys(session: Session, keys: Keys | None) -> Check:
    """Whether they are there, and open what was kept last; whether they open all `planner database check` says."""
    right = "Give every process the same PLANNER_CONTACT_KEYS and PLANNER_INDEX_KEY, or bring keys.json back."
    if keys is None:
        return Check("Keys", Level.WRONG, "They cannot be read: no number and no calendar can be used.", right)
    sealed = session.scalar(_NEWEST_SEALED)
    try:
        if sealed is not None:
            keys.open(sealed)
    except ConfigurationError:
        return Check("Keys", Level.WRONG, "They do not open what is kept: it was sealed with others.", right)
    return Check("Keys", Level.WELL, "They are there, and open what was kept last.")


def _settings(session: Session, settings: Settings) -> Iterator[Check]:
    if settings.show_phones:
        wrong = "Everybody who reaches the pages may read the simulated phones and write on them."
        yield Check("Settings", Level.LOOK, wrong, "That is for a demo: take PLANNER_SHOW_PHONES away.")
    if settings.channel != "twilio" and _any_enabled(session):
        says = f"Texts go to {settings.channel}: none leaves this machine, though a study has reminders on."
        yield Check("Settings", Level.LOOK, says, "Set PLANNER_CHANNEL=twilio and what it needs, or leave it, to try.")
    if not settings.public_url:
        says = "Links of calendars and own pages have whatever address a page was asked for under."
        yield Check("Settings", Level.LOOK, says, "Set PLANNER_PUBLIC_URL to the address that people use.")


def _any_enabled(session: Session) -> bool:
    return session.scalar(select(RulesRow.study_id).where(RulesRow.enabled).limit(1)) is not None


def _codes(session: Session) -> Check:
    query = select(func.count(func.distinct(User.id))).join(Grant, Grant.user_id == User.id)
    administrators = (Grant.role == Role.ADMINISTRATOR.value, Grant.ended_at.is_(None), User.disabled_at.is_(None))
    without = session.scalar(query.where(*administrators, User.totp.is_(None)))
    if without:
        says = f"{_many(without, 'administrator signs', 'administrators sign')} in without one-time codes."
        return Check("People", Level.LOOK, says, "They set them up on their own page, which their name above leads to.")
    return Check("People", Level.WELL, "Every administrator signs in with one-time codes.")


def _backups() -> Check:
    says = "The planner does not know of any: they are files that it writes and forgets."
    return Check("Backups", Level.LOOK, says, "Run `planner database backup FILE` daily, and try to restore one.")


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _ago(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    if minutes < 1:
        return f"{max(int(time.total_seconds()), 0)} seconds"
    if minutes < 120:
        return _many(minutes, "minute", "minutes")
    return _many(minutes // 60, "hour", "hours") if minutes < 48 * 60 else _many(minutes // 1440, "day", "days")
