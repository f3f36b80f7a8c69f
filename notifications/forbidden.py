"""What no text may say: diseases, drugs, that there is a study, and whatever a study adds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product

from notifications.languages import drugs, languages
from notifications.plain_words import joined, plain

#: How international names of drugs end. Source: WHO's stems for international nonproprietary names.
_STEMS = (
    "mab", "mabs", "tinib", "clax", "rubicin", "rubicina", "platin", "platino", "taxel", "bristin", "bristine",
    "bristina", "leucel", "trexate", "trexato", "zomib", "ciclib",
)  # fmt: skip
#: what telephones make a link of
_ADDRESS = re.compile(r"://|www\.|@|(?<=\w)\.(?=\w{2})", re.IGNORECASE)
_SHORTEST_WITH_STEM = 6
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_NO_SPACES = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")
#: words, also where a script without spaces stands right beside Latin letters
_WORDS = re.compile(r"[a-z0-9]+|[^\Wa-z0-9_]+")
_PLURALS = ("", "s", "es", "x")
_BEFORE_ARABIC = tuple(map("".join, product(("", "و", "ف"), ("", "ال", "بال", "كال", "لل", "ل", "ب", "ك"))))
_AFTER_ARABIC = ("", "ات", "ين", "ون", "ي", "ك", "كم", "نا", "ها", "هم")


@dataclass(frozen=True, slots=True)
class _Words:
    """Words in every form that they have, several words in a row, and words of scripts without spaces."""

    forms: frozenset[str]
    phrases: tuple[str, ...]
    unspaced: tuple[str, ...]

    def found(self, text: str) -> str | None:
        """The first of them in a text in plain form."""
        words: list[str] = _WORDS.findall(text)
        if word := next((word for word in words if word in self.forms), None):
            return word
        spaced = f" {' '.join(words)} "
        if phrase := next((phrase for phrase in self.phrases if f" {phrase} " in spaced), None):
            return phrase
        if not _NO_SPACES.search(text):
            return None
        return next((word for word in self.unspaced if word in text), None)


def told(text: str, forbidden: Iterable[str] = ()) -> str | None:
    """A word in a text that it may not have, in the one form that stands for all ways of writing it; None if none.

    ``forbidden`` are a study's own: its name and code, its drugs. Words of every language count in every text, and
    words that dashes, dots, spaces, letters of another script or what nobody sees tear apart.
    """
    as_it_stands, together = plain(text), joined(text)
    lists = (_shipped(), _own(tuple(forbidden)))
    for form in dict.fromkeys((as_it_stands, together)):
        for words in lists:
            if found := words.found(form):
                return found
        drug: str | None = next((word for word in _WORDS.findall(form) if _is_drug(word)), None)
        if drug:
            return drug
    return None


def is_address(name: str) -> bool:
    """Whether a name has something in it that telephones make a link of."""
    return bool(_ADDRESS.search(name))


def _is_drug(word: str) -> bool:
    return len(word) >= _SHORTEST_WITH_STEM and word.endswith(_STEMS)


@cache
def _shipped() -> _Words:
    return _words({*drugs(), *(word for language in languages().values() for word in language.never)})


@lru_cache(maxsize=64)
def _own(forbidden: tuple[str, ...]) -> _Words:
    return _words(word for word in forbidden if _tells(plain(word)))


def _tells(word: str) -> bool:
    """Whether a study's own word is one: a single letter, or a number, is in every text."""
    return len(word) > 1 and not word.replace(" ", "").isdecimal()


def _words(given: Iterable[str]) -> _Words:
    known = {form for word in given for form in (plain(word), joined(word)) if form}
    unspaced = {word for word in known if _NO_SPACES.search(word)}
    phrases = {word for word in known - unspaced if " " in word}
    forms = {form for word in known - unspaced - phrases for form in _forms(word)}
    return _Words(frozenset(forms), tuple(sorted(phrases)), tuple(sorted(unspaced)))


def _forms(word: str) -> Iterator[str]:
    """A word with what languages put before and behind it."""
    if not _ARABIC.search(word):
        yield from (word + plural for plural in _PLURALS)
        return
    stems = (word, f"{word[:-1]}ت") if word.endswith("ه") else (word,)
    yield from map("".join, product(_BEFORE_ARABIC, stems, _AFTER_ARABIC))
