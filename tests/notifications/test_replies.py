"""What somebody means who writes back: words, digits, scripts, and everything that is not clear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.languages import languages
from notifications.replies import Meaning, meaning

CLEAR = {
    Meaning.CONFIRM: {
        "en": ["1", " 1 ", "1.", "1!", "#1", "(1)", "１", "١", "۱", "१", "①", "1️⃣", "👍 1", "1 👍🏽",
               "one", "ONE", "Confirm",
               "I confirm", "1 thanks", "ok 1", "1 1", "1, please", "1 confirmed", "1\n"],
        "es": ["uno", "UNA", "confirmo", "1 gracias", "Hola, 1", "one"],
        "fr": ["un", "Une", "je confirme", "confirmé", "CONFIRME", "1 merci", "s'il vous plaît 1",
               "s’il vous plaît 1"],
        "ar": ["١", "واحد", "أؤكد", "اؤكد", "تأكيد", "الرقم ١", "1 شكرًا", "١ شكرا"],
        "zh": ["１", "一", "确认", "1谢谢", "1，谢谢", "我确认"],
    },
    Meaning.MOVE: {
        "en": ["2", "２", "two", "reschedule", "Another time please", "2 pls"],
        "es": ["dos", "otra hora", "otro día", "2 por favor"],
        "fr": ["deux", "déplacer", "DEPLACER", "un autre horaire"],
        "ar": ["٢", "اثنان", "تغيير الموعد", "موعد آخر", "موعد اخر"],
        "zh": ["二", "改期", "请改期", "2。"],
    },
    Meaning.STOP: {
        "en": ["STOP", "stop", "Stop!!!", "ＳＴＯＰ", "S T O P", "s.t.o.p.", "st\u200bop", "st\u00adop",
               "STOPALL", "Unsubscribe",
               "cancel", "END", "quit", "revoke", "OPTOUT", "opt-out", "please stop",
               "stop texting me", "1 stop", "stop 2",
               "STOP STOP", "stop?", "no more messages", "wrong number stop", "🛑 stop", "Stop thanks"],
        "es": ["ALTO", "parar", "baja", "no más mensajes por favor", "stop"],
        "fr": ["arrêt", "ARRET", "arrêtez", "désabonner", "stop merci"],
        "ar": ["توقف", "تَوَقَّف", "أوقف", "إيقاف", "ايقاف", "إلغاء الاشتراك", "STOP", "من فضلك توقف"],
        "zh": ["停止", "退订", "请停止", "停止发送", "别再发了", "TD", "停"],
    },
    Meaning.START: {
        "en": ["START", "unstop", "resume", "Start please"],
        "es": ["empezar", "START"],
        "fr": ["reprendre", "start"],
        "ar": ["ابدأ", "إبدأ", "START"],
        "zh": ["开始", "重新开始"],
    },
    Meaning.HELP: {
        "en": ["HELP", "info", "Help!"], "es": ["ayuda", "HELP"], "fr": ["aide", "Aide svp"],
        "ar": ["مساعدة", "مساعده"], "zh": ["帮助", "请帮助"],
    },
    Meaning.WRONG_NUMBER: {
        "en": ["wrong number", "Sorry, wrong number", "You have the wrong number!", "Wrong person"],
        "es": ["Número equivocado", "numero incorrecto", "Se equivocó de número"],
        "fr": ["Mauvais numéro", "C'est un faux numéro", "erreur de numéro !"],
        "ar": ["رقم خاطئ", "الرقم خطأ", "عفوا رقم غلط"],
        "zh": ["打错了", "您打错了", "号码错了吧", "发错人了"],
    },
}  # fmt: skip
UNCLEAR = {
    "en": [
        "", " ", "\n", "🙂", "👍", "...", "?", "yes", "YES", "ok", "thanks", "1?", "2?", "1 or 2", "1 2",
        "1 and 2", "12", "11",
        "3", "0", "1.5", "1st", "-", "1👎", "❌ 1", "I feel sick", "help me", "I need help", "Can you stop by?",
        "please don't stop", "Do not stop", "never stop", "I stopped feeling well on Monday", "cancel my appointment",
        "the end of the week", "I had to stop the medicine yesterday because I was sick", "one moment",
        "two of us come",
        "I will confirm later", "at 1", "1 pm", "start 1", "help 2", "uno", "un", "一",
        "1" * 3000, "stop " * 1000, "\x00", "\u202e",
    ],
    "es": ["sí", "si", "no", "vale", "me duele la cabeza", "nunca parar", "cancelar",
           "cancelar la cita", "la uno", "un"],
    "fr": ["oui", "non", "d'accord", "n'arrêtez pas", "il y a un arrêt de bus", "annuler", "un problème", "fin"],
    "ar": ["نعم", "لا", "شكرًا", "عندي ألم", "واحد أو اثنان", "١ ٢"],
    "zh": ["好", "是", "不", "不停", "别停", "请问停车场在哪", "一点", "我不舒服", "1还是2", "一二"],
}  # fmt: skip
CLEAR_ROWS = [
    (kind, code, text) for kind, by_code in CLEAR.items() for code, texts in by_code.items() for text in texts
]
UNCLEAR_ROWS = [(code, text) for code, texts in UNCLEAR.items() for text in texts]


@pytest.mark.parametrize(("kind", "code", "text"), CLEAR_ROWS)
def test_a_clear_answer_is_understood(kind: Meaning, code: str, text: str) -> None:
    assert meaning(text, code) is kind


@pytest.mark.parametrize(("code", "text"), UNCLEAR_ROWS, ids=lambda value: repr(value)[:40])
def test_what_is_not_clear_is_left_to_a_person(code: str, text: str) -> None:
    assert meaning(text, code) is Meaning.FREE


@pytest.mark.parametrize("language", ["en", "es", "fr", "ar", "zh", "es-MX", "zh-Hant-TW", "hi", "", "x-odd", "EN_us"])
def test_digits_english_words_and_words_for_stop_are_understood_whatever_the_language(language: str) -> None:
    texts = ["1", "2", "stop", "توقف", "停止", "arrêt", "START", "help", "wrong number"]
    assert [meaning(text, language).value for text in texts] == [
        "confirm", "move", "stop", "stop", "stop", "stop", "start", "help", "wrong-number"
    ]  # fmt: skip


def test_every_word_that_ships_is_understood_in_its_own_language() -> None:
    kinds = (Meaning.CONFIRM, Meaning.MOVE, Meaning.STOP, Meaning.START, Meaning.HELP, Meaning.WRONG_NUMBER)
    wrong = [
        (code, kind, word, meaning(word, code))
        for code, language in languages().items()
        for kind in kinds
        for word in language.answers[kind]
        if meaning(word, code) is not kind
    ]
    assert not wrong


@given(st.text(max_size=400), st.sampled_from(["en", "es", "fr", "ar", "zh", "hi"]))
def test_anything_at_all_means_something_and_the_same_every_time(text: str, code: str) -> None:
    assert meaning(text, code) is meaning(text, code)


@given(st.text(alphabet=st.characters(categories=["L", "P", "S", "Z"]), min_size=20, max_size=200))
def test_a_long_text_without_our_words_confirms_nothing(text: str) -> None:
    assert meaning(text, "en") not in (Meaning.CONFIRM, Meaning.MOVE, Meaning.START)


@given(
    st.sampled_from(["1", "2", "STOP", "help"]), st.text(alphabet=" .!,;:-\n\t\u200b\u200e", max_size=10), st.booleans()
)
def test_what_stands_around_an_answer_and_says_nothing_changes_nothing(answer: str, around: str, before: bool) -> None:
    assert meaning(around + answer if before else answer + around, "en") is meaning(answer, "en")
