"""What a protocol file must say beyond its form. In every case ``§`` stands where the problem is."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.design import Design
from schedules.errors import Problem, ProtocolError
from schedules.history import History
from schedules.plan import plan
from schedules.protocol_file import read_protocol

STUDY = """\
protocol: small
version: "1.0"
title: A small study
arms:
  a: {label: A, sequence: [induction, maintenance]}
  b: {label: B, sequence: [maintenance]}
cohorts:
  one: {label: One, dose_levels: {drug: level 1}}
events:
  rash: A rash
activities:
  drug: {label: Drug, kind: dose, minutes: 60, observe_minutes: 30}
  other: {label: Other drug, kind: dose}
  pill: {label: Pill, kind: home-dose}
  look: {label: Look, kind: assessment}
  lab: {label: Lab, kind: sample}
epochs:
  screening:
    label: Screening
    stage: screening
    visits:
      early: {label: Early, day: -7, window: days -14 to -1, valid_for: 14 days, activities: [look]}
      late: {label: Late, at: -2 days, activities: [lab]}
  induction:
    label: Induction
    arms: [a]
    cycles: {length: 28 days, at_most: 2}
    home:
      pill: {days: from 1, starts_on: 2, cycles: 1-2, arms: [a]}
    visits:
      d1:
        label: Day 1
        day: 1
        window: 0/+3
        activities:
          - look
          - {activity: lab, window: -3/0}
          - drug
          - {activity: lab, timed_from: drug, at: [2 hours], within: -5/+5 minutes, cycles: 1, arms: [a]}
      d8: {label: Day 8, day: 8, window: days 7 to 10, only_with: [drug], activities: [drug]}
      week: {label: "Week {n}", at: 1 week, repeat: {every: 1 week, times: 3}, activities: [look]}
      later: {label: Later, after: {visit: d8, by: 2 days}, cycles: 1, arms: [a], activities: [look]}
  maintenance:
    label: Maintenance
    prefix: M
    cycles: {length: 4 weeks, within: 9 months, plan_ahead: 2}
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
  extra:
    label: Extra
    length: 2 weeks
    only_by_gate: true
    starts: {visit: maintenance.d1, by: 5 weeks}
    visits:
      d1: {label: Extra day 1, day: 1, was: d0, activities: [other]}
  follow-up:
    label: Follow-up
    stage: follow-up
    visits:
      end: {label: End, after: {event: end-of-treatment}, window: 0/+7, ends_before: conditioning, activities: [look]}
      month:
        label: Month {n}
        after: {event: last-dose, by: 3 months}
        repeat: {every: 3 months, until: 12 months}
        activities: [look]
        instead:
          - {when: [progression], label: "Call {n}", remote: true, activities: [look]}
spacing:
  - {drug: drug, at_least: 6 days}
never_same_day:
  - [other, lab]
longest_hold: 28 days
observation: {epoch: induction, cycle: 1, length: 28 days, cohorts: [one]}
advisories:
  - {kind: response-within, activity: look, results: [CR], treatment_cycles: 3, text: No response}
"""
LEADS_TO_EXTRA = """\
    gates:
      more:
        label: More
        outcomes: {yes-please: {label: More, to: extra}, no-more: {label: No more}}
"""
STUDY = STUDY.replace("  extra:\n", f"{LEADS_TO_EXTRA}  extra:\n")


def changed(old: str, new: str) -> tuple[str, str]:
    """The study with one piece of it replaced, and the place of the ``§`` in the new one."""
    assert old in STUDY
    text = STUDY.replace(old, new, 1)
    before = text[: text.index("§")]
    return text.replace("§", ""), f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ProtocolError) as error:
        read_protocol(text, "f.yaml")
    return error.value.problems


def place(problem: Problem) -> str:
    return f"{problem.line}:{problem.column}"


def test_the_study_of_these_tests_is_right_and_can_be_planned() -> None:
    protocol = read_protocol(STUDY, "f.yaml").require()
    for arm in ("a", "b"):
        history = History(planned_start=date(2026, 1, 5), planned_arm=arm)
        assert plan(Design((protocol,)), history, date(2026, 1, 5)).visits


LISTS = [
    ("minutes: 60", "minutes: §-1", "-1 minutes", "write 0 to 1440"),
    ("observe_minutes: 30", "observe_minutes: §1441", "1441 minutes", "write 0 to 1440"),
    ("observe_minutes: 30", "prepare_minutes: §1441", "1441 minutes", "write 0 to 1440"),
    ("[other, lab]", "[other, §labs]", "there is no activity 'labs'", "did you mean lab?"),
    ("[other, lab]", "§[other]", "one activity alone", "name two"),
    ("[other, lab]", "[other, lab, §other]", "other is named twice", "name it once"),
    ("{drug: drug, at", "{drug: §pill, at", "there is no dose 'pill'", "known here: drug, other"),
    ("at_least: 6 days", "at_least: §0 days", "0 days keeps nothing apart", "at least 1 day"),
    ("at_least: 6 days}", "at_least: 6 days}\n  - §{drug: drug, at_least: 7 days}", "two spacings", "keep the longer"),
    ("longest_hold: 28", "longest_hold: §-28", "a hold of -28 days is none", "at least 1 day"),
    ("  rash: A", "  §day-1: A", "the event day-1 is built in", "without declaring it"),
    ("{drug: level 1}", "{§look: level 1}", "there is no drug 'look'", "known here: drug, other, pill"),
    ("[maintenance]}", "[§screening]}", "there is no treatment epoch 'screening'", "known here: induction"),
    ("[maintenance]}", "[maintenance, §maintenance]}", "stands in the sequence twice", "let a gate lead back"),
    ("[maintenance]}", "[maintenance, §induction]}", "is not an epoch of this arm", "add b to its arms"),
    ("[maintenance]}", "[maintenance, §extra]}", "only a gate leads to extra", "leave out only_by_gate"),
    ("epoch: induction, cy", "epoch: §follow-up, cy", "there is no treatment epoch 'follow-up'", "known here: in"),
    ("cycle: 1, le", "cycle: §0, le", "there is no cycle 0", "cycles count from 1"),
    ("cycle: 1, le", "cycle: §3, le", "there is no cycle 3", "write 1 to 2"),
    ("cohorts: [one]", "cohorts: [§two]", "there is no cohort 'two'", "known here: one"),
    ("length: 28 days, cohorts", "length: §0 days, cohorts", "0 days observes nothing", "at least 1 day"),
    ("activity: look, res", "activity: §loook, res", "there is no activity 'loook'", "did you mean look?"),
    ("- {kind: response-within, activity: look, ", "- §{kind: response-within, ", "without activity", "add activity"),
    ("{kind: response-within, activity: look, results: [CR],", "§{kind: response-within, activity: look, results: [],",
     "without results", "add results"),
    ("{kind: response-within, activity: look, results: [CR], treatment_cycles: 3", "§{kind: cycles-before-transplant",
     "cycles-before-transplant says nothing without treatment_cycles", "add treatment_cycles"),
    ("treatment_cycles: 3", "treatment_cycles: §0", "0 is no number of cycles", "write 1 to 999"),
]  # fmt: skip
EPOCHS = [
    ("  follow-up:\n", "  §end:\n", "end has a meaning of its own", "another id"),
    ("prefix: M", "prefix: §Maintenance", "a prefix is a few letters", "up to 10"),
    ("prefix: M", 'prefix: §"M "', "a prefix is a few letters", "without spaces"),
    ("    label: Extra\n", "    label: Extra\n    arms: [a, b, §c]\n", "there is no arm 'c'", "known here: a, b"),
    ("{length: 28 days, at", "{length: §0 days, at", "a cycle of 0 days is none", "at least 1 day"),
    ("at_most: 2", "at_most: §0", "0 cycles", "write 1 to 400"),
    ("at_most: 2", "at_most: §99999999999999999", "99999999999999999 cycles", "write 1 to 400"),
    ("within: 9 months", "within: §-9 months", "-9 months is no duration", "e.g. 9 months"),
    ("plan_ahead: 2", "plan_ahead: §51", "51 cycles ahead", "write 1 to 50"),
    (", at_most: 2}", ", at_most: 2}\n    length: §28 days", "length and cycles exclude", "leave length out"),
    ("    length: 2 weeks", "    length: §0 days", "a length of 0 days is none", "at least 1 day"),
    ("    stage: follow-up", "    stage: follow-up\n    length: §9 days", "has no length", "leave it out"),
    ("    stage: follow-up", "    stage: follow-up\n    only_by_gate: §true", "not led to by a gate", "leave it out"),
    ("    stage: follow-up", "    stage: follow-up\n    cycles: §{length: 9 days, at_most: 2}",
     "does not come in cycles", "repeat its visits"),
    ("    stage: follow-up", "    stage: follow-up\n    home: §{pill: {days: 1}}", "has no doses at home",
     "move them to a treatment epoch"),
    ("    stage: screening", "    stage: screening\n    starts: §{event: enrolment}", "counted from Day 1", "day: -7"),
    ("{visit: maintenance.d1", "{visit: §extra.d1", "would start from its own visit", "an epoch before it"),
    ("{visit: maintenance.d1", "{visit: §d1", "would start from its own visit", "an epoch before it"),
    ("{visit: maintenance.d1", "{event: §end-of-treatment", "comes after this epoch", "the stage follow-up"),
    ("{visit: maintenance.d1", "{visit: §follow-up.end", "follow-up.end comes after this epoch", "comes before"),
    ("{visit: maintenance.d1", "{visit: §maintenance.d9", "there is no visit 'maintenance.d9'", "mean maintenance.d1?"),
    ("{visit: maintenance.d1, by", "§{by", "nothing to count from", "name one visit, activity or event"),
    ("      pill: {days", "      §drug: {days", "there is no home-dose or questionnaire 'drug'", "known here: pill"),
    ("starts_on: 2", "starts_on: §0", "there is no day 0", "write 1 to 28"),
    ("starts_on: 2", "starts_on: §-999999999999999", "there is no day -999999999999999", "write 1 to 28"),
    ("cycles: 1-2, arms", "cycles: §3-4, arms", "there is no cycle 3", "cycles from 1 to 2"),
    ("arms: [a]}\n    visits", "arms: [a], note: N, note_cycles: §3}\n    visits", "there is no cycle 3", "1 to 2"),
    ("arms: [a]}\n    visits", "arms: [a], note_cycles: §1}\n    visits", "there is no note", "write a note"),
    ("arms: [a]}\n    visits", "arms: [§x]}\n    visits", "there is no arm 'x'", "known here: a, b"),
    ("    label: Extra\n    length: 2 weeks", "    label: Extra\n    home: {§pill: {days: 1}}",
     "without cycles or a length", "give the epoch a length"),
    ("was: d0", "was: §d1", "d1 is still the id of this very one", "before the amendment"),
    ("was: d0, activities: [other]}", "was: d0, activities: [other]}\n      d2: {label: D, day: 2, was: §d0}",
     "d0 was d1 already", "let one of the two be new"),
    ("was: d0, activities: [other]}", "was: d0, activities: [other]}\n      d2: {label: D, day: 2, was: §d1}",
     "d1 is still the id of another one", "before the amendment"),
]  # fmt: skip
VISITS = [
    ("      late: {label: Late, at: -2 days,", "      late: §{label: Late,", "here nothing is given", "exactly one of"),
    ("{label: Late, at: -2 days", "§{label: Late, day: -2, at: -2 days", "here day and at is given", "exactly one of"),
    ("{label: End, after", "§{label: End, day: 3, after", "here day and after is given", "exactly one of"),
    ("day: -7", "day: §0", "there is no Day 0", "the day before Day 1 is Day -1"),
    ("day: -7, window: days -14 to -1", "day: §7", "Day 7 does not lie before Day 1", "count screening backwards"),
    ("at: -2 days", "at: §2 weeks", "2 weeks does not lie before Day 1", "count screening backwards"),
    ("at: -2 days", "at: §0 days", "0 days does not lie before Day 1", "count screening backwards"),
    ("day: 8, window: days 7 to 10", "day: §-8", "Day -8 lies before the epoch", "of the stage screening"),
    ("day: 1, was: d0", "day: §36501", "Day 36501 is a hundred years away", "of the cycle or epoch"),
    ("day: 8, window: days 7 to 10", "day: §29", "beyond its cycle of 28 days", "write 1 to 28"),
    ("at: 1 week", "at: §5 weeks", "5 weeks lies beyond its cycle", "write up to 28 days"),
    ("at: 1 week, repeat: {every: 1 week", "at: §3 months, repeat: {every: 1 month", "3 months lies", "up to 28"),
    ("days -14 to -1", "§-7/+8", "runs 1 day beyond Day 1", "write +6 days after"),
    ("days -14 to -1", "§days -14 to 3", "runs 2 days beyond Day 1", "days … to -1"),
    ("days 7 to 10", "§days 9 to 10", "Day 8 lies outside its window", "move the one or the other"),
    ("at: 1 week", "window: §days 5 to 9, at: 1 week", "a window in days of the cycle needs a day", "write e.g. -3/+3"),
    ("valid_for: 14", "valid_for: §0", "0 days is never valid", "at least 1 day"),
    ("valid_for: 14", "valid_for: §6", "too old on Day 1", "a longer time"),
    ("only_with: [drug]", "valid_for: §9 days", "is about visits before Day 1", "the stage screening"),
    ("only_with: [drug]", "only_with: [§look]", "there is no drug 'look'", "known here: drug"),
    ("cycles: 1, arms: [a], act", "cycles: §every 3, act", "there is no cycle 3", "cycles from 1 to 2"),
    ("cycles: 1, arms: [a], act", "cycles: 1, arms: [§d], act", "there is no arm 'd'", "known here: a, b"),
    ("day: 1, was: d0", "day: 1, cycles: §2", "there is no cycle 2", "the epoch has no cycles"),
    ("label: Day 8", 'label: §"Day {n}"', "{n} is the number of a repeated visit", "write the number"),
    ("ends_before: conditioning", "ends_before: §next-day-1", "has no next Day 1", "its window says"),
    ("when: [progression]", "when: §[]", "nothing makes the visit become this", "[progression]"),
    ("visit: d8,", "visit: §latr,", "there is no visit 'latr'", "did you mean later?"),
    ("visit: d8,", "activity: §lok,", "there is no activity 'lok'", "did you mean look?"),
    ("visit: d8,", "event: §rush,", "there is no event 'rush'", "did you mean rash?"),
    ("after: {visit: d8,", "after: §{visit: d8, event: rash,", "visit and event to count from", "name one"),
    ("visit: d8,", "event: §end-of-treatment,", "comes after this epoch", "the stage follow-up"),
    ("{every: 1 week, times: 3}", "§{every: 1 week}", "a repeat ends by until or by times", "exactly one"),
    ("{every: 1 week, times: 3}", "§{every: 1 week, times: 3, until: 3 weeks}", "by until or by times", "exactly one"),
    ("every: 1 week", "every: §0 weeks", "every 0 weeks never ends", "at least every 1 day"),
    ("every: 1 week", "every: §-1 week", "every -1 week never ends", "at least every 1 day"),
    ("times: 3", "times: §0", "0 times", "write 1 to 400"),
    ("times: 3", "times: §401", "401 times", "write 1 to 400"),
    ("every: 1 week, times: 3", "every: 1000 weeks, times: §300", "longer than a hundred years", "write fewer times"),
    ("repeat: {every: 1 week", "repeat: §{every: 1 month", "counts in one unit", "in the same unit"),
    ("at: 1 week, repeat: {", "day: 8, repeat: §{", "counts in one unit", "in the same unit"),
    ("at: 1 week, repeat: {", "at: -1 week, repeat: §{", "cannot begin at -1 week", "begin at 0 days"),
    ("until: 12 months", "until: §2 months", "is before its start, 3 months", "write a later end"),
    ("3 months}\n        repeat: {every: 3 months, until: 12", "1 month}\n        repeat: {every: 1 month, until: §402",
     "more than 400 visits", "write a nearer end"),
    ("activity: lab, window: -3/0", "activity: lab, window: §days 1 to 3", "counts around its visit's day", "-3/0"),
    ("activity: lab, window", "activity: §labb, window", "there is no activity 'labb'", "did you mean lab?"),
    ("timed_from: drug", "timed_from: §other", "there is no activity of this visit 'other'", "here: look, lab, drug"),
    ("timed_from: drug", "timed_from: §lab", "timed from itself", "name another activity"),
    ("timed_from: drug, at: [2 hours], within: -5/+5 minutes", "timed_from: §drug", "there are none", "add at"),
    ("timed_from: drug, at: [2 hours], within: -5/+5", "within: §-5/+5", "there are none", "add at"),
    ("at: [2 hours]", "at: [§24 hours]", "on another day than the visit", "a visit of its own"),
    ("minutes, cycles: 1,", "minutes, cycles: §5,", "there is no cycle 5", "cycles from 1 to 2"),
    ("cycles: 1, arms: [a]}\n", "cycles: 1, arms: [§z]}\n", "there is no arm 'z'", "known here: a, b"),
    ("was: d0, activities: [other]", "activities: §[other, lab]", "lab and other must never share a day", "two visits"),
    ("remote: true, activities: [look]", "activities: §[other, lab]", "must never share a day", "two visits"),
]  # fmt: skip

KEYS = [
    ("      month:\n", "      month-3: {label: M, after: {event: last-dose}}\n      §month:\n",
     "two visits are called month-3", "rename one"),
    ("      week: {", "      x-2: {label: X, day: 3}\n      §week: {was: x, ",
     "two visits are called x-2", "rename one"),
    (LEADS_TO_EXTRA, '      §go: {label: "Go {n}", at: 1 day, repeat: {every: 1 day, times: 2}}\n'
     + LEADS_TO_EXTRA.replace("more:", "go-2:"), "a visit and a gate are called go-2", "rename one"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "wrong", "right"), LISTS + EPOCHS + VISITS + KEYS)
def test_a_problem_is_told_where_it_is_with_what_would_be_right(old: str, new: str, wrong: str, right: str) -> None:
    text, where = changed(old, new)
    (problem,) = problems(text)
    assert (problem.file, place(problem)) == ("f.yaml", where)
    assert wrong in problem.wrong
    assert right in problem.right


def test_all_problems_of_a_file_come_at_once_in_the_order_of_their_places() -> None:
    text = STUDY
    for old, new in (("until: 12 months", "until: 1 month"), ("minutes: 60", "minutes: -1"), ("day: 8", "day: 0"),
                     ("[other, lab]", "[other, other, labs]"), ("cycle: 1, le", "cycle: 9, le")):  # fmt: skip
        text = text.replace(old, new, 1)
    found = problems(text)
    assert list(found) == sorted(found)
    assert [place(problem) for problem in found] == ["12:44", "40:31", "68:42", "75:13", "75:20", "77:40"]
    assert str(found[1]) == "f.yaml:40:31: there is no Day 0; the day before Day 1 is Day -1"


def test_paths_are_followed_only_once_every_name_is_right() -> None:
    unreached = STUDY.replace("to: extra", "to: proceed")
    assert [problem.wrong for problem in problems(unreached)] == ["no path leads to the epoch extra"]
    both = problems(unreached.replace("drug: drug, at", "drug: drag, at"))
    assert [problem.wrong for problem in both] == ["there is no dose 'drag'"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "label: Day 8, day: 8, window: days 7 to 10, only_with: [drug], activities: [drug]",
            "label: E, at: -1 day",
        ),  # an evening
        ("length: 2 weeks", "length: 3 months"),
        ("    length: 2 weeks\n", ""),
        ("until: 12 months", "until: 3 months"),
        ("{label: End, after: {event: end-of-treatment}", "{label: End"),
        ("- look\n", "- look\n          - look\n"),  # before and after the dose
        ("day: -7, window: days -14 to -1", "day: -7, window: -7/+7"),
        ("{visit: maintenance.d1", "{event: last-dose"),
        ("    arms: [a]\n", ""),
        ("cycles: 1-2", "cycles: from 1"),
        ("only_with: [drug]", "only_with: [pill]"),
        ("cycle: 1, length", "cycle: 2, length"),
    ],
)
def test_what_is_unusual_and_means_something_is_accepted(old: str, new: str) -> None:
    assert old in STUDY
    assert read_protocol(STUDY.replace(old, new, 1), "f.yaml").missing == ()


# How much a file may hold


def many(count: int, entry: str) -> str:
    """A flow mapping with so many entries."""
    return "{" + ", ".join(f"x{number}: {entry}" for number in range(count)) + "}"


def visit(more: str) -> str:
    """Epochs with one visit that has more to say."""
    return f"epochs: {{e: {{label: E, visits: {{d1: {{label: D, {more}}}}}}}}}\n"


LOOKS = "activities: [" + "look, " * 201 + "]"
VISIT = "day: 1, label: Day 1"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f"arms: {many(101, '{label: A}')}\n", 101),
        (f"cohorts: {many(201, '{label: A}')}\n", 201),
        (f"events: {many(201, 'A')}\n", 201),
        (f"never_same_day: [{'[look], ' * 101}]\n", 101),
        (f"never_same_day: [[{'look, ' * 101}]]\n", 101),
        (f"epochs: {many(101, '{label: A}')}\n", 101),
        (f"epochs: {{e: {{label: E, visits: {many(1001, '{label: A}')}}}}}\n", 1001),
        (f"epochs: {{e: {{label: E, gates: {many(101, '{label: A, outcomes: {}}')}}}}}\n", 101),
        (f"epochs: {{e: {{label: E, gates: {{g: {{label: G, outcomes: {many(51, '{label: A}')}}}}}}}}}\n", 51),
        (visit(LOOKS), 201),
        (visit(f"instead: [{{label: A, when: [], {LOOKS}}}]"), 201),
        (visit("instead: [" + "{label: A, when: [], activities: []}, " * 21 + "]"), 21),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_a_part_with_more_entries_than_any_study_needs_is_refused_before_it_is_looked_at(text: str, count: int) -> None:
    more = "" if text.startswith("epochs") else f"epochs: {{e: {{label: E, visits: {{d1: {{{VISIT}}}}}}}}}\n"
    head = 'protocol: large\nversion: "1"\ntitle: Large\nactivities: {look: {label: Look, kind: assessment}}\n'
    (problem,) = problems(head + text + more)
    assert problem.wrong.startswith(f"{count:,} entries are more than the ")
    assert problem.right == "remove what does not belong here"
    assert problem.line == 5


def test_a_plan_of_more_than_five_thousand_visits_is_refused_at_the_epoch_that_makes_it_so() -> None:
    text = STUDY.replace("at_most: 2", "at_most: 400").replace("times: 3", "times: 200")
    (problem,) = problems(text)
    assert place(problem) == "24:3"
    assert "81,202 visits" in problem.wrong
    assert "fewer" in problem.right
    open_ended = (
        STUDY.replace("within: 9 months, plan_ahead: 2", "within: 90 years")
        .replace("4 weeks", "1 day")
        .replace("at_least: 6 days", "at_least: 1 day")
    )
    assert read_protocol(open_ended, "f.yaml").missing == ()


def test_a_thousand_problems_are_listed_and_then_that_there_are_more() -> None:
    wrong = "".join(f"      v{number}: {{label: V, activities: [lok, lok]}}\n" for number in range(300))
    found = problems(STUDY.replace("      week: {", f"{wrong}      week: {{"))
    assert len(found) == 900
    twice = problems(STUDY.replace("      week: {", f"{wrong.replace('lok]', 'lok, lok]')}      week: {{"))
    assert len(twice) == 1001
    assert "there are more problems than the 1,000 that are listed" in [problem.wrong for problem in twice]
