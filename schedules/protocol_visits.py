"""Checks the epochs of a protocol and their visits: when they are, what is done then, and for whom."""

from __future__ import annotations

from collections.abc import Iterator

from schedules.errors import OffsetError, Problem, WindowError
from schedules.never_together import check_never_together
from schedules.offsets import Offset, Unit
from schedules.protocol import (
    Cycles,
    Epoch,
    HomeDosing,
    PlannedVisit,
    Reference,
    Repeat,
    Stage,
    Variation,
    VisitActivity,
)
from schedules.protocol_gates import answers, check_cycles_of, check_gates
from schedules.protocol_names import KEYWORDS, Names
from schedules.protocol_references import check_base, check_reference
from schedules.protocol_sizes import MOST_CYCLES, MOST_REPEATS
from schedules.windows import DayRange, Window
from schedules.wording import days_words
from schedules.yaml_text import Path

LONGEST_PREFIX = 10
DAY_MINUTES = 24 * 60
RESERVED = ("unscheduled", *KEYWORDS)
_FEWEST_DAYS = {Unit.DAYS: 1, Unit.WEEKS: 7, Unit.MONTHS: 28, Unit.YEARS: 365}


def check_epochs(names: Names) -> Iterator[Problem]:
    """Every problem of the epochs, their visits, gates and doses at home."""
    if not names.treatment:
        yield names.problem(("epochs",), "no epoch has the stage treatment, so there is no Day 1", "add one")
    for epoch_id, epoch in names.protocol.epochs.items():
        path: Path = ("epochs", epoch_id)
        yield from _check_epoch(names, path, epoch_id, epoch)
        for visit_id, visit in epoch.visits.items():
            yield from _check_visit(names, (*path, "visits", visit_id), visit, epoch)
        yield from check_gates(names, path, epoch)
        for drug, home in epoch.home.items():
            yield from _check_home(names, (*path, "home", drug), drug, home, epoch)
        yield from _check_old_names(names, path, epoch)


# -- an epoch -----------------------------------------------------------------------------------


def _check_epoch(names: Names, path: Path, epoch_id: str, epoch: Epoch) -> Iterator[Problem]:
    yield from names.each((*path, "arms"), "arm", epoch.arms, names.protocol.arms)
    if epoch_id in RESERVED:
        yield names.problem(path, f"{epoch_id} has a meaning of its own", "give the epoch another id", at_key=True)
    if len(epoch.prefix) > LONGEST_PREFIX or epoch.prefix != "".join(epoch.prefix.split()):
        wrong = "a prefix is a few letters before the cycle's number"
        yield names.problem((*path, "prefix"), wrong, f"write up to {LONGEST_PREFIX} without spaces, e.g. C")
    if epoch.stage is not Stage.TREATMENT:
        yield from _only_in_treatment(names, path, epoch)
    if epoch.cycles is not None:
        yield from _check_cycles(names, path, epoch.cycles, epoch)
    elif epoch.length is not None and epoch.length.amount < 1:
        yield names.problem((*path, "length"), f"a length of {epoch.length} is none", "write at least 1 day")
    if epoch.starts is not None:
        yield from _check_starts(names, (*path, "starts"), epoch.starts, epoch_id, epoch)


def _only_in_treatment(names: Names, path: Path, epoch: Epoch) -> Iterator[Problem]:
    meaningless = {
        "cycles": (epoch.cycles, "does not come in cycles", "repeat its visits (repeat: …) instead"),
        "home": (epoch.home, "has no doses at home", "move them to a treatment epoch"),
        "length": (epoch.length, "has no length", "leave it out; its visits say how long it takes"),
        "only_by_gate": (epoch.only_by_gate, "is not led to by a gate", "leave it out"),
    }
    for key, (written, wrong, right) in meaningless.items():
        if written:
            yield names.problem((*path, key), f"an epoch of the stage {epoch.stage} {wrong}", right)


def _check_starts(names: Names, path: Path, starts: Reference, epoch_id: str, epoch: Epoch) -> Iterator[Problem]:
    if epoch.stage is Stage.SCREENING:
        yield names.problem(path, "screening is counted from Day 1", "leave starts out; write day: -7 at its visits")
    if starts.visit is not None and starts.visit.removeprefix(f"{epoch_id}.") in epoch.visits:
        wrong = f"the epoch would start from its own visit {starts.visit}"
        yield names.problem((*path, "visit"), wrong, "name a visit of an epoch before it")
    yield from check_reference(names, path, starts, epoch)


def _check_cycles(names: Names, path: Path, cycles: Cycles, epoch: Epoch) -> Iterator[Problem]:
    if epoch.length is not None:
        yield names.problem((*path, "length"), "length and cycles exclude each other", "leave length out")
    path = (*path, "cycles")
    if cycles.length.amount < 1:
        yield names.problem((*path, "length"), f"a cycle of {cycles.length} is none", "write at least 1 day")
    if cycles.at_most is not None and not 1 <= cycles.at_most <= MOST_CYCLES:
        yield names.problem((*path, "at_most"), f"{cycles.at_most} cycles", f"write 1 to {MOST_CYCLES}")
    if cycles.within is not None and cycles.within.amount < 1:
        yield names.problem((*path, "within"), f"{cycles.within} is no duration", "write e.g. 9 months")
    if not 1 <= cycles.plan_ahead <= 50:
        yield names.problem((*path, "plan_ahead"), f"{cycles.plan_ahead} cycles ahead", "write 1 to 50")
    if cycles.at_most is None and cycles.within is None and not _leads_out(epoch):
        wrong = "the cycles never end: no at_most, no within, and no gate leads out of them"
        yield names.problem(path, wrong, "add at_most, within or a gate with an outcome that leads to end", at_key=True)


def _leads_out(epoch: Epoch) -> bool:
    """Whether some gate can end the cycles, however many there have been."""
    for gate in epoch.gates.values():
        limits = [spans.spans for spans in (gate.cycles, gate.treatment_cycles) if spans is not None]
        for_ever = all(any(last is None for _, last in spans) for spans in limits)
        leads = any({outcome.to} - {"proceed", "next-cycle"} for outcome in answers(gate, epoch.gates))
        if for_ever and leads and gate.when in ("before-each-cycle", "after-each-cycle"):
            return True
    return False


def _check_home(names: Names, path: Path, drug: str, home: HomeDosing, epoch: Epoch) -> Iterator[Problem]:
    yield from names.known(path, "home-dose or questionnaire", drug, names.at_home, at_key=True)
    yield from names.each((*path, "arms"), "arm", home.arms, names.protocol.arms)
    yield from check_cycles_of(names, (*path, "cycles"), home.cycles, epoch)
    yield from check_cycles_of(names, (*path, "note_cycles"), home.note_cycles, epoch)
    if home.note_cycles is not None and home.note is None:
        yield names.problem((*path, "note_cycles"), "there is no note that these cycles would show", "write a note")
    longest = _days(epoch.cycles.length if epoch.cycles else epoch.length) or 36_500
    if not 1 <= home.starts_on <= longest:
        wrong = f"there is no day {home.starts_on} from which it could be taken"
        yield names.problem((*path, "starts_on"), wrong, f"write 1 to {longest}")
    if epoch.cycles is None and epoch.length is None and epoch.stage is Stage.TREATMENT:
        wrong = "without cycles or a length nobody knows how long it is taken"
        yield names.problem(path, wrong, "give the epoch a length, e.g. length: 28 days", at_key=True)


def _days(length: Offset | None) -> int | None:
    return length.in_days if length is not None else None


def _check_old_names(names: Names, path: Path, epoch: Epoch) -> Iterator[Problem]:
    """Ids that were given up: each by one visit or gate, and none that is still somebody's."""
    seen: dict[str, str] = {}
    parts = [("visits", name, visit.was) for name, visit in epoch.visits.items()]
    parts += [("gates", name, gate.was) for name, gate in epoch.gates.items()]
    for kind, name, was in parts:
        if was is None:
            continue
        if was in epoch.visits or was in epoch.gates:
            wrong = f"{was} is still the id of {'this very one' if was == name else 'another one'}"
            yield names.problem((*path, kind, name, "was"), wrong, "write the id that it had before the amendment")
        elif was in seen:
            wrong = f"{was} was {seen[was]} already"
            yield names.problem((*path, kind, name, "was"), wrong, "let one of the two be new")
        seen[was] = name


# -- a visit ------------------------------------------------------------------------------------


def _check_visit(names: Names, path: Path, visit: PlannedVisit, epoch: Epoch) -> Iterator[Problem]:
    yield from _check_timing(names, path, visit, epoch)
    yield from names.each((*path, "arms"), "arm", visit.arms, names.protocol.arms)
    yield from names.each((*path, "only_with"), "drug", visit.only_with, names.drugs)
    yield from check_cycles_of(names, (*path, "cycles"), visit.cycles, epoch)
    yield from _check_items(names, (*path, "activities"), visit.activities, epoch)
    yield from _check_label(names, (*path, "label"), visit.label, visit)
    for place, variation in enumerate(visit.instead):
        yield from _check_variation(names, (*path, "instead", place), variation, visit, epoch)
    if visit.valid_for is not None:
        yield from _check_valid_for(names, (*path, "valid_for"), visit, visit.valid_for, epoch)
    if visit.ends_before == "next-day-1" and epoch.stage is not Stage.TREATMENT:
        wrong = f"a visit of the stage {epoch.stage} has no next Day 1"
        yield names.problem((*path, "ends_before"), wrong, "leave it out; its window says by when it must be over")


def _check_label(names: Names, path: Path, label: str, visit: PlannedVisit) -> Iterator[Problem]:
    if "{n}" in label and visit.repeat is None:
        yield names.problem(path, "{n} is the number of a repeated visit, and this one comes once", "write the number")


def _check_variation(
    names: Names, path: Path, variation: Variation, visit: PlannedVisit, epoch: Epoch
) -> Iterator[Problem]:
    yield from _check_items(names, (*path, "activities"), variation.activities, epoch)
    yield from _check_label(names, (*path, "label"), variation.label, visit)
    if not variation.when:
        yield names.problem((*path, "when"), "nothing makes the visit become this", "write e.g. [progression]")


def _check_valid_for(names: Names, path: Path, visit: PlannedVisit, valid: Offset, epoch: Epoch) -> Iterator[Problem]:
    if epoch.stage is not Stage.SCREENING:
        wrong = "valid_for is about visits before Day 1"
        yield names.problem(path, wrong, "leave it out, or give the epoch the stage screening")
    elif valid.amount < 1:
        yield names.problem(path, f"{valid} is never valid", "write at least 1 day")
    elif visit.day is not None and -visit.day > (valid.in_days or 0):
        wrong = f"what is valid for {valid} and done on Day {visit.day} is too old on Day 1"
        yield names.problem(path, wrong, "write a later day, or a longer time")


# -- when it is ---------------------------------------------------------------------------------


def _check_timing(names: Names, path: Path, visit: PlannedVisit, epoch: Epoch) -> Iterator[Problem]:
    given = [key for key in ("day", "at", "after") if getattr(visit, key) is not None]
    if len(given) > 1 or (not given and epoch.stage is not Stage.FOLLOW_UP):
        found = " and ".join(given) or "nothing"
        wrong = f"a visit stands on a day, at a time or after something; here {found} is given"
        yield names.problem(path, wrong, "write exactly one of day, at and after")
    if visit.after is not None:
        yield from check_reference(names, (*path, "after"), visit.after, epoch)
        yield from check_base(names, (*path, "after", "visit"), visit, epoch)
    if visit.at is not None:
        yield from _check_at(names, (*path, "at"), visit.at, epoch)
    if visit.day is not None:
        yield from _check_day(names, (*path, "day"), visit.day, epoch)
        yield from _check_window(names, (*path, "window"), visit, visit.day, epoch)
    elif isinstance(visit.window, DayRange):
        yield names.problem((*path, "window"), "a window in days of the cycle needs a day", "write e.g. -3/+3")
    if visit.repeat is not None:
        yield from _check_repeat(names, (*path, "repeat"), visit, visit.repeat)


def _check_day(names: Names, path: Path, day: int, epoch: Epoch) -> Iterator[Problem]:
    if day == 0:
        yield names.problem(path, "there is no Day 0", "the day before Day 1 is Day -1")
    if abs(day) > 36_500:
        yield names.problem(path, f"Day {day} is a hundred years away", "write the day of the cycle or epoch")
    if epoch.stage is Stage.SCREENING and day > 0:
        yield names.problem(path, f"Day {day} does not lie before Day 1", "count screening backwards: day -7")
    if epoch.stage is not Stage.SCREENING and day < 0:
        yield names.problem(path, f"Day {day} lies before the epoch", "move it to an epoch of the stage screening")
    length = _days(epoch.cycles.length) if epoch.cycles else None
    if length is not None and day > length > 0:
        yield names.problem(path, f"Day {day} lies beyond its cycle of {length} days", f"write 1 to {length}")


def _check_at(names: Names, path: Path, at: Offset, epoch: Epoch) -> Iterator[Problem]:
    """``at`` may lie before Day 1 of a treatment epoch: an admission on the evening before."""
    if epoch.stage is Stage.SCREENING and at.amount >= 0:
        yield names.problem(path, f"{at} does not lie before Day 1", "count screening backwards: -2 weeks")
    length = _days(epoch.cycles.length) if epoch.cycles else None
    if length is not None and at.amount * _FEWEST_DAYS[at.unit] > length > 0:
        yield names.problem(path, f"{at} lies beyond its cycle of {length} days", f"write up to {length} days")


def _check_window(names: Names, path: Path, visit: PlannedVisit, day: int, epoch: Epoch) -> Iterator[Problem]:
    window = visit.window
    if isinstance(window, DayRange):
        if not day:
            return
        try:
            window = window.around_day(day)
        except WindowError as error:
            wrong, _, right = str(error).rpartition("; ")
            yield names.problem(path, wrong, right)
            return
    if epoch.stage is Stage.SCREENING and day < 0 and window.after > -day:
        yield from _beyond_day_1(names, path, window, day)


def _beyond_day_1(names: Names, path: Path, window: Window, day: int) -> Iterator[Problem]:
    wrong = f"the window runs {days_words(window.after + day)} beyond Day 1"
    yield names.problem(path, wrong, f"end it before Day 1: write +{-day - 1} days after, or days … to -1")


def _check_repeat(names: Names, path: Path, visit: PlannedVisit, repeat: Repeat) -> Iterator[Problem]:
    if (repeat.until is None) == (repeat.times is None):
        yield names.problem(path, "a repeat ends by until or by times", "write exactly one of them")
    if repeat.every.amount < 1:
        yield names.problem((*path, "every"), f"every {repeat.every} never ends", "write at least every 1 day")
        return
    if repeat.times is not None and not 1 <= repeat.times <= MOST_REPEATS:
        yield names.problem((*path, "times"), f"{repeat.times} times", f"write 1 to {MOST_REPEATS}")
        return
    yield from _check_counting(names, path, visit, repeat)


def _check_counting(names: Names, path: Path, visit: PlannedVisit, repeat: Repeat) -> Iterator[Problem]:
    start = visit.after.by if visit.after else visit.at
    units = {length.unit for length in (start, repeat.every, repeat.until) if length is not None and length.amount}
    first = start.amount if start else 0
    if visit.day is not None or len(units) > 1:
        wrong = "a repeat counts in one unit from its start"
        yield names.problem(path, wrong, "write start, every and until in the same unit, e.g. months")
    elif first < 0:
        yield names.problem(path, f"a repeat cannot begin at {start}", "begin at 0 days or later")
    elif repeat.until is not None and repeat.until.amount < first:
        yield names.problem((*path, "until"), f"until {repeat.until} is before its start, {start}", "write a later end")
    elif repeat.until is not None and (repeat.until.amount - first) // repeat.every.amount >= MOST_REPEATS:
        yield names.problem((*path, "until"), f"more than {MOST_REPEATS} visits", "write a nearer end")
    elif repeat.times is not None:
        yield from _check_last(names, (*path, "times"), first + (repeat.times - 1) * repeat.every.amount, repeat.every)


def _check_last(names: Names, path: Path, amount: int, every: Offset) -> Iterator[Problem]:
    try:
        Offset(amount, every.unit)
    except OffsetError as error:
        yield names.problem(path, f"the last one: {str(error).rpartition('; ')[0]}", "write fewer times")


# -- what is done -------------------------------------------------------------------------------


def _check_items(names: Names, path: Path, items: tuple[VisitActivity, ...], epoch: Epoch) -> Iterator[Problem]:
    planned = dict.fromkeys(item.activity for item in items)
    for place, item in enumerate(items):
        here = (*path, place)
        yield from names.known((*here, "activity"), "activity", item.activity, names.protocol.activities)
        yield from names.each((*here, "arms"), "arm", item.arms, names.protocol.arms)
        yield from check_cycles_of(names, (*here, "cycles"), item.cycles, epoch)
        yield from _check_times(names, here, item, planned)
        if isinstance(item.window, DayRange):
            wrong = "an activity's own window counts around its visit's day"
            yield names.problem((*here, "window"), wrong, "write e.g. -3/0")
    yield from check_never_together(names, path, items, epoch)


def _check_times(names: Names, path: Path, item: VisitActivity, planned: dict[str, None]) -> Iterator[Problem]:
    if item.timed_from is not None:
        yield from names.known((*path, "timed_from"), "activity of this visit", item.timed_from, planned)
        if item.timed_from == item.activity:
            yield names.problem((*path, "timed_from"), "it would be timed from itself", "name another activity")
    for key in ("timed_from", "within"):
        if getattr(item, key) is not None and not item.at:
            yield names.problem((*path, key), f"{key} is about the times of at, and there are none", "add at")
    for place, at in enumerate(item.at):
        if abs(at.in_minutes or 0) >= DAY_MINUTES:
            wrong = f"{at} is on another day than the visit"
            yield names.problem((*path, "at", place), wrong, "plan a visit of its own for it")
