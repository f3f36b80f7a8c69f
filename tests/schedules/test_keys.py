"""Keys of visits, gates and cycles: what their parts are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.keys import Key, Stay, parse_key, parse_stay

names = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,4}){0,2}", fullmatch=True)
stays = st.builds(Stay, names, st.integers(1, 99), st.none() | st.integers(1, 999))


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("induction.c2.d8", Key(Stay("induction", 1, 2), "d8", 1)),
        ("screening.marrow", Key(Stay("screening", 1, None), "marrow", 1)),
        ("screening.marrow#2", Key(Stay("screening", 1, None), "marrow", 2)),
        ("follow-up.month-3", Key(Stay("follow-up", 1, None), "month-3", 1)),
        ("maintenance#2.c1.continue", Key(Stay("maintenance", 2, 1), "continue", 1)),
        ("maintenance#12.c100.d1#3", Key(Stay("maintenance", 12, 100), "d1", 3)),
        ("follow-up.c1", Key(Stay("follow-up", 1, None), "c1", 1)),
    ],
)
def test_a_key_has_an_epoch_perhaps_an_entry_and_a_cycle_and_a_name(written: str, key: Key) -> None:
    assert parse_key(written) == key


@pytest.mark.parametrize(
    "written",
    ["", "induction", "induction.", ".d1", "induction.c0.d1", "induction.c01.d1", "induction#1.c1.d1", "induction#0.d1",
     "Induction.d1", "induction.c1.d1.x", "induction.c1.d1#1", "induction.c1000.d1", "in duction.d1", "induction.d-"],
)  # fmt: skip
def test_what_has_not_the_form_of_a_key_is_none(written: str) -> None:
    assert parse_key(written) is None


@pytest.mark.parametrize(
    ("written", "stay"),
    [
        ("induction.c2", Stay("induction", 1, 2)),
        ("follow-up", Stay("follow-up", 1, None)),
        ("maintenance#2.c1", Stay("maintenance", 2, 1)),
    ],
)
def test_a_stay_has_an_epoch_perhaps_an_entry_and_a_cycle(written: str, stay: Stay) -> None:
    assert parse_stay(written) == stay
    assert str(stay) == written


@pytest.mark.parametrize("written", ["", "a.d8", "a.c2.d8", "a.c0", "a#1", "a ", "a-", "A"])
def test_what_has_not_the_form_of_a_stay_is_none(written: str) -> None:
    assert parse_stay(written) is None


@given(stays)
def test_a_stay_is_read_as_it_is_written(stay: Stay) -> None:
    assert parse_stay(str(stay)) == stay


@given(stays, names, st.integers(1, 99))
def test_a_key_is_read_as_it_is_written(stay: Stay, name: str, again: int) -> None:
    written = stay.key(name) + (f"#{again}" if again > 1 else "")
    assert parse_key(written) == Key(stay, name, again)


@given(st.text(max_size=30))
def test_any_text_is_a_key_or_none(text: str) -> None:
    key = parse_key(text)
    again = f"#{key.again}" if key and key.again > 1 else ""
    assert key is None or key.stay.key(key.name) + again == text
