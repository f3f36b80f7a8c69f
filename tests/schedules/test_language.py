"""The small words of the protocol language: sets of numbers, lengths, windows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schedules.language import Clock, DaysLong, Duration, Hours, Label, Spans, SpansText, VisitWindow, parse_spans
from schedules.offsets import Offset, Unit
from schedules.windows import ClockWindow, DayRange, Window

numbers = st.integers(1, 400)
pieces = st.tuples(numbers, st.none() | st.integers(0, 30)).map(
    lambda p: f"{p[0]}" if p[1] is None else f"{p[0]}-{p[0] + p[1]}"
)


def members(written: object, up_to: int = 12) -> list[int]:
    found = parse_spans(written)
    return [number for number in range(1, up_to + 1) if number in found]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1", [1]),
        (7, [7]),
        ("2-6", [2, 3, 4, 5, 6]),
        ("2 to 4", [2, 3, 4]),
        ("from 10", [10, 11, 12]),
        ("FROM 11", [11, 12]),
        ("1-2, 5, 11-20", [1, 2, 5, 11, 12]),
        ("1, from 12", [1, 12]),
        ("every 2", [2, 4, 6, 8, 10, 12]),
        ("every 5", [5, 10]),
        ([1, 3], [1, 3]),
        ([1, "4-5", "from 11"], [1, 4, 5, 11, 12]),
    ],
)
def test_a_set_of_numbers_is_read_with_both_ends_included(written: object, meant: list[int]) -> None:
    assert members(written) == meant


@pytest.mark.parametrize(
    "written",
    ["", "0", 0, -1, "6-2", "0-3", "from 0", "every 0", "1;2", "1.5", 1.5, True, None, [], {}, "even", [0], "1,,2"],
)
def test_what_is_no_set_of_numbers_from_1_on_is_refused_with_an_example(written: object) -> None:
    with pytest.raises(ValueError, match=r"write e(\.g\.|very)"):
        parse_spans(written)


@given(st.lists(pieces, min_size=1, max_size=4))
def test_a_set_of_numbers_is_read_as_it_is_written(written: list[str]) -> None:
    found = parse_spans(", ".join(written))
    assert parse_spans(str(found)) == found


@given(st.lists(numbers, min_size=1, max_size=6))
def test_a_list_of_numbers_is_the_set_of_exactly_these(written: list[int]) -> None:
    assert members(written, up_to=450) == sorted(set(written))


def test_multiples_are_written_as_every() -> None:
    assert str(parse_spans("every 3")) == "every 3"
    assert parse_spans(Spans(((2, 4),))) == Spans(((2, 4),))


def test_multiples_in_a_list_are_read_or_refused_but_never_all_numbers() -> None:
    try:
        found = members(["every 2", 5])
    except ValueError:
        return
    assert found == [2, 4, 5, 6, 8, 10, 12]


def read(kind: Any, written: object) -> object:
    return TypeAdapter(kind).validate_python(written)


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        (Duration, "3 months", Offset(3, Unit.MONTHS)),
        (DaysLong, "4 weeks", Offset(4, Unit.WEEKS)),
        (Hours, "2 hours", (Offset(2, Unit.HOURS),)),
        (Hours, ["30 minutes", "6 hours"], (Offset(30, Unit.MINUTES), Offset(6, Unit.HOURS))),
        (VisitWindow, "-1/+2", Window(1, 2)),
        (VisitWindow, "days 21 to 28", DayRange(21, 28)),
        (Clock, "-15/+15 minutes", ClockWindow(15, 15)),
        (SpansText, "2-3", Spans(((2, 3),))),
        (Label, "  C1D1 ", "C1D1"),
    ],
)
def test_a_word_of_the_language_is_read_as_what_it_means(kind: Any, written: object, meant: object) -> None:
    assert read(kind, written) == meant


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Duration, "2 hours"),
        (Duration, 28),
        (DaysLong, "3 months"),
        (DaysLong, "1 hour"),
        (Hours, "2 days"),
        (Hours, [2]),
        (VisitWindow, 3),
        (VisitWindow, "-1/+2 hours"),
        (Clock, "-1/+2 days"),
        (SpansText, "0"),
        (Label, "  "),
        (Label, "x" * 201),
    ],
)
def test_a_word_in_the_wrong_place_is_refused(kind: Any, written: object) -> None:
    with pytest.raises(ValidationError):
        read(kind, written)
