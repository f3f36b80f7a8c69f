"""A wording and the values of one message: the text that is sent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from notifications.errors import ForbiddenWord, WordingRefused
from notifications.forbidden import told
from notifications.languages import language_of, languages, lookup
from notifications.wording.sandbox import filled
from notifications.wording.templates import TEMPLATES
from notifications.wording.values import LEFT, RIGHT, Values, locale_of, words_of

_TWO_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)")  # "9:30 a.m." at the end of a sentence
_SPACE = re.compile(r"[ \t]*\n[ \t]*|[ \t]+")


def render(source: str, language: str, values: Values, forbidden: Collection[str] = ()) -> str:
    """The text of a message: one line, in NFC. ``language`` decides how days and hours are written.

    Raises WordingRefused where there is no text: a variable without a value, a number that nobody can call, or a word
    that no text may have, ``forbidden`` ones (a study's own) among them.
    """
    own = tuple(forbidden)
    text = filled(source, words_of(values, language, own))
    text = _TWO_STOPS.sub(".", _SPACE.sub(" ", unicodedata.normalize("NFC", text))).strip()
    text = _begun(text, language)
    if word := told(text, own):
        raise ForbiddenWord(word)
    return text


def _begun(text: str, language: str) -> str:
    """A text that begins with a value of the other direction, marked so that a telephone reads the whole in its own."""
    own, other = (RIGHT, LEFT) if locale_of(language).text_direction == "rtl" else (LEFT, RIGHT)
    return own + text if text.startswith(other) else text


def shipped(template: str, language: str) -> str:
    """The wording that ships, of the nearest language that has one, else in English. Raises WordingRefused."""
    if template not in TEMPLATES:
        raise WordingRefused((f"there is no text {template!r}; there are {', '.join(TEMPLATES)}",))
    return language_of(language).templates[template]


def subject(language: str) -> str:
    """What stands above a message that is sent as e-mail; it tells nothing."""
    return language_of(language).subject


def unread(language: str) -> str:
    """What stands at the end of a message that is sent as e-mail: nobody reads an answer to it."""
    return language_of(language).unread


def spoken(wording: str, recipient: str) -> str:
    """In which language days are written in a wording: its own, as far as can be the way of the recipient's country.

    Of ``es`` for somebody who reads ``es-MX`` it is ``es-MX``; of ``en``, the fallback, for somebody who reads ``hi``,
    ``en``: a day in Hindi helps nobody in an English text. Nor does another script.
    """
    if wording not in lookup(recipient):
        return wording
    try:
        own, theirs = locale_of(wording), locale_of(recipient)
    except WordingRefused:
        return wording
    return recipient if own.script == theirs.script else wording


def shipped_languages() -> tuple[str, ...]:
    """The languages in which texts ship."""
    return tuple(languages())
