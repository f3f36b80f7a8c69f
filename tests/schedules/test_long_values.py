"""What was written is shown in a message, but never all of something long."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from schedules.errors import OffsetError, ProtocolError, WindowError
from schedules.language import Clock, DaysLong, Duration, Hours, SpansText, VisitWindow
from schedules.offsets import parse_offset
from schedules.protocol_file import read_protocol
from schedules.windows import parse_clock_window, parse_window

LONG = "x" * 1_900
VALUES = [
    LONG,
    f"1 {LONG}",
    f"-1/+2 {LONG}",
    [LONG] * 100,
    [[0, [2]]] * 100,
    {"a": LONG},
    True,
    None,
    1.5,
    f"1, {LONG}",
]


@pytest.mark.parametrize("kind", [Clock, DaysLong, Duration, Hours, SpansText, VisitWindow])
@pytest.mark.parametrize("written", VALUES, ids=range(len(VALUES)))
def test_a_word_of_the_language_that_cannot_be_read_is_told_in_few_words(kind: Any, written: object) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter[Any](kind).validate_python(written)
    for error in refused.value.errors():
        said = error["msg"]
        assert len(said) < 260, said
        assert not any(sign in said for sign in ("True", "None", "[[", "{'"))


@pytest.mark.parametrize("read", [parse_offset, parse_window, parse_clock_window])
@pytest.mark.parametrize("written", [LONG, f"1 {LONG}", f"-1/+2 {LONG}"])
def test_so_are_lengths_and_windows(read: Any, written: str) -> None:
    with pytest.raises((OffsetError, WindowError)) as refused:
        read(written)
    assert len(str(refused.value)) < 220
    assert "xxx" in str(refused.value)


def test_every_message_of_a_file_full_of_long_texts_is_short() -> None:
    text = f"""protocol: small
version: "1.0"
title: A small study
activities: {{drug: {{label: D, kind: {LONG}, minutes: "{LONG}"}}}}
spacing: [{{drug: {LONG}, at_least: {LONG}}}]
longest_hold: [{LONG}]
epochs:
  treatment:
    label: T
    cycles: {{length: 3 {LONG}, within: {LONG}, at_most: {LONG}}}
    visits:
      d1: {{label: D, day: {LONG}, window: {LONG}, cycles: [{LONG}, [[{LONG}]]], at: 1 {LONG}, activities: [{LONG}]}}
      d2: {{label: D, {LONG}, day: 1}}
"""
    with pytest.raises(ProtocolError) as refused:
        read_protocol(text, "p.yaml")
    problems = refused.value.problems
    assert len(problems) > 8
    assert [problem for problem in problems if len(str(problem)) > 330] == []
