"""What nobody sees is in no text: it is refused wherever it stands, by its name and never as it is."""

import json

import pytest

from schedules.errors import HistoryError, ProtocolError, SiteError, SourceError
from schedules.history_file import read_fact_line, read_facts
from schedules.protocol_file import library_text, read_parameters, read_protocol
from schedules.site_file import read_site
from schedules.yaml_text import read_yaml

UNSEEN = "\x1b\x07\x9b\xad\u061c\u180e\u200b\u200e\u202a\u202e\u2060\u2066\u2069\u3164\ufff9\U000e0041"
STUDY = """protocol: small
version: "1.0"
title: A small study
assumptions: [One day is enough.]
activities:
  drug: {label: The drug, kind: dose}
epochs:
  treatment:
    label: Treatment
    visits:
      d1: {label: Day 1, day: 1, activities: [drug]}
"""


def told(text: str) -> str:
    with pytest.raises(SourceError) as refused:
        read_yaml(text, "f.yaml")
    (only,) = refused.value.problems
    return str(only)


@pytest.mark.parametrize("character", UNSEEN)
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: x{}y\n", "1:5"),
        ("a: 'x{}y'\n", "1:6"),
        ("a: |\n  x{}y\n", "2:4"),
        ("a{}b: 1\n", "1:2"),
        ("a: 1 # {}\n", "1:8"),
    ],
)
def test_a_character_that_nobody_sees_is_refused_in_any_value_key_or_comment(
    character: str, text: str, place: str
) -> None:
    name = f"U+{ord(character):04X}"
    said = told(text.replace("{}", character))
    assert said == f"f.yaml:{place}: the invisible character {name}; write spaces instead, or remove it"
    assert said.isprintable()


@pytest.mark.parametrize("character", UNSEEN)
def test_its_escape_is_refused_just_so(character: str) -> None:
    said = told(f'a: "x\\U{ord(character):08x}"\n')
    assert said == f"f.yaml:1:4: an escape that stands for U+{ord(character):04X}, which nobody can see; remove it"


@pytest.mark.parametrize("text", ["a: \u200d\n", "a: '\u200c \u200d'\n", 'a: "\\u200d"\n', "a: \ufe0f\n"])
def test_a_text_in_which_there_is_nothing_to_see_is_refused(text: str) -> None:
    assert told(text).startswith("f.yaml:1:4: a text of nothing but U+")


@pytest.mark.parametrize("text", ["می‌خواهم", "क्‍ष", "❤️", "葛󠄀", "Größe 3 ½ µg"])
def test_characters_that_words_are_made_of_stay(text: str) -> None:
    assert read_yaml(f"a: {text}\n", "f.yaml").data == {"a": text}


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("title: A small study", "3:8"),
        ("label: The drug", "6:17"),
        ("label: Treatment", "9:12"),
        ("label: Day 1", "11:19"),
        ('version: "1.0"', "2:10"),
    ],
)
def test_what_stands_in_one_line_has_no_line_break(written: str, place: str) -> None:
    key, _, value = written.partition(": ")
    broken = STUDY.replace(written, f"{key}: {json.dumps(value.strip(chr(34)) + chr(10) + 'second line')}")
    with pytest.raises(ProtocolError) as refused:
        read_protocol(broken, "p.yaml")
    wrong = "this text has a line break in it; write it on one line"
    assert [str(problem) for problem in refused.value.problems] == [f"p.yaml:{place}: {wrong}"]


def test_long_prose_keeps_its_lines() -> None:
    read = read_protocol(STUDY.replace("One day is enough.", '"One.\\nTwo."'), "p.yaml")
    assert read.protocol.assumptions == ("One.\nTwo.",)
    (fact,) = read_facts('- {fact: died, date: 2026-01-05, note: "One.\\nTwo."}', "f.yaml")
    assert fact.note == "One.\nTwo."


def test_neither_facts_nor_sites_have_them() -> None:
    with pytest.raises(HistoryError, match="line break"):
        read_facts('- {fact: died, date: 2026-01-05, by: "A\\nB"}', "f.yaml")
    with pytest.raises(SiteError, match="line break"):
        read_site('site: s\nname: "A\\nB"\nzone: UTC\n', "s.yaml")
    with pytest.raises(SourceError, match=r"U\+202E"):
        read_parameters("days: 1\u202e2", "v.yaml")


@pytest.mark.parametrize("line", ["died\x1b[31m date=2026-01-05", "died \u202edate", "died date=2026-01-05 by=A\u200b"])
def test_nor_has_a_fact_of_the_command_line(line: str) -> None:
    with pytest.raises(HistoryError, match=r"the invisible character U\+[0-9A-F]{4}; remove it") as refused:
        read_fact_line(line)
    assert str(refused.value).isprintable()


def test_the_library_has_none() -> None:
    for name in ("vsli-ino", "ven-ino"):
        assert read_yaml(library_text(name), name).data
