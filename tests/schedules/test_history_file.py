"""Reading facts: from a file, each with its place, and from one line. ``§`` stands where the problem is."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.errors import HistoryError
from schedules.fact_kinds import KINDS, content
from schedules.history import (
    Attended,
    Booked,
    CycleDelayed,
    Died,
    Enrolled,
    Fact,
    GateDecided,
    Given,
    Origin,
    UnscheduledVisit,
    Withdrew,
)
from schedules.history_file import MOST_FACTS, read_fact_line, read_facts
from schedules.scalars import PartialDate

FILE = "facts.yaml"

#: Every kind of fact with everything that can be said of it.
IN_FULL = {
    "consented": 'version: "1.0"',
    "enrolled": 'day_1: 2026-01-05, arm: a, cohort: one, version: "1.0", site: north, dose_levels: {ino: level 1}',
    "transferred": "site: south",
    "amendment_applied": 'version: "2.0"',
    "event_occurred": "event: rash",
    "admitted": "",
    "discharged": "",
    "away": "until: 2026-02-20",
    "gate_decided": "gate: induction.c1.response, outcome: benefit",
    "cycle_delayed": "cycle: induction.c2, to: 2026-02-04, reason: travel",
    "cycle_held": "cycle: induction.c2, reason: counts, resume: 2026-02-11, recheck: 2026-02-09",
    "held": "visit: induction.c1.d8, activity: ino, reason: toxicity, resume: 2026-02-15, recheck: 2026-02-14",
    "booked": 'visit: induction.c1.d8, time: "09:30", minutes: 90, chair: "4"',
    "rebooked": "visit: induction.c1.d8, instead_of: 2026-01-12, time: 09:30, minutes: 90, chair: by the window",
    "booking_cancelled": "visit: induction.c1.d8, reason: travel",
    "attended": 'visit: induction.c1.d8, not_done: [qol], outside_plan: true, version: "1.0"',
    "assessed": "visit: induction.c1.marrow, activity: marrow, result: CR, outside_plan: true",
    "reduced": "visit: induction.c2.d1, activity: ino, to: level -1, reason: toxicity",
    "omitted": "visit: induction.c1.d8, activity: vsli, reason: neuropathy",
    "given": "visit: induction.c1.d1, activity: ino, amount: 1.8 mg, level: level 1, start: 10:00, stop: 11:00,"
    ' partial: true, again: true, outside_plan: true, version: "1.0"',
    "visit_missed": "visit: induction.c1.d8, reason: travel",
    "unscheduled_visit": "activities: [intrathecal, bloods], reason: fever",
    "progressed": "kind: relapse",
    "new_therapy": "",
    "transplanted": "conditioning: 2026-01-05",
    "treatment_ended": "reason: progression",
    "withdrew": "scope: visits, remains: [contact, records]",
    "lost_to_follow_up": "attempts: 3",
    "found_again": "",
    "told": "about: f12",
    "died": "",
    "void": "of: f7",
}
OF_ALL = "id: f1, recorded: 2026-02-12T10:30:00+01:00, by: A. Nurse, note: a note"


def in_full(kind: str, at: str = "2026-02-11") -> str:
    """A line of a file with such a fact."""
    return f"- {{fact: {kind}, date: {at}, {', '.join(part for part in (IN_FULL[kind], OF_ALL) if part)}}}\n"


def problems(text: bytes | str) -> list[str]:
    """What is told of a file, without its name."""
    with pytest.raises(HistoryError) as error:
        read_facts(text, FILE)
    return [str(problem).removeprefix(f"{FILE}:") for problem in error.value.problems]


def test_the_table_of_these_tests_has_every_kind_of_fact() -> None:
    assert IN_FULL.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fact_is_read_with_all_that_can_be_said_of_it(kind: str) -> None:
    (fact,) = read_facts(in_full(kind), FILE)
    assert type(fact) is KINDS[kind]
    assert (fact.id, fact.by, fact.note) == ("f1", "A. Nurse", "a note")
    assert fact.recorded == datetime(2026, 2, 12, 9, 30, tzinfo=UTC)
    assert fact.day == fact.last_day == date(2026, 2, 11)
    written = {name for name in re.findall(r"(\w+):", IN_FULL[kind]) if hasattr(fact, name)}
    assert written == {name for name, _ in content(fact)} - {"date", "id", "recorded", "by", "note"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_in_the_docstring_of_every_fact_is_read(kind: str) -> None:
    (example,) = re.findall(r"\{fact: .*\}", KINDS[kind].__doc__ or "")
    (fact,) = read_facts(f"- {example}", FILE)
    assert type(fact) is KINDS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_every_wrong_value_of_every_fact_is_told_with_its_place(kind: str) -> None:
    """Every value of the line is replaced by a list in a list, which none of them can be."""
    line = in_full(kind)
    for name in re.findall(r"(\w+): ", line.replace("dose_levels: {ino: level 1}", "dose_levels: x")):
        start = re.search(rf"\b{name}: ", line)
        assert start is not None
        before, after = line[: start.end()], line[start.end() :]
        rest = re.sub(r"^(\[[^]]*\]|\{[^}]*\}|[^,}]*)", "[[]]", after)
        if name == "fact":
            assert problems(before + rest)[0].startswith(
                "1:10: the kind of fact is not a word; the facts are consented,"
            )
        else:
            places = {told.partition(": ")[0] for told in problems(before + rest)}
            assert places & {f"1:{len(before) + 1}", f"1:{len(before) + 2}"}, (name, before + rest)


def test_facts_know_where_they_were_written_and_are_read_in_any_order() -> None:
    text = "- {fact: died, date: 2026-05}\n-  fact: attended\n   visit: a.b\n   date: 2026-01-05\n"
    died, attended = read_facts(text, FILE)
    assert (died.origin, attended.origin) == (Origin(FILE, 1, 3), Origin(FILE, 2, 4))
    assert (died.day, died.last_day) == (date(2026, 5, 1), date(2026, 5, 31))
    assert read_facts(text.encode(), FILE) == (died, attended)
    assert read_facts("- {fact: died, date: 2026}", FILE)[0].last_day == date(2026, 12, 31)


WRONG = [
    ("§{fact: given, date: 2026-01-05}", '"activity" is missing', 'add "activity: ..."'),
    ("§{date: 2026-01-05}", "this is not a fact", "write e.g. - {fact: given"),
    ("§given", "this is not a fact", "write e.g. - {fact: given"),
    ("§~", "this is not a fact", "write e.g. - {fact: given"),
    ("§[]", "this is not a fact", "write e.g. - {fact: given"),
    ("{fact: §gven, date: 2026-01-05}", "there is no fact 'gven'", "did you mean given?"),
    ("{fact: §Given, date: 2026-01-05}", "there is no fact 'Given'", "did you mean given?"),
    ("{fact: §xyz, date: 2026-01-05}", "there is no fact 'xyz'", "the facts are consented, enrolled,"),
    ("{§fact: , date: 2026-01-05}", "the kind of fact is not a word", "the facts are consented"),
    ("{fact: §1, date: 2026-01-05}", "the kind of fact is not a word", "the facts are consented"),
    ("{fact: died, date: §2026-02-30}", "2026-02-30 is not a day of the calendar", "February 2026 has 28 days"),
    ("{fact: admitted, date: §2026-02-30}", "2026-02-30 is not a day of the calendar", "February 2026 has 28 days"),
    ("{fact: admitted, date: §2026-13-01}", "is not in the calendar", "months run from 01 to 12"),
    ("{fact: admitted, date: §0}", "0 is not a date", "write it as YYYY-MM-DD"),
    ("{fact: admitted, date: §2026-05}", "2026-05 is not a date", "write it as YYYY-MM-DD"),
    ("{fact: admitted, date: §05.01.2026}", "05.01.2026 is not a date", "write it as YYYY-MM-DD"),
    ("{fact: admitted, date: §2026-1-5}", "2026-1-5 is not a date", "write it as YYYY-MM-DD"),
    ("{fact: admitted, date: §２０２６-01-05}", "is not a date", "write it as YYYY-MM-DD"),
    ("{fact: admitted, date: §9999-12-31}", "outside the years 1900 to 2200", "a date of the study"),
    ("{fact: admitted, date: §0001-01-01}", "outside the years 1900 to 2200", "a date of the study"),
    ("{fact: admitted, date: §2026-01-05T10:00}", "is not a date", "write it as YYYY-MM-DD"),
    ("{fact: admitted, §date: }", "nothing is not a date", "write it as YYYY-MM-DD"),
    ("{fact: admitted, date: 2026-01-05, recorded: §2026-01-05}", "is not a date with a time", "2026-01-05T10:30:00Z"),
    ("{fact: admitted, date: 2026-01-05, recorded: §2026-01-05T10:30}", "has no time zone", "end it with Z"),
    ("{fact: admitted, date: 2026-01-05, recorded: §2026-01-05T25:30Z}", "has no such time of day", "10:30:00Z"),
    ("{fact: admitted, date: 2026-01-05, id: §a b}", "does not have the right form", "the form is"),
    ("{fact: admitted, date: 2026-01-05, id: §7}", "7 is not text", 'write it in quotes: "7"'),
    ("{fact: admitted, date: 2026-01-05, by: §''}", "this text is empty", "at least one word"),
    ("{fact: admitted, date: 2026-01-05, §wher: x}", 'unknown key "wher"', "known here: date, id, recorded"),
    ("{fact: admitted, date: 2026-01-05, §origin: x}", 'unknown key "origin"', "known here: date, id, recorded"),
    ("{fact: admitted, date: 2026-01-05, §date: 2026-01-06}", 'the key "date" is already', "keep one of the two"),
    ("{fact: booked, date: 2026-01-05, visit: a.b, time: §9:30}", "9:30 is not a time of day", "HH:MM"),
    ("{fact: booked, date: 2026-01-05, visit: a.b, time: §24:00}", "24:00 is not a time of day", "HH:MM"),
    ("{fact: booked, date: 2026-01-05, visit: a.b, minutes: §0}", "0 is too small", "write 1 or more"),
    ("{fact: booked, date: 2026-01-05, visit: a.b, minutes: §1001}", "1001 is too large", "write 1000 or less"),
    ("{fact: booked, date: 2026-01-05, visit: a.b, chair: §4}", "4 is not text", 'write it in quotes: "4"'),
    ("{fact: booked, date: 2026-01-05, visit: §''}", "is too short", "characters needed: 1 or more"),
    ("{fact: consented, date: 2026-01-05, version: §1.10}", "1.10 is not text", 'write it in quotes: "1.10"'),
    ("{fact: given, date: 2026-01-05, activity: §ino (IV)}", "is not an identifier", "e.g. ino-iv"),
    ("{fact: given, date: 2026-01-05, activity: ino, partial: §NO}", "is not true or false", "without quotes"),
    ("{fact: unscheduled_visit, date: 2026-01-05, activities: §bloods}", "is not a list", "write e.g. ["),
    (
        "{fact: treatment_ended, date: 2026-01-05, reason: §tired}",
        '"tired" is not known here',
        "completed, progression",
    ),
    ("{fact: withdrew, date: 2026-01-05, scope: §visit}", '"visit" is not known here', 'did you mean "visits"?'),
    ("{fact: withdrew, date: 2026-01-05, scope: visits, remains: [§phone]}", "not known here", "contact, records"),
    ("{fact: enrolled, date: 2026-01-05, dose_levels: {ino: §1}}", "1 is not text", 'write it in quotes: "1"'),
    ("{fact: enrolled, date: 2026-01-05, dose_levels: {§Ino: a}}", "is not an identifier", "e.g. ino"),
    ("{fact: lost_to_follow_up, date: 2026-01-05, attempts: §three}", "is not a whole number", "write e.g. 8"),
]


@pytest.mark.parametrize(("line", "wrong", "right"), WRONG, ids=str)
def test_a_slip_is_told_with_its_place_and_what_would_be_right(line: str, wrong: str, right: str) -> None:
    text = f"- {{fact: admitted, date: 2026-01-01}}\n- {line}\n"
    place = f"2:{text.splitlines()[1].index('§') + 1}: "
    told = [each.removeprefix(place) for each in problems(text.replace("§", "")) if each.startswith(place)]
    assert any(wrong in each.partition("; ")[0] and right in each.partition("; ")[2] for each in told), told


def test_the_problems_of_all_facts_come_at_once_in_the_order_of_their_places() -> None:
    right = "{fact: admitted, date: 2026-01-05}"
    lines = ["{fact: given, date: 0}", right, "{fact: x}", "{fact: booked, date: NO, x: 1}"]
    text = "".join(f"- {line}\n" for line in lines)
    assert [told.partition(": ")[0] for told in problems(text)] == ["1:3", "1:23", "3:10", "4:3", "4:24", "4:28"]


@pytest.mark.parametrize("text", ["{fact: given}", "facts:\n- {fact: given}", "[[]]", "- - {fact: given}"])
def test_a_history_is_a_list_of_facts(text: str) -> None:
    assert problems(text)[0].partition("; ")[2] == (
        "write e.g. - {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: ino}"
    )


def test_an_empty_list_is_a_history_and_an_empty_file_is_none() -> None:
    assert read_facts("[]", FILE) == ()
    assert problems("") == [
        '1:1: the file is empty; write keys with their values, one to a line, such as "name: value"'
    ]


def test_more_facts_than_one_participant_can_have_are_refused() -> None:
    assert problems("- {}\n" * (MOST_FACTS + 1)) == [
        "1:1: 20001 facts are more than one participant's 20000; keep one participant's facts in a file"
    ]


def test_a_thousand_problems_are_listed_and_then_that_there_are_more() -> None:
    found = problems("- {fact: gven}\n" * 5000)
    assert len(found) == 1001
    assert (
        "there are more problems than the 1,000 that are listed; mend these first, then read the file again"
        in (found[-1])
    )


# One line


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ("gate_decided date=2026-01-30 gate=induction.c1.response outcome=benefit",
         GateDecided(date=date(2026, 1, 30), gate="induction.c1.response", outcome="benefit")),
        ("  attended   visit=a.b date=2026-01-05 version=1.10 ",
         Attended(date=date(2026, 1, 5), visit="a.b", version="1.10")),
        ('attended visit=a.b date=2026-01-05 version=\'"1.0"\'',
         Attended(date=date(2026, 1, 5), visit="a.b", version="1.0")),
        ("attended visit=a.b date=2026-01-05 not_done=[qol,bloods] outside_plan=true",
         Attended(date=date(2026, 1, 5), visit="a.b", not_done=("qol", "bloods"), outside_plan=True)),
        ("attended visit=a.b date=2026-01-05 'not_done=[qol, bloods]'",
         Attended(date=date(2026, 1, 5), visit="a.b", not_done=("qol", "bloods"))),
        ("unscheduled_visit date=2026-01-05 activities=intrathecal",
         UnscheduledVisit(date=date(2026, 1, 5), activities=("intrathecal",))),
        ("withdrew date=2026-01-05 scope=visits remains=contact,records",
         Withdrew(date=date(2026, 1, 5), scope="visits", remains=("contact", "records"))),
        ("booked date=2026-01-12 visit=a.b time=09:30 minutes=90 chair=4 by=7 id=1",
         Booked(date=date(2026, 1, 12), visit="a.b", time=time(9, 30), minutes=90, chair="4", by="7", id="1")),
        ('given date=2026-01-05 activity=ino amount="1.8 mg" note="A \\"b\\", c: d # {e} \\\\ f" level=-1',
         Given(date=date(2026, 1, 5), activity="ino", amount="1.8 mg", note='A "b", c: d # {e} \\ f', level="-1")),
        ("given date=2026-01-05 activity=ino note='größer als 3 = viel 日本'",
         Given(date=date(2026, 1, 5), activity="ino", note="größer als 3 = viel 日本")),
        ("given date=2026-01-05 activity=ino note=null by=true amount=1.50",
         Given(date=date(2026, 1, 5), activity="ino", note="null", by="true", amount="1.50")),
        ("cycle_delayed date=2026-01-28 cycle=induction.c2 to=2026-02-04 reason=travel",
         CycleDelayed(date=date(2026, 1, 28), cycle="induction.c2", to=date(2026, 2, 4), reason="travel")),
        ("died date=2026-05", Died(date=PartialDate(2026, 5))),
        ("died date=2026", Died(date=PartialDate(2026))),
        ("enrolled date=2026-01-05 'dose_levels={ino: level 1}'",
         Enrolled(date=date(2026, 1, 5), dose_levels={"ino": "level 1"})),
        ("{fact: died, date: 2026-05-03}", Died(date=PartialDate(2026, 5, 3))),
        ("- {fact: died, date: 2026-05-03}", Died(date=PartialDate(2026, 5, 3))),
        ("- fact: died\n  date: 2026-05-03", Died(date=PartialDate(2026, 5, 3))),
    ],
    ids=str,
)  # fmt: skip
def test_a_line_is_read_as_the_fact_that_it_says(line: str, fact: Fact) -> None:
    assert read_fact_line(line) == fact


@pytest.mark.parametrize(
    ("line", "wrong", "right"),
    [
        ("", "nothing is not name=value", "write e.g. gate_decided date=2026-01-30"),
        ("given date 2026-01-05", "'date 2026-01-05' is not name=value", "write e.g. gate_decided"),
        ("given date=2026-01-05 visit = a.b", "'visit a.b' is not name=value", "write e.g."),
        ('given note="x', "the quotes do not match", "close them"),
        ("given by=O'Brien", "the quotes do not match", "close them"),
        ("given date=2026-01-05 date=2026-01-06", 'the key "date" is already', "keep one of the two"),
        ("given date=2026-01-05 =x", 'unknown key ""', "known here: date"),
        ("given date=2026-01-05 fact=died", 'the key "fact" is already', "keep one of the two"),
        ("given date=2026-01-05 activity=ino when=now", 'unknown key "when"', "known here: date"),
        ("given date=2026-01-05 'activity=ino, partial: true'", "is not an identifier", "e.g. ino-partial-true"),
        ("given date=2026-01-05 'a: 1, b=2'", 'unknown key "a: 1, b"', "known here: date"),
        ("gven date=2026-01-05", "there is no fact 'gven'", "did you mean given?"),
        ("fact=given date=2026-01-05", "there is no fact 'fact=given'", "did you mean given?"),
        ("''", "there is no fact ''", "the facts are"),
        ("given date= activity=ino", "is not a date", "YYYY-MM-DD"),
        ("given date=2026-02-30 activity=ino", "is not a day of the calendar", "28 days"),
        ("booked date=2026-01-05 visit=a.b minutes=many", "is not a whole number", "write e.g. 8"),
        ("booked date=2026-01-05 visit=a.b minutes=[", "nothing stands before", "write a value"),
        ("given date=2026-01-05 activity=ino again=yes", "is not true or false", "without quotes"),
        ("given date=2026-01-05 activity=ino 'note=a\x00b'", "the invisible character U+0000", "remove it"),
        ("- {fact: died, date: 2026}\n- {fact: died, date: 2027}", "2 facts in one line", "write one fact"),
        ("--- []", "0 facts in one line", "write one fact"),
        ("-", "this is not a fact", "write e.g. - {fact: given"),
        ("{", "nothing stands before", "write a value"),
        ("{fact: died, date: 2026} x", "more text", "remove the rest"),
        ("-1", "the file holds only", "write keys"),
    ],
    ids=repr,
)
def test_a_line_that_is_no_fact_is_refused(line: str, wrong: str, right: str) -> None:
    with pytest.raises(HistoryError) as error:
        read_fact_line(line)
    told = [problem for problem in error.value.problems if wrong in problem.wrong]
    assert told, error.value
    assert any(right in problem.right for problem in told), told
    assert {problem.file for problem in error.value.problems} == {"what-if"}


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("gven date=2026-01-05", 1),
        ("given  date=2026-02-30   activity=ino", 8),
        ("given 'note=a b c, d: e' activity=ino   date=0", 41),
        ("given activity=ino date=2026-01-05 wher=x", 36),
        ("given activity=ino", 1),
        ("{fact: given, date: 2026-02-30, activity: ino}", 21),
        ("- {fact: given, date: 2026-02-30, activity: ino}", 23),
    ],
)
def test_a_problem_of_a_line_stands_at_its_word(line: str, column: int) -> None:
    with pytest.raises(HistoryError) as error:
        read_fact_line(line)
    assert [(problem.line, problem.column) for problem in error.value.problems] == [(1, column)]


def test_a_fact_of_a_line_stands_at_its_beginning() -> None:
    assert read_fact_line("{fact: died, date: 2026}").origin == Origin("what-if", 1, 1)


texts: st.SearchStrategy[Any] = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20
)


@given(texts, texts)
def test_whatever_is_written_in_single_quotes_is_read_as_it_is(note: str, by: str) -> None:
    quoted = [text.replace("'", "’").replace('"', "”") for text in (note, by)]
    fact = read_fact_line(f"admitted date=2026-01-05 'note={quoted[0]}' 'by={quoted[1]}'")
    assert [fact.note, fact.by] == quoted
