"""What participants read is read at about twelve years where a language has a measure for it; elsewhere it is short."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from notifications.wording import TEMPLATES, shipped
from planner.web.home.texts import LANGUAGES, texts_in
from tests.reading import fernandez_huerta, flesch_kincaid, inflesz, kandel_moles, sentences_of, words_of

Texts = Callable[[str], dict[str, str]]
#: formulas are made for running text: a passage is judged from so many words on, and shorter texts all together
PASSAGE, LABEL = 10, 4
#: Spanish and French: read at twelve years; and what INFLESZ calls rather easy, in the middle of its scale
AT_TWELVE, RATHER_EASY = 70, 60
#: English: the grade at which children are eleven and twelve years old
GRADE = 6
MOST_WORDS = {"en": 22, "es": 18, "fr": 18, "ar": 15}
LONGEST_WORD = {"en": 12, "es": 12, "fr": 13, "ar": 11}
#: signs between two marks, and in a sentence
CHINESE = 26, 40


def said(code: str) -> dict[str, str]:
    """Every text of the own page, with a number in place of each value."""
    return {key: re.sub(r"\{\w+\}", "7", text) for key, text in texts_in(code).said.items()}


def told(code: str) -> dict[str, str]:
    """Every text message as it is shipped."""
    return {name: re.sub(r"\{\w+\}", "7", shipped(name, code)) for name in TEMPLATES}


def passages(texts: dict[str, str]) -> list[str]:
    """Those that are long enough to be judged each on its own."""
    return [text for text in texts.values() if len(words_of(text)) >= PASSAGE]


def together(texts: dict[str, str]) -> str:
    """All that is more than a label, as one text."""
    return " ".join(f"{text.rstrip('.')}." for text in texts.values() if len(words_of(text)) >= LABEL)


def test_the_measures_know_an_easy_text_from_a_hard_one() -> None:
    easy, hard = (
        "We call you. You can stay at home.",
        "Discontinuation necessitates reevaluation.",
    )
    assert flesch_kincaid(easy) < 3 < 12 < flesch_kincaid(hard)
    easy, hard = (
        "Venga a las dos. Le vemos en casa.",
        "La discontinuación requiere reevaluación inmediata.",
    )
    assert fernandez_huerta(easy) > 90 > 40 > fernandez_huerta(hard)
    assert inflesz(easy) > 80 > 40 > inflesz(hard)
    easy, hard = (
        "Venez à dix heures. On vous attend.",
        "L’interruption nécessite une réévaluation immédiate.",
    )
    assert kandel_moles(easy) > 90 > 40 > kandel_moles(hard)


def test_a_passage_that_was_counted_by_hand_has_the_grade_of_its_counts() -> None:
    """Nine words in two sentences, with thirteen syllables."""
    by_hand = 0.39 * 9 / 2 + 11.8 * 13 / 9 - 15.59
    assert flesch_kincaid("The clinic is open. Please come on Monday morning.") == pytest.approx(by_hand)


@pytest.mark.parametrize("texts", [said, told])
def test_english_texts_are_read_in_the_sixth_year_at_school(texts: Texts) -> None:
    found = texts("en")
    for text in (*passages(found), together(found)):
        assert flesch_kincaid(text) <= GRADE, text


@pytest.mark.parametrize("texts", [said, told])
def test_spanish_texts_are_read_at_twelve_years(texts: Texts) -> None:
    found = texts("es")
    for text in (*passages(found), together(found)):
        assert fernandez_huerta(text) >= AT_TWELVE, text
        assert inflesz(text) >= RATHER_EASY, text


@pytest.mark.parametrize("texts", [said, told])
def test_french_texts_are_read_at_twelve_years(texts: Texts) -> None:
    found = texts("fr")
    for text in (*passages(found), together(found)):
        assert kandel_moles(text) >= AT_TWELVE, text


@pytest.mark.parametrize("code", sorted(set(LANGUAGES) - {"zh"}))
def test_sentences_and_words_are_short(code: str) -> None:
    for text in said(code).values():
        for sentence in sentences_of(text):
            words = words_of(sentence)
            assert len(words) <= MOST_WORDS[code], sentence
            assert max([0, *map(len, words)]) <= LONGEST_WORD[code], sentence


def test_chinese_sentences_and_their_parts_are_short() -> None:
    for text in said("zh").values():
        assert max(map(len, re.split("[，。！？：；、]", text))) <= CHINESE[0], text
        assert max(map(len, sentences_of(text))) <= CHINESE[1], text
