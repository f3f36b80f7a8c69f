"""What stands in a feed on a day: a calendar made of what is stored, and of nothing else."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.calendars.ical_text import Calendar, CalendarEvent, EventStatus, calendar_text
from notifications.forbidden import told
from notifications.languages import language_of
from notifications.recipients import RecipientRow
from planner.persistence.feeds import CENTRE, PARTICIPANT, Feed
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.visits import VisitRow
from planner.services.access import within
from planner.services.feed_events import CANCELLED_FOR, Seen, Shows, event_of, hours_of, window_of
from planner.services.feed_scope import owner_scope
from planner.services.feed_words import WITHDRAWN, WITHDRAWN_MORE, Words, name_of, words_in
from planner.services.keyring import Keys
from planner.services.recipients import reference_of
from schedules.statuses import Status

#: grows with every change of what is shown where, so that an app takes it although nothing has happened
CONTENTS_VERSION = 2
BACK, AHEAD = timedelta(days=60), timedelta(days=400)
MOST_EVENTS = 1_000
MOST_BYTES = 1_000_000
_MIDNIGHT = time()
_DAY = timedelta(days=1)
#: without an end that somebody knows
_AN_HOUR = 60


def feed_bytes(session: Session, keys: Keys, feed: Feed, today: date) -> bytes:
    """The feed as an app gets it on that day of its zone: at most 1,000 events, and less than a megabyte."""
    calendar = feed_calendar(session, keys, feed, today)
    content = calendar_text(calendar)
    while len(content) >= MOST_BYTES:
        nearest = sorted(calendar.events, key=lambda event: abs((_day_of(event) - today).days))
        kept = {event.uid for event in nearest[: len(nearest) * 9 // 10]}
        events = tuple(event for event in calendar.events if event.uid in kept)
        calendar = Calendar(calendar.name, events, calendar.zone, calendar.color)
        content = calendar_text(calendar)
    return content


def _day_of(event: CalendarEvent) -> date:
    return event.start.date() if isinstance(event.start, datetime) else event.start


def feed_calendar(session: Session, keys: Keys, feed: Feed, today: date) -> Calendar:
    """The same before it is text."""
    if feed.audience == PARTICIPANT:
        words = words_in(str(feed.options.get("language", "en")))
        events = list(_of_participant(session, keys, feed, words, today))
        return _never_empty(keys, feed, Calendar(words.name, tuple(events), feed.zone, "teal"))
    site = session.get(SiteRow, feed.site_id) if feed.site_id is not None else None
    study = session.get(Study, feed.study_id) if feed.study_id is not None else None
    name = name_of(feed, site.name if site else "", study.code if study else "")
    events = list(_of_staff(session, keys, feed, today))
    return _never_empty(keys, feed, Calendar(name, tuple(events), feed.zone, "steelblue"))


def _never_empty(keys: Keys, feed: Feed, calendar: Calendar) -> Calendar:
    """Where nothing is left, the calendar's name alone, on the day it was made.

    vdirsyncer and Evolution take an empty calendar for a fault of the server, and go on showing what they had: the
    visits of somebody who has died.
    """
    if calendar.events:
        return calendar
    day = feed.made_at.astimezone(ZoneInfo(feed.zone)).date()
    uid = uid_of(keys, feed.audience, "empty", str(feed.id))
    event = CalendarEvent(
        uid=uid, summary=calendar.name, start=day, end=day + _DAY, stamp=feed.made_at, transparent=True
    )
    return replace(calendar, events=(event,))


def withdrawn_bytes(keys: Keys, feed: Feed, since: datetime) -> bytes:
    """What an app gets for a while after its link was withdrawn: one event that says so, on that day."""
    day = since.astimezone(ZoneInfo(feed.zone)).date()
    event = CalendarEvent(
        uid=uid_of(keys, "withdrawn", str(feed.id)), summary=WITHDRAWN, start=day, end=day + _DAY, stamp=since,
        description=WITHDRAWN_MORE, transparent=True,
    )  # fmt: skip
    return calendar_text(Calendar(WITHDRAWN, (event,), feed.zone))


def uid_of(keys: Keys, audience: str, *names: str) -> str:
    """The UID of an event in calendars of one audience: for life, and without a word of whom or where it is about."""
    said = "\0".join(("calendar", audience, *names)).encode()
    return hmac.new(keys.index, said, hashlib.sha256).hexdigest()[:40]


def alarms_of(feed: Feed) -> tuple[timedelta, ...]:
    """How long before each visit the app is to ring."""
    return tuple(timedelta(minutes=int(minutes)) for minutes in feed.options.get("alarm_minutes", ()))


# -- participants -------------------------------------------------------------------------------


def _of_participant(session: Session, keys: Keys, feed: Feed, words: Words, today: date) -> Iterator[CalendarEvent]:
    """Nothing from a death, a withdrawal from contact or an erasure on: not even that something is cancelled."""
    query = select(RecipientRow).where(RecipientRow.reference == reference_of(feed.participant_id or 0))
    recipient = session.scalar(query)
    if recipient is None or not recipient.may_be_contacted:
        return
    rows = session.scalars(
        select(AppointmentRow)
        .where(
            AppointmentRow.recipient_id == recipient.id,
            AppointmentRow.day.between(today - BACK, today + AHEAD),
        )
        .order_by(AppointmentRow.day, AppointmentRow.id)
        .limit(MOST_EVENTS)
    )
    for row in rows:
        if not row.cancelled or _is_recent(row.shown_at or row.changed_at, feed, today):
            yield _appointment(keys, feed, words, row)


def _appointment(keys: Keys, feed: Feed, words: Words, row: AppointmentRow) -> CalendarEvent:
    start: date = row.day
    end: date = row.day + _DAY
    if row.starts is not None:
        hour = time(row.starts // 60, row.starts % 60)
        start, end = hours_of(row.day, hour, row.zone, row.minutes or _AN_HOUR)
    place, address = _harmless(feed, row)
    summary = words.at.format(place=place)
    said = [words.call.format(phone=row.phone)] if row.phone else []
    if feed.options.get("bring"):
        said.append(words.bring.format(bring=feed.options["bring"]))
    return CalendarEvent(
        uid=uid_of(keys, PARTICIPANT, str(feed.participant_id), row.reference),
        summary=words.cancelled.format(summary=summary) if row.cancelled else summary,
        start=start,
        end=end,
        stamp=row.shown_at or row.changed_at,
        description="\n".join(said),
        status=EventStatus.CANCELLED if row.cancelled else EventStatus.CONFIRMED,
        transparent=row.cancelled,
        sequence=row.sequence,
        location=f"{place}, {address}" if address else place,
        alarms=alarms_of(feed) if isinstance(start, datetime) else (),
    )


def _harmless(feed: Feed, row: AppointmentRow) -> tuple[str, str]:
    """The place and its address as a stranger may read them on somebody's phone: a name that tells too much is left."""
    place = language_of(str(feed.options.get("language", "en"))).clinic if told(row.place) else row.place
    return place, "" if told(row.address) else row.address


def _is_recent(at: datetime, feed: Feed, today: date) -> bool:
    return at.astimezone(ZoneInfo(feed.zone)).date() > today - CANCELLED_FOR


# -- staff --------------------------------------------------------------------------------------


def _of_staff(session: Session, keys: Keys, feed: Feed, today: date) -> Iterator[CalendarEvent]:
    options = feed.options
    busy = bool(options.get("busy_only"))
    shows = Shows(feed.audience, busy, bool(options.get("windows")) and not busy, alarms_of(feed))
    left = MOST_EVENTS
    for seen in _nearest(session, feed, today):
        names = (seen.study, seen.number, seen.key)
        window = window_of(seen, shows, uid_of(keys, feed.audience, *names, "window")) if shows.windows else None
        left -= 1 if window is None else 2
        if left < 0:
            return
        yield event_of(seen, shows, uid_of(keys, feed.audience, *names))
        if window is not None:
            yield window


def _nearest(session: Session, feed: Feed, today: date) -> list[Seen]:
    """What stands from 60 days back to 400 ahead, and what fell away lately; where it is too much, what is nearest."""
    first, last = today - BACK, today + AHEAD
    mine = _of_feed(session, feed)
    standing = mine.where(VisitRow.gone.is_(False), VisitRow.fell_at.is_(None), VisitRow.stood != "")
    ahead = standing.where(VisitRow.target.between(today, last)).order_by(VisitRow.target)
    back = standing.where(VisitRow.target >= first, VisitRow.target < today).order_by(VisitRow.target.desc())
    # An appointment that no longer fits stands where it was made, wherever the visit should be.
    unfit = standing.where(VisitRow.status == Status.TO_REBOOK.value, VisitRow.target.is_(None))
    since = datetime.combine(today - CANCELLED_FOR + _DAY, _MIDNIGHT, ZoneInfo(feed.zone))
    fallen = mine.where(VisitRow.fell_at >= since, VisitRow.stood != "").order_by(VisitRow.fell_at.desc())
    found: dict[tuple[str, str, str], Seen] = {}
    for query in (ahead, back, unfit, fallen):
        for row in session.execute(query.limit(MOST_EVENTS)):
            found[row.code, row.number, row.key] = Seen(*row)
    placed = [(_day_it_stands(seen), seen) for seen in found.values()]
    inside = [(day, seen) for day, seen in placed if first <= day <= last]
    inside.sort(key=lambda one: (abs((one[0] - today).days), *_order(one[1])))
    return sorted((seen for _, seen in inside[:MOST_EVENTS]), key=_order)


def _day_it_stands(seen: Seen) -> date:
    return date.fromisoformat(seen.stood[:10])


def _order(seen: Seen) -> tuple[str, str, str, str]:
    """The same on every database, whatever it takes for the order of words."""
    return (seen.stood, seen.study, seen.number, seen.key)


def _of_feed(session: Session, feed: Feed) -> Select[Any]:
    """The visits that a feed is about and its owner may see."""
    visit = VisitRow
    shown: tuple[Any, ...] = (
        Participant.number, visit.key, Study.code, SiteRow.name, SiteRow.address, SiteRow.zone, visit.label,
        visit.status, visit.tentative, visit.setting, visit.opens, visit.closes, visit.doses, visit.minutes,
        visit.observes, visit.stood, visit.fell_at, visit.gone, visit.revision, visit.changed_at,
    )  # fmt: skip
    query: Select[Any] = select(*shown).join(Participant, Participant.id == visit.participant_id)
    query = query.join(Study, Study.id == visit.study_id).join(SiteRow, SiteRow.id == visit.site_id)
    query = query.where(within(owner_scope(session, feed.owner_id), visit.study_id, visit.site_id))
    for column, wanted in (
        (visit.study_id, feed.study_id), (visit.site_id, feed.site_id), (visit.participant_id, feed.participant_id),
    ):  # fmt: skip
        query = query if wanted is None else query.where(column == wanted)
    if feed.audience == CENTRE:
        query = query.where(visit.setting != "remote", or_(visit.doses != [], visit.booked != ""))
    return query
