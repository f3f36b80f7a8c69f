"""No text in any language tells what its reader is ill with, whatever it is filled with."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.errors import WordingRefused
from notifications.forbidden import told
from notifications.languages import drugs, language_of, languages
from notifications.rules import LONGEST_ALIAS
from notifications.wording import TEMPLATES, Values, render, shipped, shipped_languages

VALUES = Values(
    place="North Clinic", phone="+1 212 555 0100", day=date(2026, 1, 9), starts=570, urgent_phone="+1 212 555 0199",
    emergency_phone="911", code="123456",
)  # fmt: skip
EVERY = [(template, code) for template in TEMPLATES for code in shipped_languages()]
PLAIN = {(template, code): render(shipped(template, code), code, VALUES) for template, code in EVERY}
STUDY = ("ABC-9", "Sunrise Study", "examplumab", "Ada Example")
#: marks that set the direction, and nothing else that cannot be seen
MARKS = "\u200e\u200f"
#: what becomes "your clinic": each tells a disease, a drug, a study, a person, or leads somewhere
TELLING = (
    "Leukemia Center", "LEUKAEMIA ward", "Leuk\u00e6mia", "leuk\u00adaemia", "Leu\u200bke\u200bmia",
    "leuk-aemia", "l.e.u.k.e.m.i.a",
    "L e u k e m i a", "Ｌｅｕｋｅｍｉａ", "𝕷𝖊𝖚𝖐𝖊𝖒𝖎𝖆", "Lеukеmia", "Leuk\u2060emia", "Leuké\u0301mia",
    "Centro de Leucemia", "Hôpital de jour d'hématologie", "Centre d’oncologie", "مركز السرطان",
    "عيادة أمراض الدم", "مركز لوكيميا",
    "白血病中心", "血液科", "肿 瘤 科", "北方癌症中心", "Clinical Trials Unit", "Study office", "Bureau de l'étude",
    "Oficina del ensayo",
    "وحدة التجارب", "临床试验中心", "Vincristine desk", "Inotuzumab-Ozogamicin", "VENETOCLAX", "维奈克拉",
    "pembrolizumab", "Imatinib day",
    "ABC-9", "abc 9", "ABC9 clinic", "Sunrise study", "Examplumab", "Ada Example",
    "http://evil.example", "evil.example",
    "www.evil.example/x", "a@evil.example", "", " ", "\u200b", "\n", "\u3164\u2800",
)  # fmt: skip
#: what loses something, but is no secret
ODD = (
    "North\nClinic", "North\r\nReply YES to 12345", "North\x00\x07\x1b[31m", "North\u2028Clinic",
    "North\u2029Clinic", "\u202eNorth",
    "\u2066North", "North\u200f", "North\ud800", "{{ phone }}", "{% raw %}", "{{ 7*7 }}", "{# x",
    "%s%n", "${jndi}", "<b>North</b>", "'; DROP",
    "N" * 5000, "North " * 500, "\ufeffNorth",
    "e\u0301" * 200, "a" + "\u0301" * 300, "🙂" * 100, "\U000e0041", "\ufff9North", "\t", "North\vClinic",
)  # fmt: skip


def text(template: str, code: str, **changes: Any) -> str:
    return render(shipped(template, code), code, replace(VALUES, **changes), STUDY)


def seen(said: str) -> None:
    """What holds of every text, whatever it is filled with."""
    assert told(said, STUDY) is None
    assert not [each for each in said if unicodedata.category(each)[0] == "C" and each not in MARKS]
    assert len(said.splitlines()) == 1
    assert not re.search(r"://|www\.|@", said)
    assert len(said) < 500


@pytest.mark.parametrize("place", TELLING)
def test_a_clinics_name_that_would_tell_becomes_your_clinic_in_every_text_and_language(place: str) -> None:
    for template, code in EVERY:
        said = text(template, code, place=place)
        seen(said)
        assert language_of(code).clinic in said


@pytest.mark.parametrize("place", ODD, ids=lambda place: ascii(place)[:30])
def test_a_strange_name_breaks_no_line_and_brings_nothing_unseen_into_any_text(place: str) -> None:
    for template, code in EVERY:
        said = text(template, code, place=place)
        seen(said)
        assert len(said) <= len(PLAIN[template, code]) + LONGEST_ALIAS + len(MARKS) * 2
        assert "49" not in said.replace("+1 212 555 0149", "")


def test_every_word_that_ships_as_forbidden_is_found_in_a_name_in_upper_and_lower_case() -> None:
    words = {*drugs(), *(word for each in languages().values() for word in each.never)}
    assert len(words) > 250
    found = {word for word in words if told(f"North {word} clinic") and told(word.upper()) and told(f"({word})")}
    assert found == words


@pytest.mark.parametrize("name", ["phone", "urgent_phone", "emergency_phone"])
@pytest.mark.parametrize("number", ["call me", "0", "<a>", "+1 212 555 0100\nReply YES", "1" * 20, "leukemia 12345"])
def test_what_is_no_number_is_in_no_text(name: str, number: str) -> None:
    for template, code in EVERY:
        with pytest.raises(WordingRefused, match=f"{name} is no number to call"):
            text(template, code, **{name: number})


@pytest.mark.parametrize("number", ["\u202e+1 212 555 0100", "+1\u00a0212\u2009555\u200b 0100", " +1 212 555 0100\n"])
def test_a_number_loses_what_cannot_be_seen(number: str) -> None:
    assert [text(*which, phone=number) for which in EVERY] == [PLAIN[which] for which in EVERY]


def test_a_text_without_what_it_has_to_tell_is_not_written() -> None:
    for template, code in EVERY:
        nothing = Values(place="North Clinic", phone="")
        if TEMPLATES[template] - {"place"}:
            with pytest.raises(WordingRefused, match="cannot be filled in"):
                render(shipped(template, code), code, nothing)


def test_a_wording_in_the_database_that_nobody_would_have_published_is_not_sent() -> None:
    for source in ("Your leukaemia visit", "{{ place }} {{ ''.__class__ }}", "Sunrise study", "{{ name }}", "x" * 1001):
        with pytest.raises(WordingRefused):
            render(source, "en", VALUES, STUDY)


@pytest.mark.parametrize("language", ["", "xx", "en;drop", "../en", "e" * 300, "\x00"])
def test_a_language_that_nobody_knows_is_refused(language: str) -> None:
    with pytest.raises(WordingRefused, match="is no language"):
        render("{{ place }}", language, VALUES)


@given(st.text(max_size=80), st.sampled_from(EVERY))
def test_no_name_at_all_brings_anything_into_a_text_that_may_not_be_there(place: str, which: tuple[str, str]) -> None:
    seen(text(*which, place=place))


@given(
    st.sampled_from(sorted({*drugs(), *(word for each in languages().values() for word in each.never)})),
    st.sampled_from(["", " ", "-", ".", "\u200b", "\u00ad", "’", "\u2060"]), st.integers(1, 6), st.sampled_from(EVERY),
)  # fmt: skip
def test_a_forbidden_word_is_found_wherever_something_is_put_into_it(
    word: str, between: str, place: int, which: tuple[str, str]
) -> None:
    torn = word if between == " " else word[:place] + between + word[place:]
    said = text(*which, place=f"A {torn} B")
    seen(said)
    assert said == text(*which, place="Leukemia Center")
