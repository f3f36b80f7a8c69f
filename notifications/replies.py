"""What somebody means who writes back: pure. What is not quite clear means nothing, and a person reads it."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache

from notifications.languages import FALLBACK, Language, language_of, languages
from notifications.plain_words import plain

_LONGEST = 2_000  # characters of it that are looked at
_SHORT = 4  # words, beside polite ones, among which a word for stop counts
_SHORT_SCRIPT = 8  # the same in characters, in scripts without spaces
_NO_SPACES = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")
_SOME_WORDS = 8  # among which "wrong number" counts
_APOSTROPHES = re.compile("['’`]")
#: carriers take some of these as stop where they are all that is said; in a sentence they are ordinary words
_ONLY_ALONE = frozenset(
    {"cancel", "end", "quit", "revoke", "basta", "alto", "baja", "no mas", "كفي", "قف", "وقف", "停", "td"}
)
#: what turns an answer round, or asks something back
_UNCLEAR = re.compile("[?¿؟？\U0001f44e\u274c\u274e\u2716\u26d4\U0001f6ab]")


class Meaning(StrEnum):
    """What somebody who writes back means."""

    #: they will come
    CONFIRM = "confirm"
    #: they ask for another time, which moves nothing yet
    MOVE = "move"
    #: they want no more messages
    STOP = "stop"
    #: they want messages again
    START = "start"
    #: they ask what this is
    HELP = "help"
    #: they are not who was meant
    WRONG_NUMBER = "wrong-number"
    #: anything else: a person has to read it
    FREE = "free"


def meaning(text: str, language: str) -> Meaning:
    """What a reply means, where the message that it answers was in that language.

    Words of that language and English count, a word for stop in any: it wins over whatever else is said. The digits of
    every script are the same digits. Two answers at once, a question, or anything more than an answer is ``free``.
    """
    said = _together(_plain(text[:_LONGEST]))
    if len(text) > _LONGEST or not said:
        return Meaning.FREE
    spoken = {each.code: each for each in (language_of(language), languages()[FALLBACK])}
    is_clear = not _UNCLEAR.search(text)
    if any(_says_stop(said, code, is_clear) for code in languages()):
        return Meaning.STOP
    if any(_says_wrong_number(said, each) for each in spoken.values()):
        return Meaning.WRONG_NUMBER
    found = {answer for each in spoken.values() for answer in _answers(said, each)}
    return found.pop() if len(found) == 1 and is_clear else Meaning.FREE


def _answers(said: str, language: Language) -> set[Meaning]:
    """Which answers the whole of it is, polite words aside."""
    answer = _once(_without(said, _words(language.code, "polite")))
    kinds = (Meaning.CONFIRM, Meaning.MOVE, Meaning.START, Meaning.HELP)
    return {kind for kind in kinds if _is_one(answer, _words(language.code, kind))}


def _is_one(answer: str, words: frozenset[str]) -> bool:
    return answer in words or all(word in words for word in answer.split())


def _says_stop(said: str, code: str, is_clear: bool) -> bool:
    """Whether it is a word for stop, or clear, short and has one that nothing turns round."""
    stops, rest = _words(code, Meaning.STOP), _without(said, _words(code, "polite"))
    if said in stops or rest in stops:
        return True
    if not is_clear:
        return False
    if _NO_SPACES.search(rest):
        return len(rest) <= _SHORT_SCRIPT and any(_stands(rest.replace(" ", ""), stop, code) for stop in stops)
    words = rest.split()
    return len(words) <= _SHORT and any(_stands(rest, stop, code, " ") for stop in stops - _ONLY_ALONE)


def _stands(text: str, word: str, code: str, space: str = "") -> bool:
    """Whether a word is in a text, other than right behind one for "not"."""
    if not space and word in _ONLY_ALONE:
        return False
    before, found, _ = f"{space}{text}{space}".partition(f"{space}{word}{space}")
    return bool(found) and not any(before.endswith(f"{space}{no}") for no in _words(code, "not"))


def _says_wrong_number(said: str, language: Language) -> bool:
    spaced = f" {said} "
    for words in _words(language.code, Meaning.WRONG_NUMBER):
        inside = words in said if _NO_SPACES.search(words) else f" {words} " in spaced
        if inside and len(said.split()) <= _SOME_WORDS and len(said) <= 60:
            return True
    return False


def _without(said: str, polite: frozenset[str]) -> str:
    """What is left without polite words; all of it where nothing would be."""
    left = f" {said} "
    for words in sorted(polite, key=len, reverse=True):
        left = left.replace(words, " ") if _NO_SPACES.search(words) else left.replace(f" {words} ", " ")
    return " ".join(left.split()) or said


def _once(said: str) -> str:
    """The same said over again is said once."""
    words = said.split()
    return words[0] if len(set(words)) == 1 else said


@cache
def _words(code: str, kind: str) -> frozenset[str]:
    return frozenset(_plain(words) for words in languages()[code].answers[kind])


def _plain(text: str) -> str:
    return plain(_APOSTROPHES.sub("", text))


def _together(said: str) -> str:
    """A word that was spelt out, ``s t o p``, in one piece."""
    letters = said.split()
    spelt = len(letters) > 2 and all(len(each) == 1 and each.isalpha() for each in letters)
    return "".join(letters) if spelt else said
