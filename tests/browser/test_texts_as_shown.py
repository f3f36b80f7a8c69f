"""Texts as a screen lays them out: an implementation of the bidirectional algorithm that is not ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import Page

from notifications.wording import TEMPLATES, Values, render, shipped, shipped_languages

pytestmark = pytest.mark.browser

PHONE, URGENT, LATIN, ARABIC = "+1 212 555 0100", "(212) 555-0199", "North Clinic (2)", "عيادة الشمال 5"
VALUES = Values(
    place=LATIN, phone=PHONE, day=date(2026, 9, 30), starts=570, urgent_phone=URGENT, emergency_phone="911",
    code="123456",
)  # fmt: skip
#: the characters of a paragraph from left to right, and whether its full stop is the leftmost
AS_SHOWN = """text => {
    document.body.innerHTML = "<p style='unicode-bidi: plaintext; white-space: nowrap; display: inline-block'></p>";
    const paragraph = document.querySelector("p");
    paragraph.textContent = text;
    const range = document.createRange(), found = [];
    for (let at = 0; at < text.length; at++) {
        range.setStart(paragraph.firstChild, at);
        range.setEnd(paragraph.firstChild, at + 1);
        const box = range.getBoundingClientRect();
        if (box.width > 0) found.push([box.left, text[at]]);
    }
    const stop = found[found.length - 1][0];
    found.sort((one, other) => one[0] - other[0]);
    return [found.map(each => each[1]).join(""), stop === found[0][0]];
}"""


def shown(page: Page, text: str) -> tuple[str, bool]:
    as_shown, from_right = page.evaluate(AS_SHOWN, text)
    return as_shown, from_right


def test_without_marks_the_groups_of_a_number_would_be_shown_from_right_to_left(page: Page) -> None:
    """So that the other tests here are known to see something."""
    assert PHONE not in shown(page, f"اتصلوا على {PHONE}.")[0]


@pytest.mark.parametrize("code", shipped_languages())
def test_numbers_and_latin_names_are_shown_as_they_are_read_in_every_text(page: Page, code: str) -> None:
    for template in TEMPLATES:
        text = render(shipped(template, code), code, VALUES)
        as_shown, from_right = shown(page, text)
        assert from_right is (code == "ar"), template
        for value in (PHONE, URGENT, LATIN, "911", "9:30", "30", "2026", "STOP", "START"):
            assert as_shown.count(value) == text.count(value), (template, value)


@pytest.mark.parametrize("code", shipped_languages())
def test_a_text_with_an_arabic_name_keeps_its_own_direction_and_its_order(page: Page, code: str) -> None:
    for template in TEMPLATES:
        text = render(shipped(template, code), code, replace(VALUES, place=ARABIC))
        as_shown, from_right = shown(page, text)
        assert from_right is (code == "ar"), template
        assert "5 " + ARABIC[:-2][::-1] in as_shown, template
        for value in (PHONE, URGENT, "911", "2026"):
            assert as_shown.count(value) == text.count(value), (template, value)
