"""Protocols that nobody wrote: what is read can be planned, and whatever is read wrong is said in words."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from planner.presenting.plan_json import plan_data, to_json
from schedules.design import Design
from schedules.errors import DateOutOfRange, DesignError, HistoryError, ProtocolError, ScheduleError
from schedules.fact_kinds import KINDS
from schedules.history import AmendmentApplied, History
from schedules.history_file import read_fact_line, read_facts
from schedules.plan import plan
from schedules.protocol import Protocol
from schedules.protocol_file import library_text, read_parameters, read_protocol
from schedules.site_file import read_site
from tests import builders
from tests.schedules.test_properties import INVARIANTS
from tests.strategies import Case, cases

Data = dict[str, Any]
LONGEST_SECONDS = 5
ACTIVITIES: Data = {
    "drug": {"label": "Drug", "kind": "dose"},
    "other": {"label": "Other drug", "kind": "dose", "resource": "clinic"},
    "pill": {"label": "Pill", "kind": "home-dose"},
    "bloods": {"label": "Bloods", "kind": "sample"},
    "look": {"label": "Look", "kind": "assessment"},
    "spinal": {"label": "Spinal injection", "kind": "procedure"},
}
DURING = ("day-1", "enrolment", "progression", "transplant", "rash")
EVENTS = ("end-of-treatment", "last-dose", *DURING)
GATES = ("before-each-cycle", "after-each-cycle", "at-end")


class Maker:
    """Makes a protocol as the data of its file, most often one that makes sense."""

    def __init__(self, draw: DrawFn) -> None:
        self.draw = draw
        self.treatment = [f"t{number}" for number in range(1, self.number(1, 3) + 1)]
        self.arms = self.one_of((), (), ("arm-a", "arm-b"))
        self.visits: list[str] = []

    def one_of(self, *of: Any) -> Any:
        """One of these."""
        return self.draw(st.sampled_from(of))

    def number(self, low: int, high: int) -> int:
        """A whole number."""
        return self.draw(st.integers(low, high))

    def some(self, of: tuple[str, ...] | list[str], least: int = 0) -> list[str]:
        """Some of these, each once."""
        return self.draw(st.lists(st.sampled_from(of), min_size=least, max_size=3, unique=True))

    def protocol(self) -> Data:
        """All of it."""
        epochs = {}
        if self.one_of(True, False):
            epochs["screening"] = {"label": "Screening", "stage": "screening", "visits": self.screening()}
        for name in self.treatment:
            epochs[name] = self.treatment_epoch(name)
        if self.one_of(True, True, False):
            epochs["follow-up"] = {"label": "Follow-up", "stage": "follow-up", "visits": self.follow_up()}
        drugs = self.some(["drug", "other"])
        apart = [{"drug": d, "at_least": self.days(1, 9), "blocks": self.one_of(True, True, False)} for d in drugs]
        made: Data = {
            "protocol": "random", "version": "1.0", "title": "Random", "activities": ACTIVITIES,
            "events": {"rash": "A rash"}, "epochs": epochs, "spacing": apart,
            "never_same_day": self.one_of([], [["spinal", "drug"]], [["spinal", "drug"], ["spinal", "other"]]),
        }  # fmt: skip
        if self.one_of(True, False):
            made["longest_hold"] = self.days(1, 40)
        if self.arms:
            made["arms"] = {arm: {"label": arm, "sequence": self.sequence()} for arm in self.arms}
        return made

    def sequence(self) -> list[str]:
        """The way of an arm: all epochs, or some."""
        return self.one_of([], self.treatment, self.some(self.treatment, 1))  # type: ignore[no-any-return]

    def days(self, low: int, high: int) -> str:
        """A length in days."""
        return f"{self.number(low, high)} days"

    def window(self) -> str:
        """A window around the due day."""
        return f"{-self.number(0, 4)}/+{self.number(0, 5)}".replace("-0", "0").replace("+0", "0")

    # -- epochs

    def screening(self) -> Data:
        """One or two visits before Day 1."""
        made = {}
        for name in self.some(["early", "late"], 1):
            day = self.number(1, 40)
            made[name] = self.visit({"day": -day}, ["look", "bloods"])
            made[name] |= self.one_of({}, {"valid_for": self.days(day, 60)})
        return made

    def treatment_epoch(self, name: str) -> Data:
        """An epoch with or without cycles; its Day 1 gives a drug."""
        length = self.number(1, 42)
        most = self.one_of(1, 2, 3, 4, None)
        made: Data = {"label": name.upper(), "gates": self.gates(most)}
        bounds = self.one_of({"within": f"{self.number(1, 6)} months"}, {"within": self.days(20, 120), "plan_ahead": 2})
        if most != 1 or self.one_of(True, False):
            made["cycles"] = {"length": f"{length} days", **({"at_most": most} if most else bounds)}
        else:
            made["length"] = f"{length} days"
        made["visits"] = {"d1": self.visit({"day": 1}, ["drug", "other", "bloods"])}
        for number in range(self.number(0, 3)):
            made["visits"][f"v{number}"] = self.later_visit(list(made["visits"]), length, most, "cycles" in made)
        if self.one_of(True, False):
            made["home"] = {"pill": {"days": self.one_of("from 1", "1-4", "every 2"), "starts_on": self.number(1, 3)}}
        if name != "t1" and self.one_of(True, False, False):
            made["starts"] = self.reference(["t1.d1"], DURING)
        return made

    def follow_up(self) -> Data:
        """Visits after the end."""
        made = {}
        for name in self.some(["month", "end", "late"], 1):
            made[name] = self.visit({"after": self.reference(["t1.d1"], EVENTS)}, ["look", "bloods"])
            made[name] |= self.one_of({}, self.repeat(made[name]["after"]["by"]))
        return made

    # -- visits

    def later_visit(self, before: list[str], length: int, most: int | None, in_cycles: bool) -> Data:
        """A visit on a day, at a time, or after something; sometimes only in some cycles or arms."""
        day = self.number(1, length)
        after = {"after": self.reference(before, ("last-dose",) if in_cycles else DURING)}
        timing = self.one_of({"day": day}, {"day": day}, {"at": f"{day} days"}, after)
        made = self.visit(timing, self.one_of(["drug", "other", "bloods", "look"], ["spinal", "look"]))
        made |= self.one_of({}, {}, {"ends_before": "conditioning" if most == 1 else "next-day-1"})
        cycles = {"cycles": "1" if most == 1 else self.one_of("every 2", "from 2")}
        made |= self.one_of({}, {}, {"only_with": ["drug"]}, cycles)
        if self.arms:
            made |= self.one_of({}, {"arms": self.some(self.arms, 1)})
        if "day" not in timing:
            made |= self.one_of({}, self.repeat(timing.get("at") or timing["after"]["by"]))
        elif self.one_of(True, False, False):
            made["window"] = f"days {self.number(1, day)} to {self.number(day, day + 6)}"
        return made

    def visit(self, timing: Data, activities: list[str]) -> Data:
        """A visit with some activities."""
        planned = [{"activity": name, **self.one_of({}, {}, {"window": "-2/0"})} for name in self.some(activities, 1)]
        made: Data = {"label": "Visit", **timing, "window": self.window(), "activities": planned}
        return made | self.one_of({}, {}, {"anchor": True})  # type: ignore[no-any-return]

    def reference(self, visits: list[str], events: tuple[str, ...]) -> Data:
        """What something is counted from."""
        what = self.one_of("visit", "event", "event", "activity")
        names = {"visit": tuple(visits), "event": events, "activity": ("drug", "look", "pill")}[what]
        return {what: self.one_of(*names), "by": self.one_of(self.days(0, 60), self.days(-9, 9))}

    def repeat(self, start: str) -> Data:
        """The same again, so and so often."""
        first = int(start.split()[0])
        every = self.number(1, 30)
        ends = self.one_of({"times": 4}, {"until": f"{first + every * self.number(0, 5)} days"})
        return {"label": "Visit {n}", "repeat": {"every": f"{every} days", **ends}}

    # -- gates

    def gates(self, most: int | None) -> Data:
        """None, one or two gates, of which one may ask another; ``most`` cycles in the epoch, if there is a most."""
        made = {name: self.gate(most) for name in self.some(["g1", "g2"])}
        if "g1" in made and made["g1"]["when"] != GATES[0] and self.one_of(True, False, False):
            made["asked"] = {"label": "Asked", "when": "when-asked", "outcomes": {"yes": self.outcome(GATES[1], most)}}
            made["g1"]["outcomes"]["yes"] = {"label": "Ask", "ask": "asked"}
        return made

    def gate(self, most: int | None) -> Data:
        """A decision with one to three outcomes, with or without a default."""
        when = self.one_of(*(GATES if most else GATES[:2]))
        outcomes = {name: self.outcome(when, most) for name in ["yes", *self.some(["no", "maybe"])]}
        made: Data = {"label": "Gate", "when": when, "outcomes": outcomes}
        made |= self.one_of({}, {"default": "yes"}, {"default": "yes", "asks": True} if when == GATES[0] else {})
        return made | self.one_of({}, {}, {"cycles": "1"}, {"treatment_cycles": "from 3"})  # type: ignore[no-any-return]

    def outcome(self, when: str, most: int | None) -> Data:
        """A way on."""
        into = ("next-cycle", *self.treatment) if when == GATES[1] and most != 1 else ()
        to = self.one_of("proceed", "proceed", "end", *into)
        more = {"after_last_cycle": "end"} if most and to == "next-cycle" else {}
        more = self.one_of(more, more, {"stops": ["drug"]}, {"marks": ["progression"]})
        return {"label": "Outcome", "to": to, **more}


protocol_data = st.composite(lambda draw: Maker(draw).protocol())  # it may or may not be right


def accepted(data: Data) -> Protocol | None:
    """The protocol, or None if it was refused."""
    try:
        return read_protocol(to_json(data), "random.yaml").protocol
    except ScheduleError:
        return None


def valid_protocols() -> SearchStrategy[tuple[Protocol, ...]]:
    """A random protocol that was accepted."""
    return protocol_data().map(accepted).map(lambda found: (found,) if found else ()).filter(bool)


@given(protocol_data())
def test_every_random_protocol_that_is_accepted_can_be_planned_for_every_arm_and_comes_to_an_end(data: Data) -> None:
    protocol = accepted(data)
    event("accepted" if protocol else "refused")
    for arm in (protocol.arms or [None]) if protocol else ():
        began = time.process_time()
        made = plan(Design((protocol,)), History((), builders.DAY_1, arm), builders.DAY_1)  # type: ignore[arg-type]
        assert time.process_time() - began < LONGEST_SECONDS
        assert len(made.visits) < 20_000
        assert made.visits or made.gates


@given(cases(valid_protocols(), named=True))
def test_every_plan_of_a_random_protocol_keeps_the_rules_that_every_plan_keeps(case: Case) -> None:
    made = case.plan()
    for rule in INVARIANTS:
        rule(case, made)
    assert to_json(plan_data(case.plan(case.facts[::-1]))) == to_json(plan_data(made))


# What is read wrong ------------------------------------------------------------------------------

READERS: dict[str, Callable[[bytes | str], object]] = {
    "read_protocol": lambda text: read_protocol(text, "f.yaml"),
    "read_facts": lambda text: read_facts(text, "f.yaml"),
    "read_site": lambda text: read_site(text, "f.yaml"),
    "read_parameters": lambda text: read_parameters(text, "f.yaml"),
    "read_fact_line": lambda text: read_fact_line(text if isinstance(text, str) else text.decode("latin-1")),
}
SITE = """id: north
name: North
zone: Europe/Berlin
weekend: [saturday, sunday]
public_holidays: {country: DE, region: BY, dates: {2026-01-06: Epiphany}}
closed:
  - {date: 2026-01-12, reason: stock-taking}
  - {date: 2026-12-24, until: 2027-01-02, resources: [infusion]}
  - {rule: "FREQ=MONTHLY;BYDAY=1MO", date: 2026-01-01, resources: [laboratory, clinic]}
"""
FACTS = """- {fact: consented, date: 2025-12-22, version: "1.0"}
- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05, dose_levels: {ino: level 1}}
- {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: vsli, start: "09:30", id: f3}
- {fact: booked, date: 2026-01-12, visit: induction.c1.d8, time: "09:30", recorded: 2026-01-05T10:30:00+01:00}
- {fact: died, date: 2026-05}
- {fact: void, date: 2026-01-13, of: f3, note: wrong participant}
"""
BITS = st.sampled_from(
    ["0", "-1", "1.5", "99999", "true", "null", "[]", "{}", "[x]", "{a: b}", "''", "\U0001f600", "2026-02-30",
     "every 0", "-3/+3", "28 days", "induction", "d1", "proceed", "end", "$x", "&a", "*a", "- ", ": ", "\n", "  ",
     '"', "#", "fact", "DE", "FREQ=DAILY", "FREQ=MONTHLY;BYDAY=5MO;BYMONTH=2", *KINDS]
)  # fmt: skip


@st.composite
def texts_gone_wrong(draw: DrawFn) -> str:
    """A file that was right, with some words and lines lost, swapped or replaced."""
    names = ["vsli-ino", "ven-ino"]
    text = draw(st.sampled_from([SITE, FACTS, *(library_text(name) for name in names)]))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        length = draw(st.sampled_from([0, 0, 1, 3, 10, 80]))
        text = text[:start] + draw(st.just("") | BITS | st.text(max_size=3)) + text[start + length :]
    return text


@st.composite
def values_gone_wrong(draw: DrawFn) -> str:
    """A file that was right, with the values of some keys replaced."""
    text = draw(st.sampled_from([SITE, FACTS, library_text("vsli-ino"), library_text("ven-ino")]))
    places = [place for place, letter in enumerate(text) if letter == ":" and text[place : place + 2] == ": "]
    for place in sorted(draw(st.lists(st.sampled_from(places), min_size=1, max_size=4, unique=True)), reverse=True):
        end = min(found for found in (text.find(mark, place) for mark in (",", "}", "\n")) if found >= 0)
        text = f"{text[: place + 2]}{draw(BITS)}{text[end:]}"
    return text


@settings(max_examples=5 * settings().max_examples)
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@given(st.binary(max_size=200) | st.text(max_size=200) | texts_gone_wrong() | values_gone_wrong())
def test_whatever_is_read_raises_nothing_but_the_errors_of_this_package(
    reader: Callable[[bytes | str], object], text: bytes | str
) -> None:
    with suppress(ScheduleError):
        reader(text)


words = st.lists(st.tuples(st.sampled_from(["date", "visit", "of", "note", "fact", "x"]), BITS | st.text(max_size=5)))


@settings(max_examples=5 * settings().max_examples)
@given(st.sampled_from([*KINDS, "given2", "{", "-", "---"]), words)
def test_whatever_is_written_as_a_what_if_raises_nothing_but_the_errors_of_this_package(kind: str, pairs: Any) -> None:
    with suppress(ScheduleError):
        read_fact_line(" ".join([kind, *(f"{name}={value}" for name, value in pairs)]))


LONG = st.sampled_from(["1 day", "400 days", "36600 days", "5000 weeks"])


@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)), LONG, st.integers(1, 400), st.integers(-36500, -1))
def test_dates_beyond_the_years_of_the_calendar_raise_nothing_but_date_out_of_range(
    start: date, length: str, cycles: int, early: int
) -> None:
    text = (
        f"  s: {{label: S, stage: screening, visits: {{v: {{label: V, day: {early}}}}}}}\n"
        f"  t: {{label: T, cycles: {{length: {length}, at_most: {cycles}}},"
        " visits: {d1: {label: D, day: 1, activities: [drug]}}}\n"
    )
    try:
        made = builders.planned(protocol=builders.protocol(text), start=start)
    except (DateOutOfRange, ProtocolError):
        return
    days = [day for visit in made.visits for day in (visit.nominal, visit.opens, visit.closes) if day]
    assert all(date(1900, 1, 1) <= day <= date(2200, 12, 31) for day in days)


# Found by these properties, in their smallest form ------------------------------------------------

DAY_1_ONLY = "visits: {d1: {label: D, day: 1, activities: [drug]}}"


def test_a_gate_answered_by_another_one_must_have_an_outcome_that_proceeds() -> None:
    asked = "gates: {g: {label: G, when: at-end, outcomes: {yes: {label: Y, to: b}}}}"
    on = "outcomes: {on: {label: O, to: next-cycle}}"
    other = f"gates: {{h: {{label: H, when: before-each-cycle, answered_by: g, {on}}}}}"
    text = (
        f"  a: {{label: A, {DAY_1_ONLY}, {asked}}}\n"
        f"  b: {{label: B, cycles: {{length: 7 days, at_most: 2}}, {DAY_1_ONLY}, {other}}}\n"
    )
    with pytest.raises(ProtocolError, match="no outcome of this gate is what g would answer"):
        builders.protocol(text)


def test_two_visits_of_one_key_are_refused_also_where_they_come_only_in_a_later_cycle() -> None:
    text = (
        "  a: {label: A, cycles: {length: 28 days, at_most: 2}, visits: {d1: {label: D, day: 1, activities: [drug]},\n"
        "    x-7: {label: X, day: 9, cycles: 2},\n"
        "    x: {label: X, at: 7 days, repeat: {every: 7 days, times: 2}, cycles: 2}}}\n"
    )
    with pytest.raises(ProtocolError, match="two visits are called"):
        builders.protocol(text)


def test_a_length_that_is_too_long_is_refused_also_where_it_comes_only_in_a_later_cycle() -> None:
    text = (
        "  a: {label: A, cycles: {length: 28 days, at_most: 2}, visits: {d1: {label: D, day: 1, activities: [drug]},\n"
        "    x: {label: X, at: 90 years, repeat: {every: 90 years, times: 3}, cycles: 2}}}\n"
    )
    with suppress(ProtocolError):
        assert builders.planned(protocol=builders.protocol(text)).visits


def test_a_day_1_that_the_first_cycle_has_not_is_refused() -> None:
    visits = DAY_1_ONLY.replace("day: 1", "day: 1, cycles: 2")
    text = f"  a: {{label: A, cycles: {{length: 7 days, at_most: 3}}, {visits}}}\n"
    with pytest.raises(ProtocolError, match="has no visit on Day 1"):
        builders.protocol(text)


def test_a_version_without_the_arm_of_a_participant_is_refused_in_words() -> None:
    one = builders.protocol(f"  a: {{label: A, {DAY_1_ONLY}}}\n", "arms: {x: {label: X}, y: {label: Y}}")
    two = replace(builders.protocol(f"  a: {{label: A, {DAY_1_ONLY}}}\n", "arms: {x: {label: X}}"), version="2.0")
    amended = AmendmentApplied(date=builders.DAY_1, version="2.0")
    with pytest.raises(DesignError, match=r"^version 2\.0 of the protocol has no arm 'y'; its arms are x$"):
        plan(Design((one, two)), History((builders.enrolled(arm="y"), amended)), builders.DAY_1)


def test_a_number_in_the_label_of_a_visit_that_comes_once_is_refused() -> None:
    text = "  a: {label: A, visits: {d1: {label: 'Visit {n}', day: 1, activities: [drug]}}}\n"
    with pytest.raises(ProtocolError, match="this one comes once; write the number"):
        builders.protocol(text)


@pytest.mark.parametrize("line", ["--- []", "---\n[]", "- []", "{}", "-", "{fact: [x]}", "{fact: {}}"])
def test_a_what_if_without_a_fact_is_refused(line: str) -> None:
    with pytest.raises(HistoryError):
        read_fact_line(line)
