"""What a text takes as an SMS."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.segments import BASIC, EXTENSION, ROOM, Encoding, Segments, count


def test_the_basic_table_has_its_127_characters_besides_the_escape_and_the_extension_its_10() -> None:
    assert (len(BASIC), len(EXTENSION)) == (127, 10)
    assert not BASIC & EXTENSION


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", Encoding.GSM_7, 0, 1),
        ("a" * 160, Encoding.GSM_7, 160, 1),
        ("a" * 161, Encoding.GSM_7, 161, 2),
        ("a" * 306, Encoding.GSM_7, 306, 2),
        ("a" * 307, Encoding.GSM_7, 307, 3),
        ("€" * 80, Encoding.GSM_7, 160, 1),
        ("ñ¿¡éùàìòÇÑ\n" * 10, Encoding.GSM_7, 110, 1),
        ("á", Encoding.UCS_2, 1, 1),
        ("ç" * 70, Encoding.UCS_2, 70, 1),
        ("ç" * 71, Encoding.UCS_2, 71, 2),
        ("预" * 134, Encoding.UCS_2, 134, 2),
        ("预" * 135, Encoding.UCS_2, 135, 3),
        ("🙂" * 35, Encoding.UCS_2, 70, 1),
        ("a" * 69 + "’", Encoding.UCS_2, 70, 1),
    ],
)
def test_a_text_takes(text: str, encoding: Encoding, units: int, segments: int) -> None:
    assert count(text) == Segments(encoding, units, segments)


def test_an_escaped_character_is_not_torn_apart_between_two_segments() -> None:
    assert count("a" * 152 + "€" + "a" * 152).segments == 3
    assert count("a" * 151 + "€" + "a" * 153).segments == 2


def test_a_surrogate_pair_is_not_torn_apart_between_two_segments() -> None:
    assert count("预" * 66 + "🙂" + "预" * 66).segments == 3
    assert count("预" * 65 + "🙂" + "预" * 67).segments == 2


@given(st.text(max_size=700))
def test_a_text_takes_as_many_segments_as_its_units_need_and_hardly_more(text: str) -> None:
    taken = count(text)
    alone, joined = ROOM[taken.encoding]
    assert taken.units >= len(text)
    if taken.units <= alone:
        assert taken.segments == 1
    else:
        assert -(-taken.units // joined) <= taken.segments <= -(-taken.units // (joined - 1))


@given(st.text(max_size=300), st.characters(codec="utf-8"))
def test_more_text_never_takes_less(text: str, more: str) -> None:
    assert count(text + more).segments >= count(text).segments
