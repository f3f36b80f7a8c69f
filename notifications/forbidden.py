"""What no text may say: diseases, drugs, that there is a study, and whatever a study adds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from notifications.languages import drugs, languages
from notifications.plain_words import joined, plain

#: How international names of drugs end. Source: WHO's stems for international nonproprietary names.
_STEMS = r"\w{3,}(?:mabs?|tinib|clax|rubicina?|platino?|taxel|bristina?e?|leucel|trexate|trexato|zomib|ciclib)"
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_NO_SPACES = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")
_BEFORE_ARABIC = r"(?:[وف]?(?:ال|بال|كال|لل|[بلك])?)"
_AFTER_ARABIC = r"(?:ات|ين|ون|ي|ك|كم|نا|ها|هم)?"


def told(text: str, forbidden: Iterable[str] = ()) -> str | None:
    """The first word in a text that it may not have, in one form for all ways of writing it; None if there is none.

    ``forbidden`` are a study's own: its name and code, its drugs. Words of every language count in every text, and
    words that dashes, dots or what nobody sees tear apart.
    """
    pattern = _pattern(tuple(forbidden))
    for form in (plain(text), joined(text)):
        if found := pattern.search(form):
            return found[0].strip()
    return None


@lru_cache(maxsize=64)
def _pattern(forbidden: tuple[str, ...]) -> re.Pattern[str]:
    shipped = {plain(word) for language in languages().values() for word in language.never}
    words = shipped | {plain(word) for word in drugs()}
    own = {form for word in forbidden for form in (plain(word), joined(word)) if _tells(form)}
    longest_first = sorted(words | own, key=lambda word: (-len(word), word))
    return re.compile("|".join([*map(_as_pattern, longest_first), rf"\b{_STEMS}\b"]))


def _tells(word: str) -> bool:
    """Whether a study's own word is one: a single letter, or a number, is in every text."""
    return len(word) > 1 and not word.replace(" ", "").isdecimal()


def _as_pattern(word: str) -> str:
    if _NO_SPACES.search(word):
        return re.escape(word)
    if _ARABIC.search(word):
        stem = f"{re.escape(word[:-1])}[هت]" if word.endswith("ه") else re.escape(word)
        return rf"\b{_BEFORE_ARABIC}{stem}{_AFTER_ARABIC}\b"
    return rf"\b{re.escape(word)}(?:s|es|x)?\b"
