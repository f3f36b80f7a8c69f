"""Paths through a protocol: gates, their answers, and what comes before what. ``§`` stands where the problem is."""

from __future__ import annotations

from itertools import pairwise

import pytest

from schedules.errors import Problem, ProtocolError
from schedules.protocol_file import read_protocol

STUDY = """\
protocol: paths
version: "1.0"
title: Induction, then maintenance, or a rescue
arms:
  a: {label: A, sequence: [induction, maintenance]}
  b: {label: B, sequence: [induction]}
activities:
  drug: {label: Drug, kind: dose}
  look: {label: Look, kind: assessment}
epochs:
  induction:
    label: Induction
    cycles: {length: 28 days, at_most: 2}
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
      d8: {label: Day 8, day: 8, activities: [drug]}
    gates:
      response:
        label: Response
        default: better
        outcomes:
          better: {label: Better, to: maintenance}
          same: {label: Same, to: next-cycle, after_last_cycle: end}
          odd: {label: Odd, ask: panel}
      panel:
        label: The panel decides
        when: when-asked
        default: on-with-it
        outcomes:
          on-with-it: {label: On, to: maintenance}
          other: {label: Something else, to: rescue}
  maintenance:
    label: Maintenance
    cycles: {length: 28 days}
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
    gates:
      carry-on:
        label: Carry on
        when: before-each-cycle
        default: carry-on
        asks: true
        answered_by: response
        outcomes:
          carry-on: {label: Carry on, to: proceed, stops: [drug]}
          stop: {label: Stop, to: end}
  rescue:
    label: Rescue
    starts: {visit: induction.d8, by: 4 weeks}
    visits:
      d1: {label: Day 1, day: 1, activities: [look]}
      then: {label: Then, after: {visit: rescue.d1, by: 1 week}, activities: [look]}
  follow-up:
    label: Follow-up
    stage: follow-up
    visits:
      one: {label: One, after: {event: end-of-treatment, by: 4 weeks}, activities: [look]}
  later:
    label: Much later
    stage: follow-up
    visits:
      two: {label: Two, after: {visit: follow-up.one, by: 4 weeks}, activities: [look]}
"""
RESPONSE = STUDY[STUDY.index("      response:") : STUDY.index("      panel:")]


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


def test_the_study_of_these_tests_is_right() -> None:
    assert read_protocol(STUDY, "f.yaml").missing == ()


GATES = [
    ("to: maintenance}\n          same", "to: §maintenanse}\n          same", "there is no way 'maintenanse'",
     "did you mean maintenance?"),
    ("to: rescue", "to: §follow-up", "there is no way 'follow-up'",
     "known here: proceed, next-cycle, end, induction"),
    ("to: rescue", "to: §nowhere", "there is no way 'nowhere'", "known here: proceed"),
    ("after_last_cycle: end", "after_last_cycle: §ende", "there is no way 'ende'", "did you mean end?"),
    ("ask: panel}", "ask: panel}\n          x: {label: X, ask: §pannel}", "there is no gate of this epoch 'pannel'",
     "did you mean panel?"),
    ("{label: Stop, to: end}",
     "{label: Stop, to: end}\n          x: {label: X, ask: §more}\n      more: {label: M, outcomes: {x: {label: X}}}",
     "more is asked anyway", "give more when: when-asked"),
    ("ask: panel", "ask: panel, to: §end", "panel decides what follows, so to is never heard", "outcomes of panel"),
    ("ask: panel", "ask: panel, stops: §[drug]", "so stops is never heard here", "write stops at the outcomes of"),
    ("ask: panel", "ask: panel, after_last_cycle: §end", "after_last_cycle is never heard",
     "at the outcomes of panel"),
    ("ask: panel}", "ask: panel}\n          more: {label: More, stops: [§look]}", "there is no drug 'look'", "drug"),
    ("default: better", "default: §best", "there is no outcome 'best'", "did you mean better?"),
    ("      panel:\n", "      §d8: {label: D, outcomes: {x: {label: X}}}\n      panel:\n",
     "d8 is a visit of this epoch too", "a name of its own"),
    ("        when: when-asked\n", "        when: when-asked\n        cycles: §1\n", "up to another one",
     "leave cycles out"),
    ("        when: when-asked\n", "        when: when-asked\n        treatment_cycles: §1\n", "up to another one",
     "leave treatment_cycles out"),
    ("        label: Response\n", "        label: Response\n        cycles: §3\n", "there is no cycle 3",
     "from 1 to 2"),
    ("        label: Response\n", "        label: Response\n        asks: §true\n", "does not hold a visit",
     "when: before-each-cycle"),
    ("        label: Response\n", "        label: Response\n        answered_by: §panel\n",
     "only a gate before a cycle", "leave answered_by out"),
    ("        label: Carry on\n", "        label: Carry on\n        was: §d1\n",
     "d1 is still the id of another one", "had"),
    ("answered_by: response", "answered_by: §respons", "there is no gate 'respons'", "did you mean response?"),
    ("{label: Stop, to: end}", "{label: Stop, to: end}\n          x: {label: X, to: §next-cycle}",
     "not to next-cycle", "ask after the cycle before"),
    ("{label: Stop, to: end}", "{label: Stop, to: §rescue}", "leads into it or to the end, not to rescue",
     "proceed or end"),
    ("{label: Stop, to: end}", "{label: Stop, to: end, after_last_cycle: §end}", "the epoch has no last cycle",
     "at_most"),
    ("    label: Rescue\n",
     "    label: Rescue\n    gates: {g: {label: G, outcomes: {x: {label: X, to: §next-cycle}}}}\n",
     "the epoch has no cycles", "write proceed"),
    ("    stage: follow-up\n    visits:\n      two",
     "    stage: follow-up\n    §gates: {g: {label: G, outcomes: {x: {label: X}}}}\n    visits:\n      two",
     "gates stand in treatment epochs", "the treatment epoch before"),
    ("    label: Rescue\n", "    label: Rescue\n    gates: {g: {label: G, outcomes: §{}}}\n", "decides nothing",
     "at least one"),
]  # fmt: skip
PATHS = [
    ("  rescue:\n    label: Rescue\n", "  §spare: {label: Spare}\n  rescue:\n    label: Rescue\n",
     "no path leads to the epoch spare", "put it into an arm's sequence"),
    ("answered_by: response", "answered_by: §panel", "no outcome of panel leads to maintenance",
     "the gate whose decision"),
    ("answered_by: response", "answered_by: §carry-on", "no outcome of carry-on leads to",
     "or leave answered_by out"),
    ("{visit: rescue.d1", "{visit: §maintenance.d1", "maintenance does not come before rescue", "that comes before"),
    ("{visit: induction.d8", "{visit: §maintenance.d1", "maintenance does not come before rescue",
     "that comes before"),
    ("{event: end-of-treatment", "{visit: §later.two", "later does not come before follow-up", "that comes before"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "wrong", "right"), GATES + PATHS)
def test_a_problem_is_told_where_it_is_with_what_would_be_right(old: str, new: str, wrong: str, right: str) -> None:
    text, where = changed(old, new)
    (problem,) = problems(text)
    assert f"{problem.line}:{problem.column}" == where
    assert wrong in problem.wrong
    assert right in problem.right


def told(text: str) -> list[str]:
    """What is wrong, with its place."""
    return [f"{problem.line}:{problem.column}: {problem.wrong}" for problem in problems(text)]


# What the gates of an epoch ask and where they end


def with_gates(maintenance: str) -> str:
    """The study with other gates of maintenance; without a gate of its own induction leads on."""
    start, end = STUDY.index("      carry-on:\n"), STUDY.index("  rescue:\n")
    return STUDY[:start] + maintenance + STUDY[end:]


def test_gates_that_ask_each_other_in_a_ring_are_each_told_of() -> None:
    text = with_gates(
        "      g1: {label: G, when: when-asked, outcomes: {x: {label: X, ask: g2}, y: {label: Y, to: end}}}\n"
        "      g2: {label: G, when: when-asked, outcomes: {x: {label: X, ask: g1}}}\n"
        "      g3: {label: G, outcomes: {x: {label: X, ask: g1}, y: {label: Y, to: end}}}\n"
    )
    assert told(text) == ["38:7: g1 asks itself in a ring", "39:7: g2 asks itself in a ring"]


def test_a_gate_that_nothing_asks_is_told_of() -> None:
    text = STUDY.replace("ask: panel", "to: rescue")
    (problem,) = problems(text)
    assert str(problem) == "f.yaml:27:15: nothing asks panel; write ask: panel at an outcome"


def test_a_gate_before_a_cycle_must_have_an_answer_that_leads_into_it() -> None:
    text = STUDY.replace("carry-on: {label: Carry on, to: proceed, stops: [drug]}", "x: {label: X, to: end}")
    text = text.replace("default: carry-on", "default: x").replace("        answered_by: response\n", "")
    assert told(text) == ["43:9: no answer to this gate leads into the cycle"]
    assert told(text.replace("asks: true", "asks: true\n        answered_by: response")) == [
        "43:22: no outcome of this gate is what response would answer",
        "44:9: no answer to this gate leads into the cycle",
    ]


def test_a_gate_that_is_asked_before_a_cycle_leads_into_it_or_to_the_end() -> None:
    text = with_gates(
        "      g1: {label: G, when: before-each-cycle, outcomes: {x: {label: X}, y: {label: Y, to: end},"
        " z: {label: Z, ask: g2}}}\n"
        "      g2: {label: G, when: when-asked, outcomes: {x: {label: X, to: next-cycle}, y: {label: Y, to: rescue}}}\n"
    )
    assert told(text) == [
        "38:116: before a cycle a gate leads into it or to the end, not to next-cycle",
        "38:116: before a cycle a gate leads into it or to the end, not to rescue",
    ]


@pytest.mark.parametrize(
    "gates",
    [
        "g: {label: G, outcomes: {x: {label: X, to: next-cycle}, y: {label: Y}}}",
        "g: {label: G, cycles: 1-6, outcomes: {x: {label: X, to: end}, y: {label: Y}}}",
        "g: {label: G, treatment_cycles: 7, outcomes: {x: {label: X, to: end}, y: {label: Y}}}",
    ],
)
def test_cycles_that_nothing_ever_ends_are_refused(gates: str) -> None:
    wrong = "the cycles never end: no at_most, no within, and no gate leads out of them"
    assert told(with_gates(f"      {gates}\n")) == [f"34:5: {wrong}"]


@pytest.mark.parametrize(
    "gates",
    [
        "g: {label: G, cycles: from 6, outcomes: {x: {label: X, to: end}, y: {label: Y}}}",
        "g: {label: G, treatment_cycles: every 3, outcomes: {x: {label: X, to: rescue}, y: {label: Y}}}",
        "{g: {label: G, outcomes: {x: {label: X, ask: h}}}, h: {label: H, when: when-asked, outcomes: {x: END}}}",
    ],
)
def test_cycles_that_a_gate_may_end_at_any_time_are_accepted(gates: str) -> None:
    text = with_gates(f"      {gates}\n")
    if gates.startswith("{"):
        text = text.replace("END", "{label: X, to: end}")
        text = text.replace("    gates:\n      {", "    gates: {")
    assert read_protocol(text, "f.yaml").missing == ()


def test_a_gate_at_the_end_of_cycles_without_a_last_one_never_stands() -> None:
    text = with_gates(
        "      g: {label: G, when: at-end, outcomes: {x: {label: X}}}\n"
        "      h: {label: H, outcomes: {x: {label: X, to: end}, y: {label: Y}}}\n"
    )
    (problem,) = problems(text)
    assert str(problem) == (
        "f.yaml:38:27: the epoch has no last cycle, so its end never comes; give the epoch's cycles at_most"
    )


# Reaching and coming back


def test_defaults_that_lead_back_are_refused_also_through_a_gate_that_they_ask() -> None:
    back = "g: {label: G, default: x, outcomes: {x: {label: X, to: induction}, y: {label: Y, to: end}}}"
    text = with_gates(f"      {back}\n")
    assert told(text)[0] == ("37:5: the defaults lead from induction to maintenance to induction and so on without end")
    through = text.replace("default: better", "default: odd").replace("carry-on", "g")
    assert told(through)[0].startswith("37:5: the defaults lead from induction to maintenance to induction")
    assert read_protocol(through.replace("        default: on-with-it\n", ""), "f.yaml").missing == ()


def test_the_default_path_stops_at_an_end_and_goes_on_past_gates_that_proceed() -> None:
    for default in ("same", "odd"):
        assert read_protocol(STUDY.replace("default: better", f"default: {default}"), "f.yaml").missing == ()
    on = STUDY.replace("better: {label: Better, to: maintenance}", "better: {label: Better}")
    assert read_protocol(on, "f.yaml").missing == ()


def test_an_epoch_that_only_a_gate_of_one_cycle_leaves_is_left_by_the_others_too() -> None:
    sometimes = STUDY.replace("        label: Response\n", "        label: Response\n        cycles: 1\n")
    assert read_protocol(sometimes.replace("better, to: maintenance", "better, to: end"), "f.yaml").missing == ()


def test_an_arm_without_a_treatment_epoch_is_told_of_at_its_name() -> None:
    text = STUDY.replace("  b: {label: B, sequence: [induction]}", "  b: {label: B}")
    for epoch in ("Induction", "Maintenance", "Rescue"):
        text = text.replace(f"    label: {epoch}\n", f"    label: {epoch}\n    arms: [a]\n")
    assert told(text) == ["6:3: the arm b has no treatment epoch"]


def test_without_an_epoch_that_is_entered_first_nothing_is() -> None:
    text = STUDY[: STUDY.index("arms:")] + STUDY[STUDY.index("activities:") :]
    for epoch in ("Induction", "Maintenance", "Rescue"):
        text = text.replace(f"    label: {epoch}\n", f"    label: {epoch}\n    only_by_gate: true\n")
    assert told(text)[0] == "7:1: only gates lead to the treatment epochs, so none of them is the first"


def test_a_protocol_without_treatment_has_no_day_1() -> None:
    start, end = STUDY.index("  induction:\n"), STUDY.index("  follow-up:\n")
    text = STUDY[:start] + STUDY[end:]
    assert "11:3: no epoch has the stage treatment, so there is no Day 1" in told(text)


def test_a_gate_must_not_lead_into_an_epoch_of_another_arm() -> None:
    text = STUDY.replace("    label: Maintenance\n", "    label: Maintenance\n    arms: [a]\n")
    (first, second) = problems(text)
    assert str(first) == (
        "f.yaml:22:39: maintenance is not an epoch of the arm b, which comes past here;"
        " lead somewhere else, or add b to the arms of maintenance"
    )
    assert (second.line, second.column) == (30, 39)
    assert read_protocol(text.replace("arms: [a]\n", "arms: [a, b]\n"), "f.yaml").missing == ()


@pytest.mark.parametrize("visit", ["day: 2", "day: 1, arms: [b]", "day: 1, cycles: 2", "at: 1 week"])
def test_the_first_epoch_of_an_arm_needs_a_visit_on_day_1_of_its_first_cycle(visit: str) -> None:
    text = STUDY.replace("d1: {label: Day 1, day: 1, activities: [drug]}", f"d1: {{label: Day 1, {visit}}}", 1)
    assert set(told(text)) == {"11:3: the first treatment epoch, induction, has no visit on Day 1"}
    assert read_protocol(text.replace(visit, "at: 0 days"), "f.yaml").missing == ()


# What hangs on what


def test_what_only_comes_after_the_last_cycle_is_not_reached_when_every_answer_leads_elsewhere() -> None:
    text = STUDY.replace("[induction, maintenance]", "[induction, spare, maintenance]")
    text = text.replace("  rescue:\n    label: Rescue\n", "  spare: {label: Spare}\n  rescue:\n    label: Rescue\n")
    assert told(text) == ["47:3: no path leads to the epoch spare"]
    for way in ("to: next-cycle", "to: next-cycle, after_last_cycle: next-cycle", "to: spare, after_last_cycle: end"):
        assert read_protocol(text.replace("to: next-cycle, after_last_cycle: end", way), "f.yaml").missing == ()


def test_what_an_epoch_counts_from_is_not_looked_at_while_no_path_leads_to_it() -> None:
    text = STUDY.replace("to: rescue", "to: end").replace("{visit: induction.d8", "{visit: maintenance.d1")
    assert told(text) == ["47:3: no path leads to the epoch rescue"]


@pytest.mark.parametrize("own", ["", "induction."])
def test_visits_that_are_counted_from_each_other_are_told_of_once(own: str) -> None:
    visits = (
        f"      x: {{label: X, after: {{visit: {own}z, by: 1 day}}}}\n"
        f"      y: {{label: Y, after: {{visit: {own}x, by: 1 day}}}}\n"
        f"      z: {{label: Z, after: {{visit: y, by: 1 day}}}}\n"
        f"      w: {{label: W, after: {{visit: z, by: 1 day}}}}\n"
    )
    text = STUDY.replace("    gates:\n      response", f"{visits}    gates:\n      response")
    assert told(text) == ["17:7: x is counted from z, and that in the end from x again"]
    alone = STUDY.replace("day: 8,", f"after: {{visit: {own}d8, by: 1 day}},")
    assert told(alone)[0] == "16:7: d8 is counted from d8, and that in the end from d8 again"


def test_no_more_than_twenty_visits_hang_on_one_another() -> None:
    def chain(length: int) -> str:
        names = ["d8", *(f"v{number}" for number in range(1, length))]
        pairs = pairwise(names)
        visits = "".join(f"      {new}: {{label: V, after: {{visit: {old}, by: 1 day}}}}\n" for old, new in pairs)
        return STUDY.replace("    gates:\n      response", f"{visits}    gates:\n      response")

    assert read_protocol(chain(20), "f.yaml").missing == ()
    assert told(chain(30)) == ["36:7: v20 stands at the end of more than 20 visits, each counted from the one before"]
    assert [line[:6] for line in told(chain(60))] == ["36:7: ", "57:7: "]
