"""What participants are shown and told of dates: their calendar, their own page, and texts.

- They see what they were told of (``known``), and of that nothing that fell away. What took place on its day, and what
  does not fit any more, stays as it was told (remind participants).
- Where they have been told of everything, what is booked is there, but for what is tentative or waits for a decision.
- The own page shows what the calendar does, and as the next visit the first of it.
- A text that names an appointment names one that they were told of; none calls off what stands.
- After a death or a withdrawal from contact there is nothing, and nothing is sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, time

from notifications.message import Outgoing
from tests.agreement.known import Person, Slot
from tests.agreement.looking import GONE, NOTHING, Looker, Row, until, when
from tests.agreement.shown import Event, listed, own_next, own_visits


def own(seen: Looker) -> Iterator[str]:
    """What is not so for one of them."""
    for who in seen.world.people:
        yield from _ended(seen, who) if who.ended else _going_on(seen, who)


def _events(seen: Looker, who: Person) -> list[Event]:
    return [each for each in seen.apps[who.number].events.values() if each.summary != NOTHING]


def _ended(seen: Looker, who: Person) -> Iterator[str]:
    events, page = _events(seen, who), own_visits(seen.world, who)
    if events or page is not None:
        yield f"{who.number} is not to be contacted, and is shown {events} {page}"


def _going_on(seen: Looker, who: Person) -> Iterator[str]:
    events = [each for each in _events(seen, who) if until(each.when) > seen.world.now and not each.cancelled]
    coming = [each.local for each in sorted(events, key=lambda each: until(each.when))]
    yield from _as_told(seen, who, Counter(coming))
    page = own_visits(seen.world, who)
    if page is not None:
        yield from _page(seen, who, coming, [(each.day, each.hour) for each in page if not each.off])


def _page(
    seen: Looker, who: Person, coming: list[tuple[date, time | None]], shown: list[tuple[date, time | None]]
) -> Iterator[str]:
    if sorted(coming, key=repr) != sorted(shown, key=repr):
        yield f"{who.number}: the calendar has {coming}, the own page {shown}"
    following = own_next(seen.world, who)
    if following != (coming[0] if coming else None):
        yield f"{who.number}: the calendar's next is {coming[:1]}, the own page's {following}"


def _as_told(seen: Looker, who: Person, shown: Counter[tuple[date, time | None]]) -> Iterator[str]:
    told, rows = who.told(), {row["key"]: row for row in seen.of(who)}
    may = Counter(slot.when for key, slot in told.items() if _may_be_shown(seen, who, rows.get(key), slot))
    may += Counter(slot.when for slot in who.told_by_mistake().values())
    yield from (f"{who.number} is shown {each}, and was told {told}" for each in shown - may)
    if not who.untold:
        must = Counter(slot.when for key, slot in told.items() if _must_be_shown(seen, rows.get(key), slot))
        yield from (f"{who.number} is not shown {each}, and was told {told}" for each in must - shown)


def _may_be_shown(seen: Looker, who: Person, row: Row | None, slot: Slot) -> bool:
    """Whether it may stand on the page. What was decided and not told changes nothing."""
    if who.untold:
        return True
    if row is None or (row["status"] in GONE and not (row["status"] == "missed" and slot.day <= seen.today(who))):
        return False
    return row["actual"] in (None, slot.day.isoformat())


def _must_be_shown(seen: Looker, row: Row | None, slot: Slot) -> bool:
    stands = row is not None and row["status"] in ("booked", "to-rebook") and not row["tentative"]
    return stands and until(when(slot)) > seen.world.now


# -- texts ------------------------------------------------------------------------------------------


def read_texts(seen: Looker) -> None:
    """Note what is wrong with the texts since the last look: called while nothing has happened since."""
    for out in seen.world.phone.outgoing[seen.read :]:
        who = next(who for who in seen.world.people if who.phone == out.to)
        seen.wrong_texts += _text(seen, who, out)
    seen.read = len(seen.world.phone.outgoing)


def _text(seen: Looker, who: Person, out: Outgoing) -> Iterator[str]:
    text = out.text.replace("\u202f", " ")
    if who.ended:
        yield f"{who.number} is not to be contacted, and was texted {text}"
    if "is cancelled" in text:
        stand = [slot for key, slot in who.slots().items() if _words(slot) in text and _stands(seen, who, key)]
        if stand and not who.undecided:
            yield f"{who.number} was texted {text}, which is not off: {stand}"
    elif "Your appointment" in text and not any(_words(slot) in text for slot in who.told().values()):
        yield f"{who.number} was texted {text}, and was told {who.told()}"


def _stands(seen: Looker, who: Person, key: str) -> bool:
    """Whether a visit has not fallen away meanwhile."""
    rows = {row["key"]: row for row in listed(seen.world, f"visits?study={who.study}&number={who.number}")}
    return key in rows and rows[key]["status"] not in (*GONE, "held", "done", "expired")


def _words(slot: Slot) -> str:
    day = f"on {slot.day:%A}, {slot.day:%B} {slot.day.day}, {slot.day.year}"
    return f"{day} at {slot.hour.hour % 12 or 12}:{slot.hour:%M} {slot.hour:%p}" if slot.hour else day
