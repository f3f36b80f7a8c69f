"""What stands in a feed on a day: a calendar made of what is stored, and of nothing else."""

from __future__ import annotations

import hashlib
import hmac
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, chain
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from notifications.appointments import AppointmentRow
from notifications.calendars.ical_text import Calendar, CalendarEvent, EventStatus, calendar_text
from notifications.forbidden import told
from notifications.languages import language_of
from notifications.recipients import RecipientRow
from planner.persistence.bookings import Booking
from planner.persistence.feeds import CENTRE, PARTICIPANT, Feed
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.visits import VisitRow
from planner.services.access import within
from planner.services.feed_events import CANCELLED_FOR, Seen, Shows, event_of, hours_of, window_of
from planner.services.feed_scope import owner_scope
from planner.services.feed_words import FULL, FULL_MORE, WITHDRAWN, WITHDRAWN_MORE, Words, name_of, words_in
from planner.services.keyring import Keys
from planner.services.recipients import reference_of
from planner.services.standing import UNSETTLED

#: grows with every change of what is shown where, so that an app takes it although nothing has happened
CONTENTS_VERSION = 3
BACK, AHEAD = timedelta(days=60), timedelta(days=400)
MOST_EVENTS = 1_000
MOST_BYTES = 1_000_000
#: so many visits have room, whatever is shown of them
NEVER_FULL = 250
_UNSETTLED = [status.value for status in UNSETTLED]
_HOLDS = and_(
    Booking.participant_id == VisitRow.participant_id, Booking.visit_key == VisitRow.key, Booking.ended_at.is_(None)
)  # fmt: skip
_MIDNIGHT = time()
_DAY = timedelta(days=1)
#: without an end that somebody knows
_AN_HOUR = 60


@dataclass(frozen=True, slots=True)
class Made:
    """A feed as an app gets it, and how many visits it has no room for: those farthest from today."""

    content: bytes
    left_out: int


#: what is shown of one visit: itself, and perhaps its window
_Shown = tuple[CalendarEvent, ...]


def feed_text(session: Session, keys: Keys, feed: Feed, today: date) -> Made:
    """The feed on that day of its zone: at most 1,000 events, and less than a megabyte.

    Where there is more, it is what is nearest to today, and staff find an event today that says so.
    """
    shown, total = _nearest_first(session, keys, feed, today)
    count = _that_fit(shown, total)
    while True:
        left_out = total - count
        events = sorted(chain.from_iterable(shown[:count]), key=_order)
        if left_out and feed.audience != PARTICIPANT:
            events.append(_full(keys, feed, today, left_out))
        content = calendar_text(_never_empty(keys, feed, _named(session, feed, tuple(events))))
        if len(content) < MOST_BYTES:
            return Made(content, left_out)
        count = count * 9 // 10


def left_out(session: Session, keys: Keys, feed: Feed, today: date) -> int:
    """How many visits a feed has no room for on that day. Of small ones that is known without making them."""
    if feed.audience == PARTICIPANT or _count(session, feed, today) <= NEVER_FULL:
        return 0
    return feed_text(session, keys, feed, today).left_out


def _that_fit(shown: list[_Shown], total: int) -> int:
    """How many visits fit: each with all that is shown of it, and what says that there are more."""
    sizes = list(accumulate(len(one) for one in shown))
    count = bisect_right(sizes, MOST_EVENTS)
    return count if count == total else bisect_right(sizes, MOST_EVENTS - 1)


def _full(keys: Keys, feed: Feed, today: date, left_out: int) -> CalendarEvent:
    """What says that visits are missing; on another day, and with every change, it is another version of itself."""
    made = feed.made_at.astimezone(ZoneInfo(feed.zone)).date()
    midnight = datetime.combine(today, _MIDNIGHT, ZoneInfo(feed.zone))
    return CalendarEvent(
        uid=uid_of(keys, feed.audience, "full", str(feed.id)), summary=FULL.format(count=left_out), start=today,
        end=today + _DAY, stamp=max(feed.changed_at, midnight.astimezone(UTC)), description=FULL_MORE, transparent=True,
        sequence=feed.revision + (today - made).days,
    )  # fmt: skip


def _named(session: Session, feed: Feed, events: tuple[CalendarEvent, ...]) -> Calendar:
    if feed.audience == PARTICIPANT:
        return Calendar(_words(feed).name, events, feed.zone, "teal")
    site = session.get(SiteRow, feed.site_id) if feed.site_id is not None else None
    study = session.get(Study, feed.study_id) if feed.study_id is not None else None
    name = name_of(feed, site.name if site else "", study.code if study else "")
    return Calendar(name, events, feed.zone, "steelblue")


def _words(feed: Feed) -> Words:
    return words_in(str(feed.options.get("language", "en")))


def _nearest_first(session: Session, keys: Keys, feed: Feed, today: date) -> tuple[list[_Shown], int]:
    """What is shown of each visit, the nearest to today first, up to 1,000 of them; and how many visits there are."""
    if feed.audience == PARTICIPANT:
        events = sorted(_of_participant(session, keys, feed, today), key=lambda event: _distance(_day_of(event), today))
        return [(event,) for event in events[:MOST_EVENTS]], len(events)
    shown = [tuple(_of_staff(keys, feed, seen)) for seen in _nearest(session, feed, today)]
    return shown, len(shown) if len(shown) < MOST_EVENTS else _count(session, feed, today)


def _day_of(event: CalendarEvent) -> date:
    return event.start.date() if isinstance(event.start, datetime) else event.start


def _distance(day: date, today: date) -> tuple[int, date]:
    return abs((day - today).days), day


def _order(event: CalendarEvent) -> tuple[str, str]:
    return str(event.start), event.uid


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


def _of_participant(session: Session, keys: Keys, feed: Feed, today: date) -> Iterator[CalendarEvent]:
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
    )
    for row in rows:
        if not row.cancelled or _is_recent(row.shown_at or row.changed_at, feed, today):
            yield _appointment(keys, feed, _words(feed), row)


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


def _of_staff(keys: Keys, feed: Feed, seen: Seen) -> Iterator[CalendarEvent]:
    """What is shown of a visit."""
    busy = bool(feed.options.get("busy_only"))
    shows = Shows(feed.audience, busy, bool(feed.options.get("windows")) and not busy, alarms_of(feed))
    names = (seen.study, seen.number, seen.key)
    yield event_of(seen, shows, uid_of(keys, feed.audience, *names))
    window = window_of(seen, shows, uid_of(keys, feed.audience, *names, "window")) if shows.windows else None
    if window is not None:
        yield window


def _nearest(session: Session, feed: Feed, today: date) -> list[Seen]:
    """What stands from 60 days back to 400 ahead, and what fell away lately: what is nearest, up to 1,000 visits."""
    found: dict[tuple[str, str, str], Seen] = {}
    for query in _queries(session, feed, today):
        for row in session.execute(query.limit(MOST_EVENTS)):
            found[row.code, row.number, row.key] = Seen(*row)
    nearest = sorted(found.values(), key=lambda seen: (*_distance(_day_it_stands(seen), today), *_names(seen)))
    return nearest[:MOST_EVENTS]


def _queries(session: Session, feed: Feed, today: date) -> tuple[Select[Any], ...]:
    """What may be shown, no visit in two of them; what is nearest to today is first in each."""
    first, last = today - BACK, today + AHEAD
    inside = func.substr(VisitRow.stood, 1, 10).between(first.isoformat(), last.isoformat())
    mine = _of_feed(session, feed).where(inside)
    standing = mine.where(VisitRow.gone.is_(False), VisitRow.fell_at.is_(None))
    ahead = standing.where(VisitRow.target.between(today, last)).order_by(VisitRow.target)
    back = standing.where(VisitRow.target >= first, VisitRow.target < today).order_by(VisitRow.target.desc())
    # An appointment that no longer fits stands where it was made, wherever the visit should be.
    unfit = standing.where(VisitRow.status.in_(_UNSETTLED), VisitRow.target.is_(None), VisitRow.booked != "")
    since = datetime.combine(today - CANCELLED_FOR + _DAY, _MIDNIGHT, ZoneInfo(feed.zone))
    fallen = mine.where(VisitRow.fell_at >= since).order_by(VisitRow.fell_at.desc())
    return ahead, back, unfit, fallen, _elsewhere(session, feed).where(inside, VisitRow.fell_at.is_(None))


def _count(session: Session, feed: Feed, today: date) -> int:
    """How many visits there are to be shown."""
    queries = (query.order_by(None).with_only_columns(func.count()) for query in _queries(session, feed, today))
    return sum(session.scalar(query) or 0 for query in queries)


def _day_it_stands(seen: Seen) -> date:
    return date.fromisoformat(seen.stood[:10])


def _names(seen: Seen) -> tuple[str, str, str]:
    """The same order on every database, whatever it takes for the order of words."""
    return (seen.study, seen.number, seen.key)


def _joined(feed: Feed) -> Select[Any]:
    """The visits of a feed's study, participant and audience, each with the place where its chair is, if it has one."""
    visit = VisitRow
    shown: tuple[Any, ...] = (
        Participant.number, visit.key, Study.code, SiteRow.name, SiteRow.address, SiteRow.zone, visit.label,
        visit.status, visit.tentative, visit.setting, visit.opens, visit.closes, visit.doses, visit.minutes,
        visit.observes, visit.stood, visit.fell_at, visit.gone, visit.revision, visit.changed_at,
    )  # fmt: skip
    query: Select[Any] = select(*shown).join(Participant, Participant.id == visit.participant_id)
    query = query.join(Study, Study.id == visit.study_id).outerjoin(Booking, _HOLDS)
    query = query.join(SiteRow, SiteRow.id == func.coalesce(Booking.site_id, visit.site_id))
    for column, wanted in ((visit.study_id, feed.study_id), (visit.participant_id, feed.participant_id)):
        query = query if wanted is None else query.where(column == wanted)
    if feed.audience == CENTRE:
        query = query.where(visit.setting != "remote", or_(visit.doses != [], visit.booked != ""))
    return query


def _of_feed(session: Session, feed: Feed) -> Select[Any]:
    """The visits that a feed is about and its owner may see, where the participant is seen.

    A centre's are those whose chair is there: an appointment that was made elsewhere stands there.
    """
    mine = _joined(feed).where(_is_seen(session, feed, VisitRow.site_id))
    if feed.audience != CENTRE or feed.site_id is None:
        return mine
    return mine.where(func.coalesce(Booking.site_id, VisitRow.site_id) == feed.site_id)


def _elsewhere(session: Session, feed: Feed) -> Select[Any]:
    """The visits whose chair is where the feed is about, of participants who are seen elsewhere."""
    there, here = _is_seen(session, feed, Booking.site_id), _is_seen(session, feed, VisitRow.site_id)
    return _joined(feed).where(VisitRow.gone.is_(False), Booking.site_id != VisitRow.site_id, there, ~here)


def _is_seen(session: Session, feed: Feed, site_id: Any) -> ColumnElement[bool]:
    """Whether a feed is about what is at a site, and its owner may see it."""
    condition = within(owner_scope(session, feed.owner_id), VisitRow.study_id, site_id)
    return condition if feed.site_id is None else and_(condition, site_id == feed.site_id)
