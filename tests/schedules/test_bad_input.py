"""Whatever somebody hands in, every reader answers: with a value, or with problems and their places.

Nothing here measures time; a reader that does not answer is stopped by whoever runs the tests.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest

from schedules.design import Design
from schedules.errors import HistoryError, ParameterError, ProtocolError, SiteError, SourceError
from schedules.history import Consented, Given, History, Void
from schedules.history_checks import check_history
from schedules.history_file import read_fact_line, read_facts, readable_facts
from schedules.plan import plan
from schedules.protocol import Protocol
from schedules.protocol_file import library_text, read_parameters, read_protocol
from schedules.record import live_facts
from schedules.site_file import read_site
from tests import builders
from tests.builders import DAY_1

READERS: dict[str, tuple[Callable[[bytes | str], object], type[SourceError]]] = {
    "protocol": (lambda text: read_protocol(text, "p.yaml"), ProtocolError),
    "facts": (lambda text: read_facts(text, "f.yaml"), HistoryError),
    "site": (lambda text: read_site(text, "s.yaml"), SiteError),
    "parameters": (lambda text: read_parameters(text, "v.yaml"), ParameterError),
    "what-if": (lambda text: read_fact_line(text if isinstance(text, str) else text.decode("latin-1")), HistoryError),
}
LONG = "x" * 400_000
HOSTILE: dict[str, bytes | str] = {
    "nothing": b"",
    "10 MB of YAML": b"a: 1\n" * 2_000_000,
    "a megabyte of spaces": b" " * 1_000_000,
    "a megabyte of new lines": b"\n" * 1_000_000,
    "an alias bomb": "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
    "a list that is in itself": "- &a [*a]",
    "100,000 brackets": "[" * 100_000,
    "100,000 braces": "{" * 100_000,
    "100,000 dashes": "- " * 100_000,
    "100,000 question marks": "? " * 100_000,
    "100,000 keys": "".join(f"k{n}: 1\n" for n in range(100_000)),
    "the same key again and again": "protocol: x\n" * 50_000,
    "binary": bytes(range(256)) * 100,
    "random bytes": random.Random(1).randbytes(50_000),
    "zip": b"PK\x03\x04" + b"\x00" * 1000,
    "UTF-16": "protocol: x".encode("utf-16"),
    "nulls": b"\x00" * 1000,
    "half a character": "protocol: é".encode()[:-1],
    "escape sequences": "title: \x1b[31mred\x1b[0m",
    "a tag": "title: !!python/object/apply:os.system [echo]",
    "a merge": "a: &a {b: 1}\nc: {<<: *a}",
    "two documents": "a: 1\n---\nb: 2",
    "a directive": "%YAML 1.1\n---\na: 1",
    "an endless quotation": 'title: "' + "x y " * 200_000,
    "a number without end": "title: " + "9" * 900_000,
    "1e999": "title: 1e999",
    "html": "<!doctype html><title>Not found</title>",
    "json": '{"protocol": ["x", {"y": null}], "fact": "given"}',
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_file_of_ours_is_refused_by_every_reader(reader: str, what: str) -> None:
    read, error = READERS[reader]
    if reader == "parameters" and what in ("json", "an alias bomb"):
        return  # names with values they are
    with pytest.raises(error) as refused:
        read(HOSTILE[what])
    assert 1 <= len(refused.value.problems) <= 1001
    assert all(problem.line >= 1 and problem.column >= 1 for problem in refused.value.problems)
    assert all(problem.wrong and problem.right for problem in refused.value.problems)
    assert len(str(refused.value)) < 1_000_000


# Files whose form is right, and that are monstrous all the same

HEAD = 'protocol: large\nversion: "1"\ntitle: Large\nactivities: {drug: {label: D, kind: dose}}\n'
DAY = "d1: {label: D, day: 1}"


def epochs(inside: str) -> str:
    return f"{HEAD}epochs:\n  e:\n    label: E\n{inside}"


def visits(count: int, entry: str) -> str:
    return f"    visits:\n      {DAY}\n" + "".join(
        f"      v{n}: {{label: V, {entry.replace('@', str(n - 1))}}}\n" for n in range(count)
    )


def gates(count: int, outcomes: int) -> str:
    """Gates of which each asks the next one, by every outcome."""
    lines = [f"    visits: {{{DAY}}}\n    gates:\n"]
    for number in range(count):
        when = "when-asked" if number else "after-each-cycle"
        way = f"ask: g{number + 1}" if number < count - 1 else "to: end"
        ways = ", ".join(f"o{outcome}: {{label: O, {way}}}" for outcome in range(outcomes))
        lines.append(f"      g{number}: {{label: G, when: {when}, outcomes: {{{ways}}}}}\n")
    return "".join(lines)


REFUSED = {
    "a text in place of every length": epochs(visits(500, "at: *long")).replace("title: Large", f"title: &long {LONG}"),
    "a text in place of everything": f"protocol: &long {LONG}\nversion: *long\n*long : *long\n",
    "lists of a text in a set of cycles": epochs(visits(1, f"cycles: {{k: [{'*long, ' * 5000}]}}")).replace(
        "title: Large", f"title: &long {'x' * 1500}"
    ),
    "10,000 visits": epochs(visits(10_000, "day: 1")),
    "visits that come 400 times each": epochs(visits(900, "at: 1 day, repeat: {every: 1 day, times: 400}")),
    "a chain of 900 visits": epochs(visits(900, "after: {visit: v@, by: 1 day}").replace("v-1", "d1")),
    "5,000 names that nobody declared": epochs(visits(900, "activities: [drag, drog, drug-1, drug-2, drug-3]")),
    "3,000 gates in a chain": epochs(gates(3000, 1)),
    "doses at home from long ago": epochs(
        f"    visits: {{{DAY}}}\n    home: {{drug: {{days: 1, starts_on: -{10**17}}}}}\n"
    ),
    "a parameter written out everywhere": epochs(visits(900, "cycles: $p")).replace(
        "activities:", f"parameters: {{p: {{label: P, example: [{'1, ' * 20_000}]}}}}\nactivities:"
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_protocol_that_would_never_be_done_with_is_refused(what: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_protocol(REFUSED[what], "p.yaml")
    assert len(refused.value.problems) <= 1001
    assert len(str(refused.value)) < 200_000


def all_arms_through_all_epochs() -> str:
    arms = ", ".join(f"a{n}: {{label: A, sequence: [e{n}, e{(n + 1) % 60}]}}" for n in range(60))
    ways = ", ".join(f"o{n}: {{label: O, to: e{n}}}" for n in range(50))
    each = f"{{label: E, visits: {{{DAY}}}, gates: {{g: {{label: G, outcomes: {{{ways}}}}}}}}}"
    return f"{HEAD}arms: {{{arms}}}\nepochs: {{{', '.join(f'e{n}: {each}' for n in range(60))}}}\n"


def ages(count: int, days: int) -> str:
    each = f"{{label: E, length: {days} days, visits: {{{DAY}}}}}"
    return f"{HEAD}epochs: {{{', '.join(f'e{n}: {each}' for n in range(count))}}}\n"


ACCEPTED = {
    "answers that ask on by 50 ways, 100 times over": epochs(gates(100, 50)),
    "60 arms, each through 60 epochs with 50 ways on": all_arms_through_all_epochs(),
    "5,000 visits": epochs("    cycles: {length: 1000 days, at_most: 5}\n" + visits(998, "day: 1")),
    "windows of ten years": epochs(visits(900, "day: 1, window: -3660/+3660")),
    "nearly a century of treatment": ages(20, 1800),
}


def planned(protocol: Protocol) -> int:
    """How many visits a protocol plans for its first arm."""
    history = History(planned_start=DAY_1, planned_arm=next(iter(protocol.arms), None))
    return len(plan(Design((protocol,)), history, DAY_1).visits)


@pytest.mark.parametrize("what", ACCEPTED)
def test_a_protocol_that_is_large_and_right_can_be_planned(what: str) -> None:
    assert planned(read_protocol(ACCEPTED[what], "p.yaml").require()) >= 1


def test_two_thousand_years_of_treatment_are_refused() -> None:
    with pytest.raises(ProtocolError, match="longer than anybody is treated"):
        read_protocol(ages(20, 36_600), "p.yaml")


def test_a_history_of_a_text_that_an_alias_repeats_is_refused_in_few_words() -> None:
    text = f"- {{fact: given, note: &long {LONG}}}\n- {{fact: [{'*long, ' * 5000}]}}\n- {{fact: *long}}\n"
    with pytest.raises(HistoryError) as refused:
        read_facts(text + "- {fact: admitted, date: *long}\n" * 1000, "f.yaml")
    assert len(str(refused.value)) < 200_000


def test_voids_of_voids_of_voids_are_followed_to_the_end() -> None:
    consented = Consented(id="v0", date=DAY_1)
    voids = [Void(id=f"v{number}", date=DAY_1, of=f"v{number - 1}") for number in range(1, 3001)]
    ring = [Void(id=f"r{number}", date=DAY_1, of=f"r{(number + 1) % 50}") for number in range(50)]
    check_history(builders.design(), History((consented, *voids, *ring)))
    assert live_facts((consented, *voids)) == [consented], "an even number of voids cancel out"
    assert live_facts((consented, *voids[:-1])) == []


@pytest.mark.parametrize("same", ["given twice", "unknown visits"])
def test_a_history_of_thousands_of_facts_about_one_visit_is_refused(same: str) -> None:
    visit = "induction.c1.{}" if same == "unknown visits" else "induction.c1.d1"
    facts = [Given(id=f"f{n}", date=DAY_1, visit=visit.format(f"x{n}"), activity="ino") for n in range(8000)]
    with pytest.raises(HistoryError) as refused:
        check_history(builders.design(), History(tuple(facts)))
    assert len(refused.value.problems) == 1001


@pytest.mark.parametrize("name", ["vsli-ino", "ven-ino"])
def test_a_file_that_was_cut_off_anywhere_is_refused_or_read(name: str) -> None:
    lines = library_text(name).splitlines(keepends=True)
    for count in range(0, len(lines), 7):
        text = "".join(lines[:count]) + lines[count][: len(lines[count]) // 2]
        with suppress(ProtocolError):
            assert read_protocol(text, "p.yaml").protocol.epochs


def test_dates_at_the_edges_of_the_calendar_are_refused_wherever_they_stand() -> None:
    for written in ("1899-12-31", "2201-01-01", "9999-12-31", "0000-00-00", "-001-01-01", "2026-02-29", "2100-02-29"):
        for text in (f"- {{fact: admitted, date: {written}}}", f"- {{fact: died, date: {written}}}"):
            with pytest.raises(HistoryError):
                read_facts(text, "f.yaml")
        with pytest.raises(SiteError):
            read_site(f"id: s\nname: S\nclosed: [{{date: {written}}}]", "s.yaml")
    assert read_facts("- {fact: admitted, date: 2000-02-29}", "f.yaml")[0].day == date(2000, 2, 29)


EVERYTHING = """\
protocol: mixed
version: 1.0
title: All that can be wrong at once
extra: 1
activities:
  drug: {label: Drug, kind: dose}
  drug: {label: Again, kind: dose}
  look: {label: Look, kind: asessment, minuts: 3}
epochs:
  one:
    label: One
    cycles: {length: 28 days, at_most: NO}
    visits:
      d1: {label: Day 1, day: 1, window: -1/-2, activities: [drug, lok]}
      d8: {day: 8, activities: [drug, 7]}
    gates:
      g:
        label: G
        default: y
        outcomes:
          x: {label: X, to: nowhere}
          z: {label: Z, to: end}
spacing:
  - {drug: drg, at_least: 7 days}
"""


def test_a_protocol_tells_of_its_form_of_keys_that_stand_twice_and_of_unknown_names_at_once() -> None:
    with pytest.raises(ProtocolError) as refused:
        read_protocol(EVERYTHING, "p.yaml")
    found = [f"{problem.line}:{problem.column} {problem.wrong}" for problem in refused.value.problems]
    assert found == [
        "2:10 1.0 is not text",
        '4:1 unknown key "extra"',
        '7:3 the key "drug" is already on line 6',
        '8:29 "asessment" is not known here',
        '8:40 unknown key "minuts"',
        '12:40 "NO" is not a whole number',
        "14:42 '-1/-2' is not a window",
        "14:68 there is no activity 'lok'",
        '15:11 "label" is missing',
        "15:39 7 is not a block of keys",
        "19:18 there is no outcome 'y'",
        "21:29 there is no way 'nowhere'",
        "24:12 there is no dose 'drg'",
    ]


@pytest.mark.parametrize(
    ("old", "new", "of_names"),
    [
        ("  look: {label: Look, kind: asessment, minuts: 3}", "  look: 7", ["drg", "lok", "nowhere", "y"]),
        ("  look: {label: Look, kind: asessment, minuts: 3}", "  lok: [7]", ["drg", "nowhere", "y"]),
        ("x: {label: X, to: nowhere}", "x: {label: X, to: nowhere, 7: 8}", ["drg", "lok", "nowhere", "y"]),
        ("x: {label: X, to: nowhere}", "y: 8", ["drg", "lok"]),
        ("epochs:\n", "epochs: 7\nothers:\n", []),
        ("activities:\n", "activities: 7\nothers:\n", []),
    ],
)  # fmt: skip
def test_a_name_is_not_said_to_be_unknown_when_only_what_it_names_is_wrong(
    old: str, new: str, of_names: list[str]
) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_protocol(EVERYTHING.replace(old, new), "p.yaml")
    unknown = [problem.wrong for problem in refused.value.problems if problem.wrong.startswith("there is no ")]
    assert sorted(wrong.split("'")[1] for wrong in unknown) == of_names


def test_a_protocol_with_far_too_many_parts_is_not_searched_for_names() -> None:
    many = "".join(f"  a{number}: {{label: A, kind: dose}}\n" for number in range(1_001))
    with pytest.raises(ProtocolError) as refused:
        read_protocol(EVERYTHING.replace("activities:\n", f"activities:\n{many}"), "p.yaml")
    assert not [problem for problem in refused.value.problems if problem.wrong.startswith("there is no ")]


def test_the_facts_that_can_be_read_are_all_that_is_left_of_a_history() -> None:
    good = '- {fact: consented, date: 2026-01-05, version: "1.0"}\n'
    bad = "- {fact: consented, date: 2026-02-30}\n- 7\n- {fact: void, date: 2026-01-06, date: 2026-01-07, of: x}\n"
    assert [fact.day.isoformat() for fact in readable_facts(good + bad, "f.yaml")] == ["2026-01-05", "2026-01-06"]
    assert readable_facts("- {", "f.yaml") == readable_facts("a: 1", "f.yaml") == ()


def test_a_site_tells_of_a_key_that_stands_twice_and_of_all_else() -> None:
    with pytest.raises(SiteError) as refused:
        read_site("id: x\nname: a\nname: b\nzone: Mars/Phobos\nclosed: [{date: 2026-02-30}]\n", "s.yaml")
    assert [(problem.line, problem.column) for problem in refused.value.problems] == [(3, 1), (4, 7), (5, 17)]
    with pytest.raises(SiteError) as refused:
        read_site(
            "id: x\nname: a\nname: b\nzone: Europe/Paris\nclosed: [{date: 2026-02-03, until: 2026-02-01}]\n", "s.yaml"
        )
    assert [(problem.line, problem.column) for problem in refused.value.problems] == [(3, 1), (5, 36)]
