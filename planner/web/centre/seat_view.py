"""An appointment in words, and the chairs of a day as a table of hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time

from planner.persistence.bookings import SLOT_MINUTES
from planner.services.identities import Identity
from planner.services.seats import Drug, Seat
from planner.web.words import at_site
from schedules.history import Given
from schedules.wording import day_words

#: how each state is said
STANDS = {
    "expected": "expected", "arrived": "arrived", "running": "in the chair", "over": "done", "not-dosed": "not dosed",
}  # fmt: skip
#: the hours that a table has at least where nobody has said when the site is open
_USUAL = (8 * 60, 17 * 60)
_HOUR = 60


@dataclass(frozen=True, slots=True)
class DrugView:
    """One drug in words. ``ok_kind``: given, missing, revoked or refused."""

    drug: Drug
    level: str
    times: str
    ok: str
    ok_kind: str
    given: str


@dataclass(frozen=True, slots=True)
class SeatView:
    """An appointment in words. ``name`` and ``identifiers`` are empty where only the code may be known.

    ``prepare`` is the hour by which the pharmacy has the drugs ready; empty if the protocol does not say, or if none of
    them is still to be given.
    """

    seat: Seat
    code: str
    name: str
    identifiers: str
    when: str
    chair: str
    stands: str
    prepare: str
    drugs: tuple[DrugView, ...]
    #: whether somebody else with the same name has an appointment on that day
    namesake: bool = False

    @property
    def second(self) -> str:
        """What is told beside the name where there is room for one thing: ``born 12 May 1961``, or the record."""
        return self.identifiers.partition(", ")[0]

    @property
    def waits_for_ok(self) -> bool:
        """Whether a drug is still to be given on which nobody has said OK."""
        return any(view.ok_kind != "given" and not view.given and not view.drug.left_out for view in self.drugs)


@dataclass(frozen=True, slots=True)
class Preparation:
    """One drug that the pharmacy has ready for somebody; ``by`` is empty where the appointment has no hour yet."""

    by: str
    drug: DrugView
    view: SeatView


@dataclass(frozen=True, slots=True)
class Cell:
    """Some quarters of an hour of a chair: taken by an appointment, or free."""

    quarters: int
    view: SeatView | None


@dataclass(frozen=True, slots=True)
class Table:
    """The chairs of a day by the hour. ``hours``: the label of each, and how many quarters of it are shown."""

    hours: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


def seat_view(seat: Seat, zone: str) -> SeatView:
    """The appointment in words, on the clock of its site."""
    booking = seat.booking
    when = f"{clock_words(booking.starts)}–{clock_words(seat.ends)}" if seat.timed else "no hour yet"
    longest = max((drug.prepare for drug in seat.drugs if _is_to_be_prepared(seat, drug)), default=0)
    return SeatView(
        seat, f"{seat.study} {seat.participant.number}", seat.identity.name if seat.identity else "",
        identifiers(seat.identity) if seat.identity else "", when,
        f"Chair {booking.chair}" if booking.chair else "no chair", STANDS[seat.stands],
        clock_words(max(0, booking.starts - longest)) if longest and seat.timed else "",
        tuple(_drug_view(drug, zone) for drug in seat.drugs),
    )  # fmt: skip


def seat_views(seats: Iterable[Seat], zone: str) -> list[SeatView]:
    """The appointments of a day in words; whoever could be taken for somebody else by the name is marked."""
    views = [seat_view(seat, zone) for seat in seats]
    bearers: dict[str, set[str]] = {}
    for view in views:
        bearers.setdefault(_heard(view.name), set()).add(view.code)
    return [replace(view, namesake=bool(view.name) and len(bearers[_heard(view.name)]) > 1) for view in views]


def _heard(name: str) -> str:
    """A name as it is called out: whatever its capitals and spaces."""
    return " ".join(name.casefold().split())


def preparations(views: Sequence[SeatView]) -> list[Preparation]:
    """What is still to be prepared of these appointments, by the hour at which it has to be ready."""
    found = []
    for view in views:
        seat = view.seat
        for each in view.drugs:
            if _is_to_be_prepared(seat, each.drug):
                at = max(0, seat.booking.starts - each.drug.prepare) if seat.timed else 24 * 60
                found.append((at, Preparation(clock_words(at) if seat.timed else "", each, view)))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _is_to_be_prepared(seat: Seat, drug: Drug) -> bool:
    """Whether a drug is still to be given: nothing is prepared for whoever waits, came in vain or may not have it."""
    begun = any(one.given for one in seat.drugs)
    refused = drug.ok is not None and drug.ok.refused
    return not (begun or drug.left_out or refused or seat.stands == "not-dosed")


def identifiers(identity: Identity) -> str:
    """``born 12 May 1961, record 4711``: what goes with the name."""
    born = f"born {day_words(date.fromisoformat(identity.birth_date))}" if identity.birth_date else ""
    record = f"record {identity.record_number}" if identity.record_number else ""
    return ", ".join(part for part in (born, record) if part)


def clock_words(minutes: int) -> str:
    """``09:30`` of minutes after midnight; an appointment may end at ``24:00``."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _drug_view(drug: Drug, zone: str) -> DrugView:
    watched = f" + {drug.observes} min observation" if drug.observes else ""
    ok, kind = _ok_words(drug, zone)
    given = "; ".join(dose_words(dose) for dose in drug.given)
    return DrugView(drug, _level_words(drug), f"{drug.minutes} min{watched}" if drug.minutes else "", ok, kind, given)


def _level_words(drug: Drug) -> str:
    """``level 1 instead of level 2, reduced on 12 January 2026 (toxicity)``."""
    if drug.reduction is None:
        return drug.level
    before = f" instead of {drug.before}" if drug.before else ""
    why = f" ({drug.reduction.reason.replace('-', ' ')})" if drug.reduction.reason else ""
    return f"{drug.level}{before}, reduced on {day_words(drug.reduction.decided)}{why}"


def _ok_words(drug: Drug, zone: str) -> tuple[str, str]:
    if drug.ok is None:
        return "given without an OK to treat" if drug.given else "no OK to treat yet", "missing"
    if drug.ok.refused:
        return f"not to be given: {drug.ok.revoked_why} ({drug.ok.by})", "refused"
    if drug.ok.revoked_why is not None:
        return f"OK taken back: {drug.ok.revoked_why}", "revoked"
    return f"OK to treat: {drug.ok.by}, {at_site(drug.ok.at, zone)}", "given"


def dose_words(dose: Given) -> str:
    """``09:10–10:12``, ``from 09:10, still running``, ``given, no hours``; and whether it was only a part."""
    start, stop = _at(dose.start), _at(dose.stop)
    said = f"{start}–{stop}" if start and stop else f"from {start}, still running" if start else "given"
    more = [text for text in (dose.amount, dose.level, "only a part" if dose.partial else "") if text]
    return ", ".join([said if start or not stop else f"until {stop}", *more])


def _at(hour: time | None) -> str:
    return f"{hour:%H:%M}" if hour is not None else ""


def table_of(views: Sequence[SeatView], chairs: int, opening: Sequence[str] | None) -> Table:
    """The chairs by the hour: from the first hour that is open or taken to the last."""
    seated = [view for view in views if view.seat.booking.chair and view.seat.timed]
    first, last = (_minutes(hour) for hour in opening) if opening else _USUAL
    first = min([first, *(view.seat.booking.starts for view in seated)]) // _HOUR * _HOUR
    last = -(-max([last, *(view.seat.ends for view in seated)]) // _HOUR) * _HOUR
    by_chair: dict[int, list[SeatView]] = {number: [] for number in range(1, chairs + 1)}
    for view in seated:
        by_chair.setdefault(view.seat.booking.chair or 0, []).append(view)
    rows = tuple((number, tuple(_cells(found, first, last))) for number, found in sorted(by_chair.items()))
    return Table(tuple(clock_words(at) for at in range(first, last, _HOUR)), rows)


def _cells(views: Sequence[SeatView], first: int, last: int) -> list[Cell]:
    found, at = [], first
    for view in sorted(views, key=lambda each: each.seat.booking.starts):
        starts = max(at, view.seat.booking.starts // SLOT_MINUTES * SLOT_MINUTES)
        ends = -(-view.seat.ends // SLOT_MINUTES) * SLOT_MINUTES
        if starts > at:
            found.append(Cell((starts - at) // SLOT_MINUTES, None))
        found.append(Cell(max(1, (ends - starts) // SLOT_MINUTES), view))
        at = max(ends, starts + SLOT_MINUTES)
    if at < last:
        found.append(Cell((last - at) // SLOT_MINUTES, None))
    return found


def _minutes(hour: str) -> int:
    return int(hour[:2]) * 60 + int(hour[3:])
