"""What keeps a wording from being published, each with what would be right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.errors import WordingRefused
from notifications.wording import KINDS, VARIABLES, check_wording, shipped, takes_at_most
from notifications.wording.sandbox import compiled

GOOD = "{{ place }}: {{ day }}{% if time %}, {{ time }}{% endif %}. Call {{ phone }}."


def problems(source: str, template: str = "reminder", language: str = "en") -> str:
    return "\n".join(check_wording(template, language, source, ("ABC-9", "examplumab"), ("clinic.example/plan",)))


def test_a_wording_that_tells_what_it_must_may_be_published() -> None:
    assert check_wording("reminder", "en", GOOD) == ()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (GOOD + " {{ name }}", "name is no variable; reminder may tell day, phone, place, time"),
        (GOOD + " {{ drug }}", "drug is no variable"),
        (GOOD + " {{ urgent_phone }}", "urgent_phone is nothing that this text can tell"),
        (
            "{{ place }} {{ day }}{% if time %} {{ time }}{% endif %}",
            "phone is missing; reminder has to tell the number",
        ),
        (GOOD.replace("{{ phone }}", "{% if time %}{{ phone }}{% endif %}"), "phone is not always told"),
        (GOOD.replace("{{ phone }}", "{% if not place %}{{ phone }}{% endif %}"), "phone is not always told"),
        ("{{ place }} {{ day }} {{ time }} {{ phone }}", "write {% if time %}{{ time }}{% endif %}"),
        (GOOD + "{% if day %}{{ time }}{% endif %}", "time is not known for every appointment"),
        (GOOD + "{% if time %}{% else %}{{ time }}{% endif %}", "time is not known for every appointment"),
        ("", "place is missing"),
        (" \n", "there is no text"),
    ],
)
def test_a_wording_tells_what_its_text_may_and_has_to_tell(source: str, said: str) -> None:
    assert said in problems(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{", "{% if %}", "{{ }}", "{% endif %}", "{{ place", "{% if time %}",
        "{{ place.__class__ }}", "{{ place[0] }}",
        "{{ place|upper }}", "{{ place() }}", "{{ 7 * 7 }}", "{{ 'x' }}", "{{ 'x' * 99999999 }}", "{{ place ~ day }}",
        "{% for x in place %}{{ x }}{% endfor %}", "{% set x = 1 %}", "{% include 'x' %}",
        "{% import 'x' as y %}", "{% extends 'x' %}",
        "{% macro m() %}{% endmacro %}", "{% block b %}{% endblock %}", "{% filter upper %}x{% endfilter %}",
        "{% call m() %}{% endcall %}",
        "{{ range(9) }}", "{{ cycler('a') }}", "{{ lipsum() }}", "{{ self }}{{ self.x }}",
        "{{ place is defined }}", "{{ [1] }}", "{{ {} }}",
        "{% if place == 'x' %}{% endif %}", "{% if place and day %}{% endif %}", "{{ place if day }}",
        "{% with %}{% endwith %}",
        "{% autoescape true %}{% endautoescape %}", "{{ -1 }}", "{% do 1 %}", "{% debug %}",
        "{% trans %}x{% endtrans %}",
        "{{ place.format }}", "{% if x.y %}{% endif %}", "x" * 1001, "{% if time %}" * 200 + "{% endif %}" * 200,
    ],
)  # fmt: skip
def test_a_wording_has_only_text_variables_and_parts_that_hang_on_one(source: str) -> None:
    assert "write" in problems(source)
    with pytest.raises(WordingRefused, match="write"):
        compiled(source)


@given(
    st.lists(
        st.sampled_from(["{{", "}}", "{%", "%}", "{#", "#}", "place", "time", " if ", "endif", ".", "|", "x"]),
        max_size=25,
    )
)
def test_any_source_at_all_is_checked_without_failing(pieces: list[str]) -> None:
    assert isinstance(check_wording("reminder", "en", "".join(pieces)), tuple)


@pytest.mark.parametrize(
    "link",
    [
        "https://x.example/a", "http://x", "HTTPS://X.EXAMPLE", "ftp://x", "www.x.example", "x.example",
        "x.example/a?b=c", "bit.ly/3xY",
        "a@x.example", "tel:+1@x", "例子.中国", "clinic.example", "clinic.example/plan/2",
        "evil.clinic.example/plan", "javascript://x",
    ],
)  # fmt: skip
def test_a_link_that_the_study_has_not_agreed_to_is_refused(link: str) -> None:
    assert "no address that the study has agreed to; leave it out" in problems(f"{GOOD} See {link}.")
    assert "no address" in problems(f"{GOOD} 请看{link}。", language="zh")


def test_a_link_made_of_a_variable_is_refused_as_well() -> None:
    assert "no address" in problems(GOOD + " https://x.example/{{ phone }}")
    assert "no address" in problems(GOOD + " {{ place }}.example")


def test_a_link_on_the_studys_list_may_stand_in_a_text() -> None:
    assert problems(GOOD + " More: clinic.example/plan.") == ""


@pytest.mark.parametrize(
    "words", ["at 9:30 a.m. or p.m.", "No. 5", "e.g. by bus", "Wait... then call", "1.5 hours", "and/or", "U.S."]
)
def test_what_is_no_link_is_not_taken_for_one(words: str) -> None:
    assert problems(f"{GOOD} {words}") == ""


@pytest.mark.parametrize(
    "words",
    [
        "your leukaemia", "Leukemia", "leu{# #}kaemia", "the {% if day %}chemo{% endif %}", "trial",
        "STUDY visit", "examplumab",
        "ABC 9", "abc9", "vincristine", "your results", "quimioterapia", "essai clinique", "دراسة",
        "لسرطانكم", "白血病", "试验中",
        "stu{% if time %} x {% endif %}dy", "stu{% if not time %} x {% endif %}dy",
        "pembrolizumab", "leuk-\u200baemia", "l e u k a e m i a",
    ],
)  # fmt: skip
def test_a_word_that_tells_too_much_is_refused_in_any_language(words: str) -> None:
    for language in ("en", "es", "fr", "ar", "zh", "hi"):
        assert "tells too much to a stranger" in problems(f"{GOOD} {words}", language=language)


@pytest.mark.parametrize(
    "words",
    [
        "Reply YES.", "Reply yes to confirm.", "Text CANCEL.", "answer 'end'", "reply with quit",
        "Respond: revoke", "Send OPTOUT",
        "Say “cancel”.", "Responda SÍ", "Responda con sí", "Répondez OUI", "répondez par «oui»", "回复“是”",
        "أرسل نعم", "Reply UNSUBSCRIBE",
        "YES or NO?", "reply opt-out",
    ],
)  # fmt: skip
def test_a_word_that_carriers_take_for_themselves_is_never_asked_for(words: str) -> None:
    assert "ask for 1 to confirm and 2 for another time, and name STOP as the way out" in problems(f"{GOOD} {words}")


@pytest.mark.parametrize(
    "words",
    [
        "Reply STOP to end messages.",
        "To cancel, call us.",
        "At the end of the week.",
        "Reply START.",
        "Reply HELP.",
        "Reply 1 or 2.",
    ],
)
def test_the_same_words_may_be_used_as_everybody_does(words: str) -> None:
    assert problems(f"{GOOD} {words}") == ""


def test_a_text_that_takes_too_many_segments_with_long_values_is_refused() -> None:
    room = 306 - takes_at_most(GOOD, "en")[0].units
    assert problems(GOOD + " " + "x" * (room - 1)) == ""
    assert "it takes 3 segments of gsm-7 with long values (307 units), 2 are the most" in problems(
        GOOD + " " + "x" * room
    )
    assert "5 segments of ucs-2" in problems(GOOD + " " + "í " * 90)


def test_the_longest_name_number_day_and_hour_are_what_counts() -> None:
    (taken,) = takes_at_most("{{ place }}{{ phone }}{{ day }}{{ time }}{{ emergency_phone }}", "en")
    assert taken.units == 30 + len("+999 9999 999 9999") + len("Wednesday, September 30, 2026") + len("10:00 AM") + 3


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\u200b", "\x00", "\x1b", "\r", "\t", "\ufeff", "\ue000"])
def test_characters_that_nobody_sees_are_refused_in_a_wording(character: str) -> None:
    assert f"U+{ord(character):04X}: characters that nobody sees" in problems(GOOD + character + "x")


def test_the_joiners_of_persian_and_hindi_may_stand_in_a_wording() -> None:
    assert problems(GOOD + " می\u200cآیید", language="fa") == ""


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert len(problems("Reply YES, leukaemia www.x.example {{ name }} {{ time }}").splitlines()) == 8


@pytest.mark.parametrize("language", ["", "xx", "en;x", "../en", "\x00"])
def test_a_language_that_nobody_knows_is_refused(language: str) -> None:
    assert "give a BCP 47 tag such as en, es-MX or zh" in problems(GOOD, language=language)


def test_a_text_that_there_is_none_of_is_refused() -> None:
    assert "there is no text 'poem'; there are reminder, moved" in problems(GOOD, template="poem")


def test_every_variable_of_every_text_is_known() -> None:
    assert {name for kind in KINDS.values() for name in kind.variables} == set(VARIABLES)
    assert all(shipped(template, "en") for template in KINDS)
