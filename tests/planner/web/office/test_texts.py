"""Texts are shown as their recipients read them, with what they cost; only what is signed off is sent."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask

from notifications.segments import count
from notifications.wording import KINDS, shipped, shipped_languages
from planner.services.users import Role
from tests.desk import Desk, desk_of, text_of
from tests.studies import STUDY, Trial, audited

TEXTS = f"/office/studies/{STUDY}/texts"
OWN = "This is {{ place }}. Come on {{ day }}{% if time %} at {{ time }}{% endif %}. Call {{ phone }}."


def bubbles(page: str) -> dict[str, str]:
    """The previews of a page, by language."""
    found = re.findall(r'<div class="bubble" lang="([^"]+)" dir="(?:ltr|rtl)"><p>(.*?)</p>', page, flags=re.DOTALL)
    return {language: html.unescape(text) for language, text in found}


def test_every_kind_of_text_is_shown_in_every_language_with_what_it_costs(office: Desk) -> None:
    for template in KINDS:
        page = office.html(f"{TEXTS}/{template}")
        shown = bubbles(page)
        assert tuple(shown) == tuple(shipped_languages())
        words = text_of(page)
        for text in shown.values():
            takes = count(text)
            said = f"{takes.segments} segment{'' if takes.segments == 1 else 's'} as an SMS in {takes.encoding.upper()}"
            assert said in words, (template, text)
        assert "{{" not in "".join(shown.values())


def test_arabic_is_shown_from_right_to_left_in_its_language(office: Desk) -> None:
    assert '<div class="bubble" lang="ar" dir="rtl">' in office.html(f"{TEXTS}/reminder")


def test_an_email_has_its_subject_and_its_ending_and_what_is_told_by_invitation_says_so(office: Desk) -> None:
    words = office.text(f"{TEXTS}/reminder")
    assert "As an e-mail and an invitation" in words
    assert "About your appointment" in words
    assert "Nobody reads answers to this e-mail." in words
    assert "and an invitation" not in office.text(f"{TEXTS}/diary")


def test_texts_that_ship_are_signed_off_together_in_the_languages_that_are_chosen(office: Desk, study: Trial) -> None:
    assert f"{5 * len(KINDS)} texts are not signed off" in office.text(TEXTS)
    assert office.send(f"{TEXTS}/shipped", language=["en", "es"]).status_code == 303
    assert f"{3 * len(KINDS)} texts are not signed off" in office.text(TEXTS)
    assert len(audited(study, "wordings.adopted")) == 1
    assert office.send(f"{TEXTS}/shipped", language=["tlh"]).status_code == 400
    assert office.send(f"{TEXTS}/shipped").status_code == 303
    assert "not signed off" not in office.text(TEXTS)


def test_words_of_ones_own_wait_until_they_are_signed_off_and_can_be_taken_back(office: Desk, study: Trial) -> None:
    here = f"{TEXTS}/reminder"
    assert office.send(f"{TEXTS}/shipped").status_code == 303
    before = bubbles(office.html(here))["en"]
    answer = office.send(here, language="en", source=shipped("reminder", "en").replace("Hello", "Good day"))
    assert answer.status_code == 303, answer.text
    page = office.html(here)
    assert bubbles(page)["en"] == before
    wording = re.findall(r"/reminder/(\d+)/approval", page)[-1]
    assert office.send(f"{here}/{wording}/approval").status_code == 303
    assert bubbles(office.html(here))["en"].startswith("Good day")
    assert office.send(f"{here}/{wording}/withdrawal", why="").status_code == 400
    assert office.send(f"{here}/{wording}/withdrawal", why="too friendly").status_code == 303
    assert bubbles(office.html(here))["en"] == before
    assert audited(study, "wording.withdrawn")[-1].why == "too friendly"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"language": "en", "source": "Vincristine for {{ place }} {{ day }} {{ phone }}"}, "source"),
        ({"language": "", "source": OWN}, "language"), ({"language": "en", "source": ""}, "source"),
        ({"language": "en", "source": "{{ place"}, "source"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_text_stands_at_its_field_and_the_text_stays(
    office: Desk, said: dict[str, str], field: str
) -> None:
    answer = office.send(f"{TEXTS}/reminder", **said)
    assert answer.status_code == 400
    assert f'id="wording-{field}-error"' in answer.text
    assert said["source"] in html.unescape(answer.text)


def test_the_only_study_is_gone_to_at_once(office: Desk) -> None:
    assert office.client.get("/office/texts").headers["Location"] == TEXTS


def test_there_is_no_text_of_another_name(office: Desk) -> None:
    assert office.client.get(f"{TEXTS}/love-letter").status_code == 404


def test_a_coordinator_writes_and_an_investigator_signs_off(app: Flask, study: Trial) -> None:
    writes, signs = desk_of(app, study.store, Role.COORDINATOR), desk_of(app, study.store, Role.INVESTIGATOR)
    assert "Sign off" not in writes.text(TEXTS)
    assert writes.send(f"{TEXTS}/shipped").status_code == 403
    assert signs.send(f"{TEXTS}/shipped").status_code == 303
