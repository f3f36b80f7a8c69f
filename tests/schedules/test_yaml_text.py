"""What a YAML file means, where everything in it stands, and what is said about one that is wrong."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules import yaml_text
from schedules.errors import ProtocolError, SourceError
from schedules.yaml_text import Document, Path, read_yaml

PARSERS = [
    pytest.param(
        True, id="compiled", marks=pytest.mark.skipif(not yaml_text.FAST_PARSER, reason="needs ruamel.yaml.clib")
    ),
    pytest.param(False, id="pure"),
]


@pytest.fixture(params=PARSERS)
def either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test once with each of the two parsers."""
    monkeypatch.setattr(yaml_text, "FAST_PARSER", request.param)


pytestmark = pytest.mark.usefixtures("either_parser")


def data(text: bytes | str) -> Any:
    return read_yaml(text, "f.yaml").data


def problems(text: bytes | str) -> list[str]:
    with pytest.raises(SourceError) as caught:
        read_yaml(text, "f.yaml")
    return [str(problem).removeprefix("f.yaml:") for problem in caught.value.problems]


def problem(text: bytes | str) -> str:
    (only,) = problems(text)
    return only


# What a file means


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-3", -3),
        ("+3", 3),
        ("007", 7),
        ("999999999999999999", 999_999_999_999_999_999),
        ("1.0", 1.0),
        ("-.5", -0.5),
        ("1e3", 1000.0),
        ('"8"', "8"),
        ("'true'", "true"),
        ('""', ""),
        ("|-\n  8", "8"),
        (">-\n  a\n  b", "a b"),
        ('"a\\u00e9"', "aé"),
        ("[10:30, http://x/?y=1#z]", ["10:30", "http://x/?y=1#z"]),
        ("{}", {}),
        ("[]", []),
    ],
)
def test_plain_words_mean_what_yaml_1_2_says(written: str, meant: object) -> None:
    assert data(f"key: {written}\n") == {"key": meant}
    assert type(data(f"key: {written}\n")["key"]) is type(meant)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05", "2026-02-30", "2026-01-05T10:30Z", "10:30", "NO", "no", "on", "yes", "True", "NULL",
        "0x10", "0o7", "1_000", "1,5", "1.2.3", ".inf", ".nan", "-1/+2", "=",
    ],
)  # fmt: skip
def test_everything_else_is_text(text: str) -> None:
    assert data(f"- {text}") == [text]


def test_the_key_on_is_a_text_like_any_other() -> None:
    assert data("on: 1\nno: 2\n2026-01-05: 3") == {"on": 1, "no": 2, "2026-01-05": 3}


def test_an_alias_stands_for_the_value_with_its_anchor() -> None:
    assert data("a: &w {before: 1}\nb: *w\nc: [*w, *w]") == {
        "a": {"before": 1},
        "b": {"before": 1},
        "c": [{"before": 1}, {"before": 1}],
    }


def test_bytes_text_windows_line_ends_and_a_byte_order_mark_make_no_difference() -> None:
    plain = read_yaml("a: 1\nb: é\n", "f.yaml")
    for other in ("\ufeffa: 1\nb: é\n", "a: 1\r\nb: é\r\n", "a: 1\nb: é\n".encode(), "\ufeffa: 1\r\nb: é".encode()):
        document = read_yaml(other, "f.yaml")
        assert (document, document.place(("b",))) == (plain, (2, 4))


def test_one_document_may_have_its_marks() -> None:
    assert data("# a comment\n---\na: 1\n...\n") == {"a": 1}


def test_a_text_block_may_begin_with_a_line_of_spaces() -> None:
    assert data("a: |\n \n    x\n") == {"a": "\nx\n"}


# Where everything stands

PLACES = """\
key: visit
window: {before: 1, after: [2, "x"]}
list:
- a
-   b: 1
    c: *x
"""


@pytest.fixture
def document() -> Document:
    return read_yaml(PLACES.replace("visit", "&x {deep: 7.10}"), "f.yaml")


@pytest.mark.parametrize(
    ("path", "value_at", "key_at"),
    [
        ((), (1, 1), (1, 1)),
        (("key",), (1, 6), (1, 1)),
        (("window", "before"), (2, 18), (2, 10)),
        (("window", "after"), (2, 28), (2, 21)),
        (("window", "after", 1), (2, 32), (2, 32)),
        (("list",), (4, 1), (3, 1)),
        (("list", 1), (5, 5), (5, 5)),
        (("list", 1, "c"), (6, 8), (6, 5)),
        (("list", 1, "c", "deep"), (1, 16), (1, 10)),
        (("list", 1, "nowhere"), (5, 5), (5, 5)),
        (("window", "nowhere", "before"), (2, 9), (2, 9)),
        (("list", 9), (4, 1), (4, 1)),
    ],
)
def test_every_value_and_key_has_its_place_or_that_of_its_nearest_parent(
    document: Document, path: Path, value_at: tuple[int, int], key_at: tuple[int, int]
) -> None:
    assert (document.place(path), document.key_place(path)) == (value_at, key_at)


def test_a_number_can_be_shown_as_it_was_written(document: Document) -> None:
    assert document.written(("key", "deep")) == "7.10"


def test_a_problem_can_be_made_of_a_value_or_of_its_key(document: Document) -> None:
    assert str(document.problem(("window", "before"), "too few", "write 2")) == "f.yaml:2:18: too few; write 2"
    assert str(document.problem(("window",), "odd", "remove it", at_key=True)) == "f.yaml:2:1: odd; remove it"


@pytest.mark.parametrize("text", ["a:\nb: 1", "? a\n? b\n: 1", "{a: , b: 1}", "{a, b: 1}"])
def test_an_empty_value_stands_at_its_key(text: str) -> None:
    document = read_yaml(text, "f.yaml")
    assert document.data == {"a": None, "b": 1}
    assert document.place(("a",)) == document.key_place(("a",))


# What is wrong: all of it at once


def test_every_duplicate_key_is_named_with_the_line_of_the_first() -> None:
    assert problems("day: 1\nx: {a: 1, a: 2}\nday: 2\n\nday: 3\n") == [
        '2:11: the key "a" is already on line 2; keep one of the two, or rename one',
        '3:1: the key "day" is already on line 1; keep one of the two, or rename one',
        '5:1: the key "day" is already on line 1; keep one of the two, or rename one',
    ]


@pytest.mark.parametrize("key", ["1", "1.50", "true", "~", "[a]", "{a: b}", "? "])
def test_a_key_that_is_not_text_is_refused(key: str) -> None:
    assert problem(f"{key}: x" if key != "? " else "? \n: x").startswith("1:")


def test_a_number_as_a_key_is_to_be_put_in_quotes() -> None:
    assert problem("1.50: x") == '1:1: a key that is not text; put it in quotes: "1.50"'


def test_problems_of_all_kinds_are_collected_in_the_order_of_their_places() -> None:
    text = (
        'a: !!python/object:os.system x\n2: y\na: !foo [*nowhere]\n<<: {}\nb: "\\0"\nc: 1e999\nd: 9999999999999999999\n'
    )
    assert problems(text) == [
        '1:4: the tag "!!python/object:os.system"; remove it, or put the text in quotes',
        '2:1: a key that is not text; put it in quotes: "2"',
        '3:1: the key "a" is already on line 1; keep one of the two, or rename one',
        '3:4: the tag "!foo"; remove it, or put the text in quotes',
        '3:10: *nowhere refers to nothing; put text that begins with "*" in quotes',
        '4:1: the key "<<"; write out the keys that it should bring in',
        "5:4: an escape that stands for U+0000, which nobody can see; remove it",
        '6:4: "1e999" is too large for a number; put it in quotes',
        '7:4: "9999999999999999999" is too large for a number; put it in quotes',
    ]


def test_a_syntax_error_comes_with_the_problems_before_it() -> None:
    assert [each.split(":")[0] for each in problems("a: 1\na: 2\nb: [1\n")] == ["2", "3"]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "~", "\ufeff", "'x'", "8"])
def test_a_file_without_keys_is_told_what_is_expected(text: str) -> None:
    assert problem(text).startswith("1:1: the file ")
    assert 'write keys with their values, one to a line, such as "name: value"' in problem(text)


@pytest.mark.parametrize("text", ["a: 1\n---\nb: 2\n", "a: 1\n...\nb: 2\n", "---\n---\na: 1"])
def test_a_second_document_is_refused(text: str) -> None:
    assert "a second document begins here; keep one document to a file" in problem(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nfoo\nb: 2\n", "2:1: this line has no colon"),
        ("a: b: c\n", "1:5: a colon that does not fit"),
        ("a: 1\n b: 2\n", "2:3: a colon that does not fit"),
        ("a:\n  - x\n - y\n", "3:2: this line does not fit the lines above it"),
        ("a:\n    b: 1\n   c: 2\n", "3:4: this line does not fit the lines above it"),
        ("- a\nb: 1\n", "2:1: this line does not fit the lines above it"),
        ("b: 1\n- a\n", "2:1: this line does not fit the lines above it"),
        ("[a]\nb: 1\n", "2:1: this line does not fit the lines above it"),
        ("a: [1, 2\nb: 3\n", '1:4: the list that opens here with "[" goes wrong'),
        ("a: {b: 1\nc: 3\n", '1:4: the keys that open here with "{" go wrong'),
        ('a: "abc\nb: 1\n', "1:4: a quotation mark that is never closed"),
        ("a: 'it's'\n", "1:8: more text after the value"),
        ("a: @x\n", "1:4: a value cannot begin with this character"),
        ('a: "c:\\data"\n', "1:8: a backslash in double quotes"),
        ("a: - b\n", "1:4: a list item on the line of its key"),
        ("a: *bold*\n", "1:4: *bold* refers to nothing"),
        ("a: * b\n", '1:4: a "*" without a name'),
        ("a: & b\n", '1:4: a "&" without a name'),
        ("a: >= 3\n", '1:4: text after "|" or ">"'),
        ("a: ? b\n", '1:4: a "?" that does not fit here'),
        ("a: !<x\n", '1:4: a "!" that would begin a tag'),
        ("a: ]\n", "1:4: nothing stands before this character"),
        ('a: 1\nb: "\\U00110000"\n', "2:1: this cannot be read as YAML"),
        ("%YAML 1.1\n---\na: 1\n", "1:1: a line that begins with %"),
    ],
)
def test_a_syntax_error_is_told_in_plain_words(text: str, expected: str) -> None:
    assert problem(text).startswith(f"{expected}; ")


def test_the_error_that_is_asked_for_is_the_one_that_is_raised() -> None:
    with pytest.raises(ProtocolError):
        read_yaml("a: [", "f.yaml", ProtocolError)


# Refused before parsing


def test_a_file_of_a_million_bytes_is_read_and_a_larger_one_is_not() -> None:
    assert data("a: 1\n" + "#" * 999_995) == {"a": 1}
    for large in (b"a" * 1_000_001, "a" * 1_000_001, "é" * 500_001):
        assert problem(large).startswith("1:1: the file has 1,000,00")


def test_what_is_not_utf_8_is_refused_where_it_begins() -> None:
    assert problem(b"a: 1\nb: \xc3\xa9\xe9\n") == '2:5: the byte 0xe9 is not UTF-8; save the file as "UTF-8"'


@pytest.mark.parametrize("character", "\0\x07\x0b\r\x7f\x85\u2028\ufeff\ufffe\ud800")
def test_characters_that_nobody_sees_are_refused(character: str) -> None:
    assert problem(f'a: 1\nb: "x{character}"\n').startswith(f"2:6: the invisible character U+{ord(character):04X}; ")


def test_the_first_tab_of_every_line_is_named() -> None:
    assert problems("\ta:\t1\nb: 2\n\tc: 3") == [
        "1:1: a tab; write spaces instead, or remove it",
        "3:1: a tab; write spaces instead, or remove it",
    ]


# Bounded, however it is written

ALIAS_BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))
ALIAS_CHAIN = "a0: &a0 []\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 5000))
TOO_DEEP = "more than 60 lists or mappings inside one another"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[" * 100_000, TOO_DEEP),
        ("{" * 100_000, TOO_DEEP),
        ("a: " + "[{b: " * 100_000, TOO_DEEP),
        ("- " * 100_000, TOO_DEEP),
        ("? " * 100_000, TOO_DEEP),
        ("".join(f"{' ' * depth}a:\n" for depth in range(1000)), TOO_DEEP),
        (ALIAS_CHAIN, TOO_DEEP),
        (ALIAS_BOMB, "more than 100,000 values"),
        ("- a\n" * 100_000, "more than 100,000 values"),
        ("a: &a [*a]", "*a stands inside the value it refers to"),
        ("a: &a {b: {c: *a}}", "*a stands inside the value it refers to"),
        ("---\n" * 200_000, "a second document begins here"),
        (f"a: {'1' * 900_000}", "is too large for a number"),
        (f"{'k' * 900_000}: 1", "a colon that does not fit"),
        (f'a: "{"x y " * 200_000}', "a quotation mark that is never closed"),
    ],
    ids=lambda text: text[:12].strip(),
)
def test_a_monstrous_file_is_refused_like_any_other(text: str, expected: str) -> None:
    assert expected in problem(text)


def test_sixty_levels_are_not_too_deep() -> None:
    assert data("[" * 60 + "]" * 60)
    assert TOO_DEEP in problem("[" * 61 + "]" * 61)
    assert TOO_DEEP in problem(f"a: &a {'[' * 40}{']' * 40}\nb: {'[' * 20}*a{']' * 20}")


@pytest.mark.parametrize("line", ["k: 1\n", "1: a\n", "k: !t x\n", "k: *x\n", "\t\n", "%\n", "k: 1e999\n"])
def test_no_more_than_a_thousand_problems_are_listed(line: str) -> None:
    assert len(problems(line * 90_000)) == 1000


# Whatever is in a file

yamlish = st.lists(
    st.sampled_from(["a", "b: ", "k: v\n", "- ", "\n", "\n  ", "\n    ", " ", ":", "?", "? ", "[", "]", "{", "}"])
    | st.sampled_from([",", '"', "'", "#", " #", "|", ">", "|2-\n", "&a ", "*a", "!t ", "!!str ", "---\n", "...\n"])
    | st.sampled_from(["%", "\\", '"\\UFFFFFFFF"', "\t", "\r\n", "é", "𝒳", "\xa0", "@", "1", "1.5", "~", "10:30"]),
    max_size=25,
).map("".join)


def outcome(source: bytes | str) -> tuple[object, ...]:
    """All there is to know of a file: its content with every place, or its problems."""
    try:
        document = read_yaml(source, "f.yaml")
    except SourceError as error:
        return tuple(map(str, error.problems))
    return (document.data, *((document.place(path), document.key_place(path)) for path in paths(document.data)))


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from paths(value[key], (*path, key))


@given(st.binary(max_size=200))
def test_random_bytes_are_read_or_refused(source: bytes) -> None:
    assert outcome(source)


@given(st.text(max_size=200))
def test_random_text_is_read_or_refused(source: str) -> None:
    assert outcome(source)


@given(yamlish)
def test_text_that_looks_like_yaml_is_read_or_refused(source: str) -> None:
    assert outcome(source)


@pytest.mark.skipif(not yaml_text.FAST_PARSER, reason="needs ruamel.yaml.clib")
@given(yamlish)
def test_both_parsers_find_the_same_content_places_and_problems(source: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_text, "FAST_PARSER", True)
        compiled = outcome(source)
        patch.setattr(yaml_text, "FAST_PARSER", False)
        assert outcome(source) == compiled
