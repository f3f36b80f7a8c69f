"""What staff are shown of dates: calendars, chairs, the day of an infusion centre, Today, the page of a participant.

- Calendars (calendar feeds): a visit with an appointment stands at its hour on the clock of the place where its chair
  is, marked where it does not fit any more (the chair is still taken); one without all day on its target; one that took
  place on its day; one that waits for a decision, and has no appointment, nowhere. What fell away is there for 30 days
  as cancelled, or not at all. Whatever is shown otherwise is a later version.
- A site's calendar has whom it sees and whose chair is there; a centre's, whose chair is there.
- Today has whoever stands on that day, by the hour of their appointment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from tests.agreement.known import Slot
from tests.agreement.looking import GONE, NOTHING, STANDS, UNSETTLED, Looker, Row, day_of, slot_of, when
from tests.agreement.shown import App, Event, desk_rows, instant, seats, today_lists
from tests.agreement.world import GATED, NORTH, SHORT, SOUTH

#: calendars reach farther than that to both sides; what is nearer their edges is not compared
_BACK, _AHEAD = timedelta(days=55), timedelta(days=390)
_ON_ITS_DAY = ("planned", "due", "unrecorded")

_Shown = tuple[str, object, str]


def revisions(seen: Looker) -> Iterator[str]:
    """What is shown otherwise is a later version; of what a participant is told, nothing else is one."""
    for name, app in seen.apps.items():
        for uid, event in app.events.items():
            if (old := app.before.get(uid)) is not None and event.summary != NOTHING:
                yield from _versions(name, old, event, name in seen.own_calendars())


def _versions(name: str, old: Event, event: Event, exactly: bool) -> Iterator[str]:
    news, later = event.rest != old.rest, event.sequence > old.sequence and event.stamp > old.stamp
    if news and not later:
        yield f"{name}: {event.summary} changed from {old.rest!r} to {event.rest!r} in one version"
    if later and not news and exactly:
        yield f"{name}: {event.summary} is another version of the same: {event.rest!r}"
    if event.sequence < old.sequence:
        yield f"{name}: {event.summary} goes back from {old.sequence} to {event.sequence}"


# -- chairs -----------------------------------------------------------------------------------------


def chairs(seen: Looker) -> Iterator[str]:
    """Who has an appointment by the facts has it in the list, at its hour and place, and nobody else has."""
    has = {(each["number"], each["visit"]): each for each in seen.bookings}
    for row in seen.rows:
        yield from _chair(seen, row, has.pop((row["number"], row["key"]), None))
    for (_, key), each in has.items():
        if key not in seen.person(each).slots():
            yield f"a chair of no visit: {each}"


def _chair(seen: Looker, row: Row, has: Row | None) -> Iterator[str]:
    slot, name = seen.slot(row), f"{row['number']} {row['key']} ({row['status']})"
    if has is None:
        if slot is not None and row["status"] in STANDS:
            yield f"{name} has no chair on {slot}"
    elif has["day"] != row["actual"]:  # whoever came had the chair of that day
        if slot is None or row["status"] in GONE:
            yield f"{name} has a chair: {has}"
        elif slot_of(has) != slot:
            yield f"{name} has {slot_of(has)}, and should have {slot}"


# -- calendars --------------------------------------------------------------------------------------


def calendars(seen: Looker) -> Iterator[str]:
    """The calendars of studies and sites have what the list of visits has."""
    for study in (GATED, SHORT):
        yield from _calendar(seen, study, [row for row in seen.rows if row["study"] == study])
    for site in (NORTH, SOUTH):
        here = [row for row in seen.rows if site == row["site"] or ((slot := seen.held(row)) and slot.site == site)]
        yield from _calendar(seen, f"site {site}", here)


def _calendar(seen: Looker, name: str, rows: Iterable[Row]) -> Iterator[str]:
    events = [each for each in seen.apps[name].events.values() if _is_of_a_visit(each) and _is_near(seen, each.when)]
    shown: Counter[_Shown] = Counter((each.summary, each.when, each.status) for each in events)
    wanted: Counter[_Shown] = Counter(each for row in rows if (each := _wanted(seen, row)) and _is_near(seen, each[1]))
    yield from (f"calendar {name} has {each}, which is not so" for each in shown - wanted)
    yield from (f"calendar {name} lacks {each}" for each in wanted - shown)


def _is_of_a_visit(event: Event) -> bool:
    return not event.cancelled and not event.summary.startswith("Window: ") and " " in event.summary


def _is_near(seen: Looker, at: object) -> bool:
    day = at.date() if isinstance(at, datetime) else at
    return isinstance(day, date) and -_BACK < day - seen.world.now.date() < _AHEAD


def _wanted(seen: Looker, row: Row) -> _Shown | None:
    """How a visit has to stand in a calendar; None where it has no place in it."""
    summary, slot = f"{row['study']} {row['number']} {row['label']}", seen.held(row)
    sure = "TENTATIVE" if row["tentative"] else "CONFIRMED"
    if slot is not None and row["status"] in UNSETTLED:
        return f"TO REBOOK: {summary}", when(slot), "TENTATIVE"
    if slot is not None:
        return summary, when(slot), sure
    if row["status"] in ("done", "expired") and row["actual"]:
        return summary, _came(seen, row), sure
    return (summary, day_of(row["target"]), sure) if row["status"] in _ON_ITS_DAY and row["target"] else None


def _came(seen: Looker, row: Row) -> object:
    """When a visit took place: at the hour of its appointment, if that was for the same day."""
    slot = seen.slot(row)
    return when(slot) if slot is not None and row["booked"].startswith(f"{row['actual']}T") else day_of(row["actual"])


def centres(seen: Looker) -> Iterator[str]:
    """A centre's calendar has each appointment that holds, where it is, at its hour."""
    came = {(row["number"], row["key"]) for row in seen.rows if row["actual"] or row["setting"] != "clinic"}
    for site in (NORTH, SOUTH):
        shown = Counter(_hours_of(seen, seen.apps[f"centre {site}"]))
        here = [each for each in seen.bookings if each["site"] == site]
        wanted = Counter(filter(None, (_hour(seen, each) for each in here)))
        excused = {_hour(seen, each) for each in here if (each["number"], each["visit"]) in came}
        for entry in wanted - shown:
            if entry not in excused:
                yield f"centre {site}: {entry} has a chair, and is not in the calendar"
        yield from (f"centre {site}: {entry} is in the calendar, and has no chair" for entry in shown - wanted)


def _hours_of(seen: Looker, app: App) -> Iterator[_Shown]:
    for each in app.events.values():
        if isinstance(each.when, datetime) and not each.cancelled and _is_near(seen, each.when):
            study, number, *_ = each.summary.removeprefix("TO REBOOK: ").split()
            yield study, each.when, number


def _hour(seen: Looker, booking: Row) -> _Shown | None:
    slot = slot_of(booking)
    if slot.hour is None or not _is_near(seen, slot.day):
        return None
    return booking["study"], instant(slot.day, slot.hour, booking["zone"]), booking["number"]


# -- pages ------------------------------------------------------------------------------------------


def days(seen: Looker) -> Iterator[str]:
    """The next days of the infusion centres have the appointments that hold, and no others."""
    for site in (NORTH, SOUTH):
        today = str(seen.world.today(site))
        here = [each for each in seen.bookings if each["site"] == site and each["day"] >= today]
        for day in [today, *sorted({each["day"] for each in here})[:2]]:
            on_it = [each for each in here if each["day"] == day]
            wanted = sorted((_span(each), f"{each['study']} {each['number']}") for each in on_it)
            shown = sorted(seats(seen.world, site, date.fromisoformat(day)))
            if wanted != shown:
                yield f"the day {day} at {site} has {shown}, and should have {wanted}"


def _span(booking: Row) -> str:
    slot = slot_of(booking)
    if slot.hour is None:
        return "no hour yet"
    ends = slot.hour.hour * 60 + slot.hour.minute + booking["minutes"]
    return f"{slot.hour:%H:%M}–{ends // 60:02}:{ends % 60:02}"


def today(seen: Looker) -> Iterator[str]:
    """Who comes today and in the coming week."""
    lists = today_lists(seen.world)
    wanted: dict[str, list[tuple[str, str, str]]] = {"comes": [], "coming": []}
    for row in seen.rows:
        day, hour, site = _stands(row, seen.held(row))
        away = (day - seen.world.today(site)).days if day else -1
        if away == 0 or (0 < away <= 7 and row["status"] != "done"):
            wanted["coming" if away else "comes"].append((hour, row["number"], row["label"]))
    for name, lines in wanted.items():
        if sorted(lines) != sorted(lists[name]):
            yield f"Today, {name}: {sorted(lists[name])}, and should be {sorted(lines)}"


def _stands(row: Row, slot: Slot | None) -> tuple[date | None, str, str]:
    """On which day of which site somebody is expected, or came, and at what hour."""
    if slot is not None and row["status"] in ("booked", *UNSETTLED):
        site = slot.site if row["status"] in UNSETTLED else row["site"]
        return slot.day, f"{slot.hour:%H:%M}" if slot.hour else "no hour", site
    if row["status"] == "done":
        return day_of(row["actual"]), row["booked"][11:16] or "no hour", row["site"]
    return day_of(row["target"]) if row["status"] in ("planned", "due") else None, "no hour", row["site"]


def desk(seen: Looker) -> Iterator[str]:
    """The desk's pages have the days and states of the list of visits."""
    for who in seen.world.people:
        shown = desk_rows(seen.world, who)
        for row in seen.of(who):
            words = _date_words(row), _state_words(row)
            if row["key"] in shown and shown[row["key"]] != words:
                yield f"{who.number} {row['key']} at the desk {shown[row['key']]}, in the list {words}"


def _date_words(row: Row) -> str:
    day = day_of(row["target"])
    return f"{day:%a} {day.day} {day:%b %Y}" if day else "No date"


def _state_words(row: Row) -> str:
    said = {"needs-decision": "needs a decision"}.get(row["status"], row["status"].replace("-", " "))
    return f"{said} tentative" if row["tentative"] else said
