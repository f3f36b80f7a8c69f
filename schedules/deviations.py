"""Where what happened differs from what the protocol asks: candidates, until a person has looked.

Each has an identity that stays: finding it twice is finding it once. What the protocol allows (a hold, a
reduction, an omission by its rules) is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from operator import itemgetter
from typing import Literal

from schedules.compiled import VisitSpec
from schedules.deviation import Deviation, Kind
from schedules.history import Assessed, Attended, Consented, Given, Held, Omitted, UnscheduledVisit
from schedules.holds import dose_holds, own_window
from schedules.labels import label_of, labels_of
from schedules.protocol import Resource, Stage
from schedules.record import fact_id
from schedules.scheduled import ScheduledVisit
from schedules.statuses import GateStatus, Status
from schedules.walk import Walk
from schedules.windows import Window, days_outside
from schedules.wording import day_words, days_words

WORKING_DAYS_TO_CANDIDATE = 5
_CLINIC = frozenset({Resource.CLINIC})


def _found(
    kind: Kind,
    about: str,
    text: str,
    *,
    activity: str | None = None,
    day: date | None = None,
    days: int | None = None,
    state: Literal["query", "candidate"] = "candidate",
    important: bool = False,
) -> Deviation:
    name = ":".join(part for part in (kind.value, about, activity) if part)
    return Deviation(name, kind, about or None, activity, day, days, text, state, important)


def _label(walk: Walk, activity: str) -> str:
    return label_of(walk.course.compiled, activity)


def find_deviations(walk: Walk, visits: tuple[ScheduledVisit, ...]) -> tuple[Deviation, ...]:
    """Every candidate and every query, in the order of their days."""
    if not walk.begun:
        return ()
    touched = walk.course.touched
    told_of = [visit for visit in visits if visit.status is Status.UNRECORDED or visit.key in touched]
    found = [deviation for visit in told_of for deviation in _of_visit(walk, visit)]
    for search in _SEARCHES:
        found.extend(search(walk))
    unique: dict[str, Deviation] = {}
    for deviation in sorted(found, key=_by_day):
        first = unique.setdefault(deviation.id, deviation)
        if first.date != deviation.date:
            name = f"{deviation.id}:{deviation.date}"  # the same again on a later day is another one
            unique.setdefault(name, replace(deviation, id=name))
    return tuple(sorted(unique.values(), key=_by_day))


def _by_day(deviation: Deviation) -> tuple[date, str]:
    return deviation.date or date.max, deviation.id


# -- one visit ----------------------------------------------------------------------------------


def _of_visit(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    if visit.status is Status.UNRECORDED:
        yield _unrecorded(walk, visit)
    if visit.key not in walk.course.touched:
        return
    if visit.status is Status.MISSED:
        missed = walk.record.missed[visit.key]
        yield _found(Kind.MISSED, visit.key, f"{visit.spec.label} was missed", day=missed.date)
    yield from _outside_window(walk, visit)
    yield from _left_out(walk, visit)
    yield from _holds(walk, visit)
    yield from _own_windows(walk, visit)
    yield from _drugs(walk, visit)
    yield from _given_again(walk, visit)


def _unrecorded(walk: Walk, visit: ScheduledVisit) -> Deviation:
    assert visit.closes is not None  # noqa: S101 - an unrecorded visit had a window
    late = walk.course.as_of > _working_days_after(walk, visit.closes.toordinal(), WORKING_DAYS_TO_CANDIDATE)
    text = f"nothing is recorded about {visit.spec.label}; its window closed on {day_words(visit.closes)}"
    return _found(Kind.UNRECORDED, visit.key, text, day=visit.closes, state="candidate" if late else "query")


def _working_days_after(walk: Walk, day: int, count: int) -> int:
    for candidate in range(day + 1, day + 61):
        site = walk.course.site_on(candidate)
        count -= site.why_closed(candidate, _CLINIC) is None
        if count == 0:
            return candidate
    return day + 60


def _outside_window(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    if visit.actual is None or visit.opens is None or visit.closes is None or visit.status is Status.EXPIRED:
        return
    days = {(None, visit.actual)} | {(g.activity, g.date) for g in walk.record.given.get(visit.spec.key, ())}
    for activity, day in sorted(days, key=itemgetter(1)):
        off = days_outside(day, *_window_of_dose(walk, visit, activity, day))
        if off and (activity is None or day != visit.actual):
            side = f"{days_words(abs(off))} {'before' if off < 0 else 'after'} its window"
            what = f"{_label(walk, activity)} at {visit.spec.label}" if activity else visit.spec.label
            text = f"{what} took place on {day_words(day)}, {side}"
            washout = off < 0 and visit.spec.is_day_1 and _starts_after(walk, visit)
            yield _found(Kind.OUTSIDE_WINDOW, visit.key, text, activity=activity, day=day, days=off, important=washout)


def _window_of_dose(walk: Walk, visit: ScheduledVisit, activity: str | None, day: date) -> tuple[date, date]:
    """The visit's window; that of a dose which was held alone is its own."""
    assert visit.opens is not None  # noqa: S101 - what took place has a window
    assert visit.closes is not None  # noqa: S101
    hold = dose_holds(walk, visit.spec).get(activity or "")
    if hold is None or visit.nominal is None or day == visit.actual:
        return visit.opens, visit.closes
    spec = walk.spec_in_force(visit.spec, day.toordinal())
    first, last = own_window(spec, visit.nominal.toordinal(), hold, day.toordinal())
    return date.fromordinal(first), date.fromordinal(last)


def _starts_after(walk: Walk, visit: ScheduledVisit) -> bool:
    """Whether the visit's epoch waits for something, a washout say, so that too early is more than untidy."""
    epoch = walk.course.compiled.protocol.epochs.get(visit.spec.stay.epoch)
    return epoch is not None and epoch.starts is not None


def _left_out(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    known = walk.course.compiled.protocol.activities
    for omitted in walk.record.omitted.get(visit.key, {}).values():
        activities = (omitted.activity,) if omitted.activity else visit.spec.doses or visit.spec.activities
        for activity in activities:
            if activity not in known or omitted.reason not in known[activity].omit_for:
                yield _not_done(walk, visit, activity, omitted)
    for attended in walk.record.attended.get(visit.key, ()):
        for activity in attended.not_done:
            yield _not_done(walk, visit, activity, attended)


def _not_done(walk: Walk, visit: ScheduledVisit, activity: str, fact: Omitted | Attended) -> Deviation:
    reason = f" ({fact.reason})" if isinstance(fact, Omitted) else ""
    text = f"{_label(walk, activity)} was not done at {visit.spec.label}{reason}"
    return _found(Kind.NOT_DONE, visit.key, text, activity=activity, day=fact.date)


def _holds(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    for hold in walk.record.held.get(visit.key, ()):
        yield from _hold_reason(walk, visit.key, visit.spec, hold)


def _hold_reason(walk: Walk, key: str, spec: VisitSpec, hold: Held) -> Iterator[Deviation]:
    known = walk.course.compiled.protocol.activities
    for drug in (hold.activity,) if hold.activity else spec.doses:
        allowed = known[drug].hold_for if drug in known else ()
        if allowed and hold.reason not in allowed:
            held = f"{_label(walk, drug)} at {spec.label} was held for {hold.reason}"
            text = f"{held}, which the protocol does not give as a reason"
            yield _found(Kind.HOLD_NOT_ALLOWED, key, text, activity=drug, day=hold.date)


def _own_windows(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    if visit.actual is None:
        return
    for fact in walk.record.assessed.get(visit.key, ()):
        window = _window_of(visit.spec, fact)
        if window is None:
            continue
        off = days_outside(fact.date, *window.around(visit.actual))
        if off:
            what = f"{_label(walk, fact.activity)} for {visit.spec.label}"
            text = f"{what} was done on {day_words(fact.date)}, outside its window"
            yield _found(Kind.ACTIVITY_OUTSIDE_WINDOW, visit.key, text, activity=fact.activity, day=fact.date, days=off)


def _window_of(spec: VisitSpec, fact: Assessed) -> Window | None:
    found = next((item.window for item in spec.details if item.activity == fact.activity), None)
    return found if isinstance(found, Window) else None


def _drugs(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    levels = walk.course.dose_levels
    for given in walk.record.given.get(visit.key, ()):
        drug = _label(walk, given.activity)
        if visit.spec.stage is Stage.TREATMENT and _is_of_another_arm(walk, visit):
            text = f"{drug} was given at {visit.key}, which is no visit of the arm {walk.course.arm}"
            yield _found(Kind.WRONG_DRUG, visit.key, text, activity=given.activity, day=given.date, important=True)
        elif given.activity not in visit.spec.activities:
            text = f"{drug} was given at {visit.spec.label}, which does not plan it for this participant"
            yield _found(Kind.WRONG_DRUG, visit.key, text, activity=given.activity, day=given.date, important=True)
        level = levels.get(given.activity)
        if level and given.level and given.level != level and not _reduced_to(walk, given):
            text = f"{drug} was given at {given.level}, not at {level}"
            yield _found(Kind.WRONG_LEVEL, visit.key, text, activity=given.activity, day=given.date, important=True)


def _given_again(walk: Walk, visit: ScheduledVisit) -> Iterator[Deviation]:
    """Whole doses beyond the first at one visit; the rest of one that was given in part is none."""
    whole: dict[str, list[Given]] = {}
    for given in walk.record.given.get(visit.key, ()):
        whole.setdefault(given.activity, []).append(given)
    for drug, doses in whole.items():
        if len(doses) > 1 and not all(given.partial for given in doses):
            text = f"{drug} was given {len(doses)} times at {visit.spec.label}"
            yield _found(Kind.GIVEN_AGAIN, visit.key, text, activity=drug, day=doses[-1].date, important=True)


def _is_of_another_arm(walk: Walk, visit: ScheduledVisit) -> bool:
    """Whether the visit belongs to an epoch that this participant's arm cannot come to."""
    compiled, epoch_id = walk.course.compiled, visit.spec.stay.epoch
    epoch = compiled.protocol.epochs.get(epoch_id)
    return epoch is not None and walk.course.arm is not None and epoch_id not in compiled.within_reach


def _reduced_to(walk: Walk, given: Given) -> bool:
    reductions = [fact for facts in walk.record.reduced.values() for fact in facts]
    return any(
        fact.activity == given.activity and fact.to == given.level and fact.date <= given.date for fact in reductions
    )


# -- the whole course ---------------------------------------------------------------------------


def _expired_at_day_1(walk: Walk) -> Iterator[Deviation]:
    """A first dose on a screening visit that was too old, and of which no repeat was in time."""
    first = next(iter(walk.anchors.values()), None)
    if first is None or first.day is None or first.how not in ("given", "attended"):
        return
    screening = [visit for visit in walk.visits if visit.spec.planned.valid_for is not None and visit.actual]
    valid = {visit.spec.name for visit in screening if visit.status is not Status.EXPIRED}
    for visit in screening:
        if visit.status is Status.EXPIRED and visit.spec.name not in valid and visit.actual is not None:
            age = first.day - visit.actual.toordinal()
            limit = visit.spec.planned.valid_for
            text = f"{visit.spec.label} was {days_words(age)} old on {day_words(first.day)}, and is valid for {limit}"
            day = date.fromordinal(first.day)
            yield _found(Kind.EXPIRED_AT_DAY_1, visit.key, text, day=day, days=age, important=True)


def _too_close(walk: Walk) -> Iterator[Deviation]:
    for rule in walk.course.compiled.protocol.spacing:
        least = rule.at_least.in_days or 0
        doses = sorted((f for f in walk.record.all(Given) if f.activity == rule.drug), key=lambda f: f.date)
        for before, after in pairwise(doses):
            apart = (after.date - before.date).days
            if apart < least and (apart or before.visit != after.visit):
                text = (
                    f"{_label(walk, rule.drug)} was given on {day_words(before.date)} and on {day_words(after.date)},"
                    f" {days_words(apart)} apart instead of at least {least}"
                )
                about = walk.record.rename(after.visit) if after.visit else fact_id(after)
                yield _found(
                    Kind.TOO_CLOSE, about, text, activity=rule.drug, day=after.date, days=least - apart, important=True
                )


def _same_day(walk: Walk) -> Iterator[Deviation]:
    for group in walk.course.compiled.protocol.never_same_day:
        for place, one in enumerate(group):
            for other in group[place + 1 :]:
                for day in sorted(_done_days(walk, one) & _done_days(walk, other)):
                    text = f"{labels_of(walk.course.compiled, (one, other))} were both given on {day_words(day)}"
                    text += "; they must never share a day"
                    about = f"{one}+{other}+{day.isoformat()}"
                    yield _found(Kind.SAME_DAY, about, text, day=day, important=True)


def _done_days(walk: Walk, activity: str) -> set[date]:
    as_of = date.fromordinal(walk.course.as_of)
    done = [fact for fact in walk.record.facts if isinstance(fact, Given | Assessed) and fact.activity == activity]
    visits = [fact for fact in walk.record.all(UnscheduledVisit) if activity in fact.activities]
    return {fact.date for fact in (*done, *visits) if fact.date <= as_of}


def _held_too_long(walk: Walk) -> Iterator[Deviation]:
    longest = walk.course.compiled.longest_hold
    if longest is None:
        return
    for stay, holds in walk.record.cycle_held.items():
        visit = next((v for v in walk.visits if str(v.spec.stay) == stay and v.spec.is_day_1), None)
        if visit is None:
            continue
        since = visit.nominal.toordinal() if visit.nominal else holds[0].date.toordinal()
        until = visit.actual.toordinal() if visit.actual else walk.course.as_of
        over = until - since - longest
        if over > 0 and (visit.actual or visit.status is Status.HELD):
            text = f"{visit.spec.label} was held for {days_words(until - since)}, at most {longest} are allowed"
            yield _found(Kind.HELD_TOO_LONG, visit.key, text, day=visit.actual or holds[0].date, days=over)


def _at_gates(walk: Walk) -> Iterator[Deviation]:
    """A cycle that was begun before the gate in front of it was decided; the decision's own date counts."""
    for gate in walk.gates:
        anchor = walk.anchors.get(gate.leads_to) if gate.leads_to else None
        if anchor is None or anchor.day is None or anchor.how not in ("given", "attended"):
            continue
        began = date.fromordinal(anchor.day)
        if gate.status is GateStatus.DECIDED and gate.decided_on is not None and gate.decided_on <= began:
            continue
        late = f"it was decided on {day_words(gate.decided_on)}" if gate.decided_on else "nobody has decided it"
        text = f"{anchor.stay} was begun on {day_words(began)} without {gate.key}: {late}"
        yield _found(Kind.WITHOUT_GATE, gate.key, text, day=began)


def _off_path(walk: Walk) -> Iterator[Deviation]:
    for stay, gate in walk.off_path:
        anchor = walk.anchors.get(stay)
        day = date.fromordinal(anchor.day) if anchor and anchor.day else None
        epoch = walk.course.compiled.protocol.epochs[stay.epoch]
        most = epoch.cycles.at_most if epoch.cycles else None
        if most is not None and (stay.cycle or 1) > most:
            text = f"{stay} was begun; {epoch.label} has at most {most} cycles"
            yield _found(Kind.BEYOND_MOST_CYCLES, str(stay), text, day=day, important=True)
        elif gate is not None and gate.status is GateStatus.DECIDED:
            decided = dict(gate.options).get(gate.outcome or "", gate.outcome)
            text = f'{stay} was begun, although {gate.key} was decided as "{decided}"'
            yield _found(Kind.AGAINST_GATE, str(stay), text, day=day, important=True)
        else:
            text = f"{stay} was begun, and no decision leads there"
            yield _found(Kind.WITHOUT_GATE, str(stay), text, day=day, important=True)


def _after_end(walk: Walk) -> Iterator[Deviation]:
    end = walk.course.end
    if end is None:
        return
    for given in walk.record.all(Given):
        if given.date.toordinal() > end.day:
            text = (
                f"{_label(walk, given.activity)} was given on {day_words(given.date)}, after the end of treatment on"
                f" {day_words(end.day)}"
            )
            about = walk.record.rename(given.visit) if given.visit else fact_id(given)
            yield _found(Kind.AFTER_END, about, text, activity=given.activity, day=given.date, important=True)


def _consent(walk: Walk) -> Iterator[Deviation]:
    procedures = [fact for fact in walk.record.facts if isinstance(fact, Attended | Given | Assessed)]
    if not procedures:
        return
    first = walk.record.first(Consented)
    if first is None:
        text = f"no consent is recorded; the first procedure was on {day_words(procedures[0].date)}"
        yield _found(Kind.NO_CONSENT, "", text, day=procedures[0].date, state="query")
        return
    for fact in procedures:
        if fact.date < first.date:
            text = f"a study procedure took place on {day_words(fact.date)}, before consent on {day_words(first.date)}"
            yield _found(Kind.BEFORE_CONSENT, fact_id(fact), text, day=fact.date, important=True)


def _versions(walk: Walk) -> Iterator[Deviation]:
    for fact in (*walk.record.all(Attended), *walk.record.all(Given)):
        assert isinstance(fact, Attended | Given)  # noqa: S101 - for the type checker
        in_force = walk.course.compiled_on(fact.date.toordinal()).protocol.version
        if fact.version and fact.version != in_force:
            text = f"done under version {fact.version} on {day_words(fact.date)}, when {in_force} was in force"
            about = walk.record.rename(fact.visit) if fact.visit else fact_id(fact)
            yield _found(Kind.WRONG_VERSION, about, text, day=fact.date)


_SEARCHES = (
    _expired_at_day_1,
    _too_close,
    _same_day,
    _held_too_long,
    _at_gates,
    _off_path,
    _after_end,
    _consent,
    _versions,
)
