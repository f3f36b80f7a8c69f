"""The texts that ship: every one in every language, as its reader gets it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from babel import Locale, localedata

from notifications.errors import WordingRefused
from notifications.forbidden import told
from notifications.languages import language_of, languages, lookup
from notifications.replies import Meaning
from notifications.segments import count
from notifications.wording import (
    MAILED_AS,
    TEMPLATES,
    Values,
    check_wording,
    render,
    shipped,
    shipped_languages,
    spoken,
    subject,
)
from notifications.wording.templates import BUDGET
from notifications.wording.values import day_words, time_words

VALUES = Values(
    place="North Clinic", phone="+1 212 555 0100", day=date(2026, 1, 9), starts=570, urgent_phone="+1 212 555 0199",
    emergency_phone="911", code="123456",
)  # fmt: skip
EVERY = [(template, code) for template in TEMPLATES for code in shipped_languages()]
STOPS_TOLD = ("reminder", "diary", "started", "help")

REMINDERS = {
    "en": (
        "Hello, this is North Clinic. Your appointment is on Friday, January 9, 2026 at 9:30 AM. "
        "Reply 1 to confirm, or 2 to ask for another time. Questions? Call +1 212 555 0100. To stop "
        "these messages, reply STOP."
    ),
    "en-GB": (
        "Hello, this is North Clinic. Your appointment is on Friday, 9 January 2026 at 09:30. Reply "
        "1 to confirm, or 2 to ask for another time. Questions? Call +1 212 555 0100. To stop these "
        "messages, reply STOP."
    ),
    "es": (
        "Hola, le escribimos de North Clinic. Su cita es el viernes, 9 de enero de 2026, hora: 9:30. "
        "Responda 1 para confirmar o 2 para pedir otra hora. ¿Preguntas? Llame al +1 212 555 0100. "
        "Para no recibir estos mensajes, responda STOP."
    ),
    "fr": (
        "Bonjour, ici North Clinic. Votre rendez-vous est le vendredi 9 janvier 2026 à 09:30. "
        "Répondez 1 pour confirmer ou 2 pour demander un autre horaire. Pour toute question, appelez le +1 "
        "212 555 0100. Pour ne plus recevoir ces messages, répondez STOP."
    ),
    "ar": (
        "مرحبًا، معكم \u200eNorth Clinic\u200f. موعدكم يوم الجمعة، 9 يناير 2026 الساعة 9:30 ص. للتأكيد أرسلوا 1، "
        "ولطلب وقت آخر أرسلوا 2. للاستفسار اتصلوا على \u200e+1 212 555 0100\u200f. لإيقاف هذه الرسائل أرسلوا STOP."
    ),
    "zh": (
        "您好，这里是North Clinic。您的预约时间是2026年1月9日星期五 "
        "09:30。确认请回复1，想改时间请回复2。如有问题，请致电+1 212 555 "
        "0100。不想再收到短信，请回复STOP。"
    ),
}


def text(template: str, language: str, **changes: Any) -> str:
    return render(shipped(template, language), language, replace(VALUES, **changes))


def test_texts_ship_in_english_spanish_french_arabic_and_chinese() -> None:
    assert shipped_languages() == ("ar", "en", "es", "fr", "zh")


def test_every_language_has_every_text_and_words_for_every_answer() -> None:
    kinds = {kind.value for kind in Meaning} - {"free"} | {"polite", "not"}
    for language in languages().values():
        assert set(language.templates) == set(TEMPLATES)
        assert set(language.answers) == kinds
        assert all([language.subject, language.clinic, language.ask, language.never, *language.answers.values()])


@pytest.mark.parametrize(("template", "code"), EVERY)
def test_every_text_that_ships_may_be_published(template: str, code: str) -> None:
    assert check_wording(template, code, shipped(template, code)) == ()


@pytest.mark.parametrize(("code", "expected"), REMINDERS.items())
def test_a_reminder_greets_and_tells_the_clinic_the_day_the_hour_whom_to_call_and_how_to_answer(
    code: str, expected: str
) -> None:
    assert text("reminder", code) == expected


@pytest.mark.parametrize(("template", "code"), EVERY)
def test_a_text_is_one_line_with_all_that_it_has_to_tell(template: str, code: str) -> None:
    said = text(template, code)
    assert "\n" not in said
    assert "  " not in said
    assert "{" not in said
    assert "North Clinic" in said
    if {"urgent_phone", "emergency_phone"} <= TEMPLATES[template]:
        assert "+1 212 555 0199" in said
        assert "911" in said


@pytest.mark.parametrize(("template", "code"), EVERY)
def test_a_text_reads_well_where_no_hour_is_known(template: str, code: str) -> None:
    said = text(template, code, starts=None)
    assert "9:30" not in said
    assert not [odd for odd in ("  ", " .", " 。", "()", "at .", ", .", "الساعة .") if odd in said]


@pytest.mark.parametrize("code", shipped_languages())
def test_the_way_out_is_told_with_every_text_that_comes_unasked_and_comes_again(code: str) -> None:
    assert [name for name in TEMPLATES if "STOP" in shipped(name, code)] == list(STOPS_TOLD)
    assert [name for name in TEMPLATES if "START" in shipped(name, code)] == ["stopped"]


@pytest.mark.parametrize("code", shipped_languages())
def test_on_every_day_of_a_year_a_reminder_keeps_to_its_budget(code: str) -> None:
    for number in range(365):
        taken = count(text("reminder", code, day=date(2026, 1, 1) + timedelta(days=number)))
        assert taken.segments <= BUDGET[taken.encoding]


def test_accents_and_scripts_are_kept_as_they_are() -> None:
    saturday = date(2026, 1, 10)
    assert "sábado" in text("reminder", "es", day=saturday)
    assert "août" in text("reminder", "fr", day=date(2026, 8, 1))
    assert "Clínica Ñandú" in text("reminder", "es", place="Clínica Ñandú")
    assert not [code for code in shipped_languages() for name in TEMPLATES if "??" in text(name, code)]


@pytest.mark.parametrize(
    ("language", "hour", "written"),
    [("en", 570, "9:30 AM"), ("en-GB", 570, "09:30"), ("es", 570, "9:30"), ("ar", 870, "2:30 م"), ("zh", 870, "14:30")],
)
def test_an_hour_is_written_as_its_reader_writes_it_and_in_plain_spaces(language: str, hour: int, written: str) -> None:
    assert time_words(hour, Locale.parse(language, sep="-")) == written


def test_a_sentence_that_ends_in_an_abbreviated_hour_has_one_full_stop() -> None:
    assert "9:30 a.m. Si" in render(shipped("confirmed", "es"), "es-MX", VALUES)


@pytest.mark.parametrize("template", TEMPLATES)
def test_numbers_and_names_of_the_other_direction_stand_between_marks_in_an_arabic_text(template: str) -> None:
    """Without them the groups of a number are shown from right to left: another number."""
    said = text(template, "ar")
    for value in ("North Clinic", "+1 212 555 0100", "+1 212 555 0199"):
        assert said.count(value) == said.count(f"\u200e{value}\u200f")


def test_a_name_in_arabic_stands_between_marks_in_a_text_from_left_to_right_and_bare_in_arabic() -> None:
    assert "this is \u200fعيادة الشمال\u200e. Your" in text("reminder", "en", place="عيادة الشمال")
    assert "this is \u200fعيادة 5\u200e. Your" in text("reminder", "en", place="عيادة 5")
    assert text("help", "en", place="عيادة الشمال").startswith("\u200e\u200fعيادة الشمال\u200e sends you")
    assert "معكم عيادة الشمال. " in text("reminder", "ar", place="عيادة الشمال")
    assert "معكم \u200eNorth (2)\u200e\u200f. " in text("reminder", "ar", place="North (2)")


def test_no_way_to_write_a_day_in_any_language_is_taken_for_a_forbidden_word() -> None:
    """Of all that Babel knows: a month called as a disease is, somewhere, would stop every text of that month."""
    names = {
        (code, name)
        for code in localedata.locale_identifiers()
        for words in (Locale.parse(code).months["format"]["wide"], Locale.parse(code).days["format"]["wide"])
        for name in words.values()
    }
    assert len(names) > 10_000
    assert not [(code, name) for code, name in names if told(name)]


@pytest.mark.parametrize("code", ["hi", "ur", "he", "ru", "pt-BR", "vi", "zh-Hant-TW", "en-US", "sw"])
def test_the_mechanism_takes_any_language(code: str) -> None:
    day = day_words(date(2026, 1, 9), Locale.parse(code, sep="-"))
    said = render("{{ day }}: {{ place }}, {{ phone }}", code, VALUES)
    assert said.startswith(day)
    assert told(said) is None


def test_the_nearest_language_counts_and_english_where_there_is_none() -> None:
    assert lookup("es-419-MX") == ("es-419-MX", "es-419", "es")
    assert [language_of(tag).code for tag in ("es-MX", "es_MX", "zh-Hant-TW", "hi", "", "ENGLISH")] == [
        "es", "es", "zh", "en", "en", "en"
    ]  # fmt: skip
    assert shipped("test", "fr-CA") == shipped("test", "fr")
    assert subject("fr-CA") == "Votre rendez-vous"


@pytest.mark.parametrize(
    ("wording", "recipient", "days"),
    [
        ("es", "es-MX", "es-MX"),
        ("en", "hi", "en"),
        ("zh", "zh-Hant-TW", "zh"),
        ("en", "en", "en"),
        ("es", "es-?", "es"),
    ],
)
def test_days_are_written_in_the_language_of_the_wording_and_the_way_of_the_recipients_country(
    wording: str, recipient: str, days: str
) -> None:
    assert spoken(wording, recipient) == days


def test_a_text_that_nobody_knows_is_refused() -> None:
    with pytest.raises(WordingRefused, match="there is no text 'poem'; there are reminder, moved"):
        shipped("poem", "en")


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_french_text_has_a_sign_that_a_telephone_could_begin_a_line_with(template: str) -> None:
    """French has a space before it; one that holds both together would make the text cost double."""
    assert not re.search(r"\s[?!:;»]", shipped(template, "fr"))


BY_MAIL = [(name, code) for name in MAILED_AS.values() for code in shipped_languages()]
PAGE = "https://planner.example.org/home"


@pytest.mark.parametrize(("template", "code"), BY_MAIL)
def test_a_text_for_e_mail_asks_for_no_answer_and_says_whom_to_call(template: str, code: str) -> None:
    said = text(template, code, page=PAGE)
    assert "+1 212 555 0100" in said
    assert "STOP" not in said
    words = "|".join(re.escape(word) for word in languages()[code].ask)
    assert not re.search(rf"(?:{words})\s*[12](?!\d)", said, re.IGNORECASE)


@pytest.mark.parametrize(("template", "code"), [each for each in BY_MAIL if "diary" not in each[0]])
def test_an_e_mail_about_a_visit_names_the_readers_own_page_where_they_have_one(template: str, code: str) -> None:
    assert f" {PAGE} " in text(template, code, page=PAGE)
    without = text(template, code)
    assert "http" not in without
    assert "  " not in without


def test_a_page_whose_address_tells_too_much_is_not_named() -> None:
    assert "http" not in text("reminder-mail", "en", page="https://leukaemia-trial.example.org/home")


@pytest.mark.parametrize(
    ("asks", "code"),
    [
        ("Reply 1 to confirm.", "en"), ("Responda 2 para otra hora.", "es"), ("Répondez 1.", "fr"),
        ("للتأكيد أرسلوا 1.", "ar"), ("确认请回复1。", "zh"), ("To stop these, reply STOP.", "en"),
    ],
)  # fmt: skip
def test_a_wording_for_e_mail_that_asks_for_an_answer_is_not_published(asks: str, code: str) -> None:
    wording = f"{shipped('reminder-mail', code)} {asks}"
    (problem,) = check_wording("reminder-mail", code, wording)
    assert "nobody reads what is answered to an e-mail" in problem


def test_a_wording_says_page_only_where_there_is_one() -> None:
    wording = (
        shipped("reminder-mail", "en").replace("{% if page %}", "").replace("ou will come.{% endif %}", "ou come.")
    )
    assert [each for each in check_wording("reminder-mail", "en", wording) if "not everybody has a page" in each]
