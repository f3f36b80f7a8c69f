"""How records are read from a file, and what is said, and where, about a file that does not fit them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from schedules.errors import HistoryError, ProtocolError, SourceError
from schedules.scalars import Identifier, Instant, IsoDate, PartialDate, Text, WallTime, Zone
from schedules.validation import FILE_CONFIG, problems_of, record, validate
from schedules.yaml_text import read_yaml


class Drug(StrEnum):
    VSLI = "vsli"
    INO = "ino"


@record
class Window:
    before: int
    after: int = 0

    def __post_init__(self) -> None:
        if self.before < 0:
            raise ValueError(f"{self.before} days before is negative; write 0 or more")


@record
class Gate:
    kind: Literal["gate"]
    outcomes: tuple[Identifier, ...]


@record
class Visit:
    kind: Literal["visit"]
    visit: Annotated[int, Field(ge=1, le=28)]
    window: Window | None = None
    starts: Annotated[IsoDate | None, Field(alias="from")] = None


def _by_itself(written: object) -> object:
    return {"before": written} if isinstance(written, int) else written


def _one_or_more(written: object) -> object:
    return written if isinstance(written, list) else [written]


def _odd(written: object) -> object:
    raise AssertionError("two is not odd") if written == 2 else ValueError("no reason")


Step = Annotated[Visit | Gate, Field(discriminator="kind")]
ShortWindow = Annotated[Window, BeforeValidator(_by_itself)]


@record
class Plan:
    title: Text = "a plan"
    count: int = 1
    share: float = 0.5
    open: bool = False
    drug: Drug | None = None
    drugs: tuple[Drug, ...] = ()
    pair: tuple[int, str] | None = None
    steps: tuple[Step, ...] = ()
    either: tuple[Window | Gate, ...] = ()
    length: int | Literal["open"] | Window | None = None
    windows: dict[Identifier, Window] = field(default_factory=dict)
    shown: Mapping[str, int] = field(default_factory=dict)
    short: Annotated[tuple[ShortWindow, ...], BeforeValidator(_one_or_more)] = ()
    code: Annotated[str, StringConstraints(min_length=2, max_length=3, pattern="^[A-Z]+$")] = "AB"
    few: Annotated[tuple[int, ...], Field(min_length=1, max_length=2)] = (1,)
    odd: Annotated[int, BeforeValidator(_odd)] = 1
    day: IsoDate | None = None
    about: PartialDate | None = None
    at: WallTime | None = None
    recorded: Instant | None = None
    zone: Zone = "UTC"
    plans: tuple["Plan", ...] = ()
    origin: Annotated[str | None, Field(exclude=True)] = None


PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)


def read(text: str, adapter: TypeAdapter[Any] = PLAN) -> Any:
    return validate(adapter, read_yaml(text, "f.yaml"))


def problems(text: str, adapter: TypeAdapter[Any] = PLAN) -> list[str]:
    with pytest.raises(ProtocolError) as caught:
        read(text, adapter)
    return [str(problem).removeprefix("f.yaml:") for problem in caught.value.problems]


# What is read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count: 8", Plan(count=8)),
        ("share: 1", Plan(share=1.0)),
        ("open: true", Plan(open=True)),
        ('title: "1.0"', Plan(title="1.0")),
        ("drug: vsli\ndrugs: [ino, vsli]", Plan(drug=Drug.VSLI, drugs=(Drug.INO, Drug.VSLI))),
        ("drug: ~", Plan()),
        ("pair: [1, a]", Plan(pair=(1, "a"))),
        ("windows: {a: {before: 2, after: 3}}", Plan(windows={"a": Window(before=2, after=3)})),
        ("shown: {a: 1}", Plan(shown={"a": 1})),
        ("either: [{before: 1}]", Plan(either=(Window(before=1),))),
        ("either: [{kind: gate, outcomes: [go]}]", Plan(either=(Gate(kind="gate", outcomes=("go",)),))),
        ("length: open", Plan(length="open")),
        ("length: 3", Plan(length=3)),
        ("short: 2", Plan(short=(Window(before=2),))),
        ("short: [1, {before: 2}]", Plan(short=(Window(before=1), Window(before=2)))),
        ("plans: [{plans: [{count: 3}]}]", Plan(plans=(Plan(plans=(Plan(count=3),)),))),
        ("day: 2026-01-05\nabout: 2026", Plan(day=date(2026, 1, 5), about=PartialDate(2026))),
        ("at: 10:30", Plan(at=time(10, 30))),
        ("recorded: 2026-01-05T10:30:00Z", Plan(recorded=datetime.fromisoformat("2026-01-05T10:30:00Z"))),
    ],
)  # fmt: skip
def test_every_kind_of_field_is_read(text: str, expected: Plan) -> None:
    assert read(text) == expected


def test_a_union_with_a_discriminator_and_a_field_under_another_name_are_read() -> None:
    steps = read("steps: [{kind: visit, visit: 1, from: 2026-01-05}, {kind: gate, outcomes: []}]").steps
    assert [type(step) for step in steps] == [Visit, Gate]
    assert steps[0].starts == date(2026, 1, 5)


def test_a_record_is_frozen_and_slotted_and_takes_keywords_only() -> None:
    window = Window(before=1)
    with pytest.raises(AttributeError):
        window.before = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        Window(1)  # type: ignore[call-arg]
    assert not hasattr(window, "__dict__")


def test_editors_are_told_that_no_other_keys_are_known() -> None:
    assert TypeAdapter(Window).json_schema()["additionalProperties"] is False
    assert FILE_CONFIG["extra"] == "forbid"


def test_other_classes_are_read_as_strictly_as_records() -> None:
    @dataclass
    class Plain:
        count: int

    class Typed(TypedDict):
        count: int

    for kind in (Plain, Typed):
        assert problems('count: "1"\ncoun: 1', TypeAdapter(kind)) == [
            '1:8: "1" is not a whole number; write it without quotes: 1',
            '2:1: unknown key "coun"; did you mean "count"? known here: count',
        ]


def test_a_part_of_a_document_is_read_without_the_keys_that_the_caller_reads() -> None:
    document = read_yaml("facts:\n- {fact: given, count: 3}\n- {fact: given, count: x, fac: 1}\n", "f.yaml")
    assert validate(PLAN, document, ("facts", 0), besides={"fact"}) == Plan(count=3)
    with pytest.raises(HistoryError) as caught:
        validate(PLAN, document, ("facts", 1), HistoryError, {"fact"})
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [(3, 24), (3, 27)]
    assert document.data["facts"][0]["fact"] == "given"  # type: ignore[index,call-overload]


# What is refused, and in which words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count: abc", '1:8: "abc" is not a whole number; write e.g. 8'),
        ('count: "8"', '1:8: "8" is not a whole number; write it without quotes: 8'),
        ("count: 8.0", "1:8: 8.0 is not a whole number; write e.g. 8"),
        ("count: true", "1:8: true is not a whole number; write e.g. 8"),
        ("count:", "1:1: an empty value is not a whole number; write e.g. 8"),
        ("count: []", "1:8: a list is not a whole number; write e.g. 8"),
        ("share: a", '1:8: "a" is not a number; write e.g. 1.5'),
        ("share: true", "1:8: true is not a number; write e.g. 1.5"),
        ("open: 1", "1:7: 1 is not true or false; write true or false, without quotes"),
        ("open: yes", '1:7: "yes" is not true or false; write true or false, without quotes'),
        ("title: 1.10", '1:8: 1.10 is not text; write it in quotes: "1.10"'),
        ("title: false", '1:8: false is not text; write it in quotes: "false"'),
        ("title: {a: 1}", "1:8: a block of keys is not text; write a piece of text"),
        ("title: ' '", "1:8: this text is empty; write at least one word"),
        ("drug: vsly", '1:7: "vsly" is not known here; did you mean "vsli"? write one of: vsli, ino'),
        ("drug: 3", "1:7: 3 is not known here; write one of: vsli, ino"),
        ("drugs: ino", '1:8: "ino" is not a list; write e.g. [1, 8, 15], or one line for each entry, beginning with -'),
        ("pair: [1]", "1:7: this list ends before entry 2; write that entry"),
        ("pair: [1, a, b]", "1:7: a list has too many entries; entries allowed: 2 or fewer"),
        ("pair: [1, 2]", '1:11: 2 is not text; write it in quotes: "2"'),
        ("few: []", "1:6: a list has too few entries; entries needed: 1 or more"),
        ("few: [1, x]", '1:10: "x" is not a whole number; write e.g. 8'),
        ("code: A", '1:7: "A" is too short; characters needed: 2 or more'),
        ("code: ABCD", '1:7: "ABCD" is too long; characters allowed: 3 or fewer'),
        ("code: ab", '1:7: "ab" does not have the right form; the form is ^[A-Z]+$'),
        ("steps: [{kind: visit, visit: 0}]", "1:30: 0 is too small; write 1 or more"),
        ("steps: [{kind: visit, visit: 29}]", "1:30: 29 is too large; write 28 or less"),
        ("odd: 1", "1:6: no reason; write another value"),
        ("odd: 2", "1:6: two is not odd; write another value"),
        ("day: 0", "1:6: 0 is not a date; write it as YYYY-MM-DD, e.g. 2026-01-05"),
        ("windows: 3", '1:10: 3 is not a block of keys; write lines such as "key: value", indented'),
        ("windows: {a: {before: -1}}", "1:14: -1 days before is negative; write 0 or more"),
        ("windows: {a: {}}", '1:14: "before" is missing; add "before: ..." with a whole number'),
        ("steps: [{kind: gate}]", '1:9: "outcomes" is missing; add "outcomes: ..." with a list'),
        ("either: [{kind: gate, outcomes: [a], x: 1}]", '1:38: unknown key "x"; known here: kind, outcomes'),
        ("shown: {a: b}", '1:12: "b" is not a whole number; write e.g. 8'),
        ("steps: [{}]", '1:9: "kind" is missing; add "kind: ..."'),
        ("steps: [{kind: gat}]", '1:16: "gat" is not known here; did you mean "gate"? write one of: visit, gate'),
        ("steps: [7]", '1:9: 7 is not a block of keys; write lines such as "key: value", indented'),
        ("plans: [{plans: [{count: x}]}]", '1:26: "x" is not a whole number; write e.g. 8'),
        ("short: x", '1:8: "x" is not a block of keys; write lines such as "key: value", indented'),
        ("short: [1, {x: 1, before: 2}]", '1:13: unknown key "x"; known here: before, after'),
        ("[]", '1:1: a list is not a block of keys; write lines such as "key: value", indented'),
    ],
)  # fmt: skip
def test_a_problem_has_its_place_and_words_that_help(text: str, expected: str) -> None:
    assert problems(text) == [expected]


def test_an_unknown_key_is_told_what_is_known_in_its_place() -> None:
    assert problems("windows:\n  a: {before: 1, afte: 2}\n  b: {before: 1, zzz: 2}\ncuont: 2\n")[:2] == [
        '2:18: unknown key "afte"; did you mean "after"? known here: before, after',
        '3:18: unknown key "zzz"; known here: before, after',
    ]
    assert problems("steps: [{kind: visit, visit: 1, frm: x}]") == [
        '1:33: unknown key "frm"; did you mean "from"? known here: kind, visit, window, from'
    ]
    assert problems("cuont: 2")[0].startswith(
        '1:1: unknown key "cuont"; did you mean "count"? known here: title, count,'
    )


def test_a_key_of_the_wrong_form_is_told_of_at_the_key() -> None:
    (only,) = problems("windows:\n  Day 1: {before: 1}")
    assert only.startswith("2:3: Day 1 is not an identifier; ")


def test_a_field_that_is_excluded_from_files_is_unknown() -> None:
    (only,) = problems("origin: here")
    assert only.startswith('1:1: unknown key "origin"; known here: ')
    assert only.endswith("zone, plans")


def test_a_record_without_fields_knows_no_key() -> None:
    @record
    class Empty:
        """Nothing at all."""

    assert problems("a: 1", TypeAdapter(Empty)) == ['1:1: unknown key "a"; remove it']


def test_all_problems_are_told_at_once_in_the_order_of_their_places() -> None:
    text = (
        "count: x\ntitle: 1.0\nsteps:\n- {kind: visit, visit: 1, window: {before: x, y: 1}}\n- {kind: gate}\nopen: no\n"
    )
    assert [each.split(": ")[0] for each in problems(text)] == ["1:8", "2:8", "4:44", "4:47", "5:3", "6:7"]


# One problem for one place, unions included


def test_what_fits_no_member_of_a_union_is_one_problem_with_all_that_would_be_right() -> None:
    assert problems("length: x") == [
        '1:9: "x" does not fit here; write e.g. 8, or write one of: open, or write lines such as "key: value", indented'
    ]


def test_of_a_union_only_the_member_whose_keys_fit_best_is_talked_about() -> None:
    assert problems("length: {before: x}") == ['1:18: "x" is not a whole number; write e.g. 8']
    assert problems("either: [{kind: gat, outcomes: []}]") == [
        '1:17: "gat" is not known here; did you mean "gate"? write one of: gate'
    ]
    assert problems("either: [{befor: 1}]") == [
        '1:10: "before" is missing; add "before: ..." with a whole number',
        '1:11: unknown key "befor"; did you mean "before"? known here: before, after',
    ]
    assert problems("either: [{kind: gate, outcomes: [A, B, C]}]")[2].startswith("1:40: C is not an identifier; ")


def test_members_of_a_union_that_say_the_same_say_it_once() -> None:
    assert problems("either: [3, {before: 1}, x]") == [
        '1:10: 3 is not a block of keys; write lines such as "key: value", indented',
        '1:26: "x" is not a block of keys; write lines such as "key: value", indented',
    ]


def test_a_union_inside_a_union_is_followed_to_the_end() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(list[int | Visit | dict[str, int | list[Step]]])
    assert problems("- 1\n- {kind: visit, visit: 1}\n- {a: [{kind: gate, outcomes: 3}]}", adapter) == [
        "3:31: 3 is not a list; write e.g. [1, 8, 15], or one line for each entry, beginning with -"
    ]


# Errors that did not come from ``validate``


def test_what_cannot_be_followed_stands_at_the_nearest_place_that_exists() -> None:
    inner = TypeAdapter(Window)

    def by_hand(written: Any) -> Window:
        return inner.validate_python(written, strict=False)

    adapter: TypeAdapter[Any] = TypeAdapter(dict[str, Annotated[Any, BeforeValidator(by_hand)]])
    assert [each.split(" is ")[0] for each in problems("a: {before: x}\nb: {}\nc: 3", adapter)] == [
        '1:13: "x"',
        '2:4: "before"',
        "3:4: 3",
    ]


def test_pydantics_own_words_are_used_where_there_are_no_better_ones() -> None:
    document = read_yaml("a: 1\nb: [2]\n", "f.yaml")
    adapter: TypeAdapter[Any] = TypeAdapter(dict[str, None])
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(document.data)
    assert [str(problem) for problem in problems_of(caught.value, adapter, document)] == [
        "f.yaml:1:4: 1 does not fit here; Input should be None",
        "f.yaml:2:4: a list does not fit here; Input should be None",
    ]


def test_a_value_that_was_put_in_place_of_the_written_one_is_shown_itself() -> None:
    document = read_yaml("title: $version", "f.yaml")
    document.data["title"] = 1.5  # type: ignore[index,call-overload]
    with pytest.raises(ProtocolError, match=r'1:8: 1\.5 is not text; write it in quotes: "1\.5"'):
        validate(PLAN, document)


def test_no_more_than_a_thousand_problems_are_put_into_words() -> None:
    assert len(problems("".join(f"k{number}: 1\n" for number in range(5000)))) == 1000


# Whatever is in a file

KEYS = ["title", "count", "drugs", "pair", "steps", "either", "length", "windows", "short", "few", "plans", "kind"]
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.floats(allow_nan=False) | st.sampled_from(["gate", "a", ""]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, "before", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=4))
def test_any_data_is_read_or_refused_with_problems_in_the_file(data: dict[str, Any]) -> None:
    document = read_yaml("{a: 1}", "f.yaml")
    document.data.clear()  # type: ignore[union-attr]
    document.data.update(data)  # type: ignore[union-attr]
    try:
        assert isinstance(validate(PLAN, document), Plan)
    except SourceError as error:
        shown = [(problem.line, problem.column, bool(problem.right)) for problem in error.problems]
        assert set(shown) == {(1, 1, True)}
