"""Small makers of designs, sites and histories, so that a test shows only what it is about.

Day 1 is Monday 5 January 2026 unless a test says otherwise, and sites are closed at weekends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

from schedules.closures import PLAIN_SITE, ClosedDay, ClosedRule, PublicHolidays, Site, Weekday
from schedules.design import Design
from schedules.history import (
    Assessed,
    Attended,
    Booked,
    Consented,
    Enrolled,
    Fact,
    GateDecided,
    Given,
    History,
    Void,
)
from schedules.history_checks import check_history
from schedules.plan import plan
from schedules.protocol import Protocol, Resource
from schedules.protocol_file import library_protocol, library_text, read_protocol
from schedules.record import fact_id
from schedules.scheduled import Plan

Facts: TypeAlias = "Fact | Iterable[Facts]"
Closure: TypeAlias = date | ClosedDay | ClosedRule

DAY_1 = date(2026, 1, 5)
WEEKEND = (Weekday.SATURDAY, Weekday.SUNDAY)
BOTH_DRUGS = ("vsli", "ino")
VEN_INO_VALUES: Mapping[str, Any] = {
    "venetoclax-levels": ["level 1 (made up)", "level 2 (made up)"],
    "venetoclax-start": 1,
    "venetoclax-days": "from 1",
    "venetoclax-ramp-up": "made up, all of it from day 1 on",
    "dexamethasone-days": "1-4",
    "tumour-lysis-hours": ["6 hours", "8 hours"],
    "observation-length": "28 days",
}

# -- protocols and sites ------------------------------------------------------------------------


@lru_cache(maxsize=1)
def vsli() -> Protocol:
    """The library's vsli-ino."""
    return library_protocol("vsli-ino").protocol


@lru_cache(maxsize=1)
def ven() -> Protocol:
    """The library's ven-ino, with made-up values for its parameters."""
    return library_protocol("ven-ino", VEN_INO_VALUES).protocol


@lru_cache(maxsize=1)
def vsli_amended() -> Protocol:
    """A made-up version 2.0 of vsli-ino: Day 8 of induction may be a day later, and bloods are taken on Day 22."""
    return read_protocol(vsli_amended_text(), "vsli-ino-2.yaml").protocol


def vsli_amended_text() -> str:
    """The same as its file."""
    marrow = "      marrow:\n        label: Marrow\n"
    extra = "      d22: {label: Day 22, day: 22, window: -1/+1, activities: [bloods]}\n"
    changes = {'version: "1.0"': 'version: "2.0"', "window: -1/+2": "window: -1/+3", marrow: extra + marrow}
    text = library_text("vsli-ino")
    for old, new in changes.items():
        text = text.replace(old, new, 1)
    return text


def protocol(epochs: str, more: str = "") -> Protocol:
    """A small protocol from the YAML of its epochs; its activities are ``drug``, ``other``, ``pill`` and ``look``."""
    head = (
        'protocol: small\nversion: "1.0"\ntitle: Small\n'
        "activities:\n"
        "  drug: {label: Drug, kind: dose}\n"
        "  other: {label: Other drug, kind: dose}\n"
        "  pill: {label: Pill, kind: home-dose}\n"
        "  look: {label: Look, kind: assessment}\n"
    )
    return read_protocol(f"{head}{more}\nepochs:\n{epochs}", "small.yaml").require()


def site(
    *closed: Closure,
    name: str = "site",
    weekend: tuple[Weekday, ...] = WEEKEND,
    holidays: PublicHolidays | None = None,
) -> Site:
    """A site closed at weekends and on these days."""
    closures = tuple(ClosedDay(date=each) if isinstance(each, date) else each for each in closed)
    return Site(id=name, name=f"Site {name}", weekend=weekend, public_holidays=holidays, closed=closures)


def closed(first: date, last: date | None = None, *resources: Resource, reason: str = "closed") -> ClosedDay:
    """A day, or all days up to and including ``last``, on which these resources (by default all) are closed."""
    return ClosedDay(date=first, until=last, resources=resources, reason=reason)


EVERY_DAY = site(weekend=())

# -- facts --------------------------------------------------------------------------------------


def facts(*items: Facts) -> tuple[Fact, ...]:
    """All facts of facts and lists of facts, in one row."""
    return tuple(_flat(items))


def _flat(items: Iterable[Facts]) -> Iterator[Fact]:
    for item in items:
        if isinstance(item, Fact):
            yield item
        else:
            yield from _flat(item)


def enrolled(day_1: date = DAY_1, **details: Any) -> Enrolled:
    """Enrolled six days before Day 1."""
    return Enrolled(date=details.pop("date", day_1 - timedelta(days=6)), day_1=day_1, **details)


def consented(day: date = DAY_1 - timedelta(days=14), version: str = "1.0") -> Consented:
    """Consent, by default two weeks before Day 1."""
    return Consented(date=day, version=version)


def attended(visit: str, day: date, **details: Any) -> Attended:
    """The participant came to a visit."""
    return Attended(date=day, visit=visit, **details)


def dose(visit: str, day: date, *drugs: str, **details: Any) -> tuple[Given, ...]:
    """The doses of a visit; without ``drugs`` both of vsli-ino."""
    return tuple(Given(date=day, visit=visit, activity=drug, **details) for drug in drugs or BOTH_DRUGS)


def cycle_done(stay: str, day_1: date = DAY_1, *drugs: str, days: tuple[int, ...] = (1, 8, 15)) -> tuple[Given, ...]:
    """A cycle in which every dose was given on its day: ``cycle_done("induction.c1")``."""
    visits = [dose(f"{stay}.d{day}", day_1 + timedelta(days=day - 1), *drugs) for day in days]
    return tuple(given for visit in visits for given in visit)


def decided(gate: str, day: date, outcome: str) -> GateDecided:
    """A gate was decided."""
    return GateDecided(date=day, gate=gate, outcome=outcome)


def booked(visit: str, day: date) -> Booked:
    """A visit has an appointment."""
    return Booked(date=day, visit=visit)


def assessed(visit: str, day: date, activity: str, result: str | None = None) -> Assessed:
    """Something was measured."""
    return Assessed(date=day, visit=visit, activity=activity, result=result)


def voided(fact: Fact, day: date | None = None) -> Void:
    """A fact was a mistake."""
    return Void(date=day or fact.day, of=fact_id(fact))


# -- plans --------------------------------------------------------------------------------------


def design(*protocols: Protocol, sites: Iterable[Site] = (PLAIN_SITE,)) -> Design:
    """A study; without ``protocols`` vsli-ino."""
    return Design(protocols or (vsli(),), tuple(sites))


def planned(
    *given: Facts,
    protocol: Protocol | None = None,
    as_of: date | None = None,
    closed: Iterable[Closure] = (),
    weekend: tuple[Weekday, ...] = WEEKEND,
    start: date | None = DAY_1,
    arm: str | None = None,
) -> Plan:
    """The plan of a history, on the day of its last fact; the facts are checked first, as when they are recorded."""
    found = facts(*given)
    study = design(protocol or vsli(), sites=[site(*closed, weekend=weekend)])
    history = History(found, start, arm)
    check_history(study, history)
    day = as_of or max((fact.day for fact in found), default=start or DAY_1)
    return plan(study, history, day)


def targets(plan: Plan, stay: str = "") -> dict[str, date | None]:
    """Where the visits of a stay stand, by name: ``targets(plan, "induction.c1")["d8"]``; without one all, by key."""
    if not stay:
        return {visit.key: visit.target for visit in plan.visits}
    found = {visit.key: visit.target for visit in plan.visits if visit.key.rpartition(".")[0] == stay}
    return {key.rpartition(".")[2]: target for key, target in found.items()}
