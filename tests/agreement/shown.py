"""What each surface shows, read from its bytes: calendars by the icalendar library, pages by their tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar

from tests.agreement.known import Person
from tests.agreement.world import World
from tests.desk import text_of

_VOLATILE = ("SEQUENCE", "DTSTAMP", "LAST-MODIFIED")
_DAY = re.compile(r'datetime="(\d{4}-\d\d-\d\d)"')
_HOUR = re.compile(r'class="hour">([^<]*)<')
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)\W([AP])M")
_SEAT = re.compile(r'<li class="seat [^"]*">(.*?)</li>\s*(?=<li class="seat |</ul>)', re.DOTALL)
_ENTRY = re.compile(r'<li class="entry[^"]*">(.*?)</li>', re.DOTALL)


@dataclass(frozen=True)
class Event:
    """One event of a calendar. ``when`` is an instant, or a day."""

    uid: str
    summary: str
    when: datetime | date
    status: str
    sequence: int
    stamp: datetime
    #: all of it but the three things that say that it is another version
    rest: bytes
    location: str

    @property
    def cancelled(self) -> bool:
        """Whether it says that it is off."""
        return self.status == "CANCELLED"

    @property
    def local(self) -> tuple[date, time | None]:
        """Its day and hour on its own clock."""
        if isinstance(self.when, datetime):
            return self.when.date(), self.when.time().replace(tzinfo=None)
        return self.when, None


@dataclass
class App:
    """A calendar app: what it has of a calendar, and by which tag."""

    token: str
    tag: str = ""
    body: bytes = b""
    events: dict[str, Event] = field(default_factory=dict)
    before: dict[str, Event] = field(default_factory=dict)

    def refresh(self, world: World) -> None:
        """Ask once more, as apps do: for what is newer than what it has."""
        path = f"/calendars/{self.token}.ics"
        client = world.app.test_client()
        answer = client.get(path, headers={"If-None-Match": self.tag} if self.tag else {})
        self.before = self.events
        if answer.status_code == 304:
            assert client.get(path).data == self.body, "a calendar has changed, and its tag has not"
            return
        assert answer.status_code == 200, answer.status_code
        self.tag, self.body = answer.headers["ETag"], answer.data
        self.events = {event.uid: event for event in events_of(self.body)}


def events_of(body: bytes) -> Iterator[Event]:
    """The events of a calendar."""
    found: list[Any] = Calendar.from_ical(body).walk("VEVENT")
    for each in found:
        rest = {name: value for name, value in each.property_items() if name not in _VOLATILE}
        yield Event(
            str(each["UID"]), str(each["SUMMARY"]), each["DTSTART"].dt, str(each["STATUS"]), int(each["SEQUENCE"]),
            each["DTSTAMP"].dt, repr(sorted((name, _bytes(value)) for name, value in rest.items())).encode(),
            str(each.get("LOCATION", "")),
        )  # fmt: skip


def _bytes(value: Any) -> Any:
    return value.to_ical() if hasattr(value, "to_ical") else value


@dataclass(frozen=True)
class HomeVisit:
    """A visit on a participant's own page."""

    day: date
    hour: time | None
    off: bool


def own_visits(world: World, who: Person) -> list[HomeVisit] | None:
    """What is still to come by somebody's own page; None where it is closed to them."""
    client = world.homes.get(who.number)
    answer = client.get("/home/visits") if client is not None else None
    if answer is None or 'id="coming"' not in answer.text:
        return None
    coming = answer.text.partition('id="coming"')[2].partition("</section>")[0]
    items = re.findall(r'<li id="visit-\d+"(.*?)</h3>', coming, re.DOTALL)
    return [_visit(item) for item in items]


def own_next(world: World, who: Person) -> tuple[date, time | None] | None:
    """The next visit by somebody's own page."""
    page = world.homes[who.number].get("/home").text.partition("<main")[2]
    shown = page.partition('class="date"')[2].partition('class="answer"')[0]
    found = _DAY.search(shown)
    return (date.fromisoformat(found[1]), _hour(_HOUR.search(shown))) if found and 'class="soon"' in page else None


def _visit(item: str) -> HomeVisit:
    day = _DAY.search(item)
    assert day is not None, item
    return HomeVisit(date.fromisoformat(day[1]), _hour(_HOUR.search(item)), 'class="off"' in item)


def _hour(found: re.Match[str] | None) -> time | None:
    said = _CLOCK.search(unescape(found[1])) if found else None
    if said is None:
        return None
    return time(int(said[1]) % 12 + (12 if said[3] == "P" else 0), int(said[2]))


def seats(world: World, site: str, day: date) -> list[tuple[str, str]]:
    """The day of an infusion centre: hour and code of each appointment."""
    page = world.desk.html(f"/infusions/{site}?day={day}")
    return [(re.findall(r"<strong>([^<]*)</strong>", seat)[0], _code(seat)) for seat in _SEAT.findall(page)]


def _code(seat: str) -> str:
    return text_of(seat.partition('class="seat-who">')[2].partition("</a>")[0])


def today_lists(world: World) -> dict[str, list[tuple[str, str, str]]]:
    """The lists of Today by name: when, whose number, and which visit."""
    found, desk = {}, world.desk
    for name in ("comes", "coming", "no-day", "overdue", "unconfirmed"):
        page = desk.html(f"/today?list={name}")
        assert "More</a>" not in page
        found[name] = [(_part(e, "when"), _part(e, "who"), _part(e, "what")) for e in _ENTRY.findall(page)]
    return found


def _part(entry: str, name: str) -> str:
    inner = entry.partition(f'<span class="{name}">')[2].partition("\n")[0]
    inner = re.sub(r"<small>.*?</small>|<span class=\"tag\">.*?</span>", "", inner)
    return text_of(inner)


def desk_rows(world: World, who: Person) -> dict[str, tuple[str, str]]:
    """The desk's page of somebody: the date and the state of each visit, by its key."""
    page = world.desk.html(f"/studies/{who.study}/participants/{who.number}")
    rows = re.findall(r'<tr role="row" id="([^"]+)"[^>]*>(.*?)</tr>', page, re.DOTALL)
    found = {}
    for key, row in rows:
        cells = re.findall(r'<td role="cell"[^>]*>(.*?)</td>', row, re.DOTALL)
        found[key] = text_of(re.sub(r"<small>.*?</small>", "", cells[0])), text_of(cells[-1])
    return found


def listed(world: World, what: str) -> list[dict[str, Any]]:
    """All rows of a list of the API."""
    rows: list[dict[str, Any]] = []
    after = ""
    while True:
        found = world.api.get(f"/{what}{'&' if '?' in what else '?'}limit=500{after}")
        rows += found["items"]
        if found["next"] is None:
            return rows
        after = f"&cursor={found['next']}"


def instant(day: date, hour: time, zone: str) -> datetime:
    """When that is, on that clock."""
    return datetime.combine(day, hour, ZoneInfo(zone)).astimezone(UTC)
