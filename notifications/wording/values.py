"""What a text tells of one appointment, in the words of its reader's language, and nothing else."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

from notifications.errors import WordingRefused
from notifications.forbidden import is_address, told
from notifications.languages import language_of
from notifications.rules import LONGEST_ALIAS, is_phone

#: set the direction of what stands beside them, and are not seen
LEFT, RIGHT = "\u200e", "\u200f"
_UNSEEN = re.compile(r"[\u034f\u115f\u1160\u2800\u3164\uffa0\ufff0-\uffff]")  # letters and signs that show nothing
_SPACES = re.compile(r"[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_STRONG = {"L": LEFT, "R": RIGHT, "AL": RIGHT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What is told. ``starts`` is minutes after midnight, None where no hour is known; ``day`` where there is a day."""

    place: str
    phone: str
    day: date | None = None
    starts: int | None = None
    urgent_phone: str = ""
    emergency_phone: str = ""
    code: str = ""
    #: the address of their own page, which is not told where it would tell too much
    page: str = ""


def words_of(values: Values, language: str, forbidden: tuple[str, ...] = ()) -> dict[str, str]:
    """The variables of a text by name, as somebody of that language reads them; what is not known is left out.

    Each is one line without anything unseen. A clinic's name that would tell too much becomes "your clinic". Raises
    WordingRefused for a number that nobody can call, or a language that nobody knows.
    """
    locale = locale_of(language)
    known = {"place": _place(values.place, language, forbidden), "time": ""}
    for name, least in (("phone", 5), ("urgent_phone", 5), ("emergency_phone", 2)):
        if number := getattr(values, name):
            known[name] = _phone(name, number, least)
    if values.code:
        known["code"] = _code(values.code)
    if values.day is not None:
        known["day"] = day_words(values.day, locale)
    if values.starts is not None:
        known["time"] = time_words(values.starts, locale)
    said = {name: _turned(value, locale.text_direction) for name, value in known.items()}
    return {**said, "page": values.page if not told(values.page, forbidden) else ""}


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale:
    """What Babel knows of a language. Raises WordingRefused."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        raise WordingRefused((f"{language!r} is no language; give a BCP 47 tag such as en, es-MX or zh",)) from None


@lru_cache(maxsize=4096)
def day_words(day: date, locale: Locale) -> str:
    """A day with its day of the week and year."""
    return _one_line(format_date(day, "full", locale))


@lru_cache(maxsize=4096)
def time_words(minutes: int, locale: Locale) -> str:
    """An hour of the day, minutes after midnight."""
    return _one_line(format_time(time(minutes // 60, minutes % 60), "short", locale=locale))


@lru_cache(maxsize=1024)
def _place(place: str, language: str, forbidden: tuple[str, ...]) -> str:
    name = _clean(place)
    shown = _shortened(name)
    tells = not shown or is_address(name) or told(name, forbidden) or told(shown, forbidden)
    return language_of(language).clinic if tells else shown


def _shortened(name: str) -> str:
    """No longer than a text has room for, ending where a word ends."""
    if len(name) <= LONGEST_ALIAS:
        return name
    cut = name[: LONGEST_ALIAS + 1].rpartition(" ")[0] or name[:LONGEST_ALIAS]
    return cut.rstrip(" ,;:-")


@lru_cache(maxsize=1024)
def _phone(name: str, number: str, least: int) -> str:
    clean = _clean(number)
    if not is_phone(clean, least):
        raise WordingRefused((f"{name} is no number to call; write e.g. +1 212 555 0100",))
    return clean


def _code(code: str) -> str:
    if not (code.isascii() and code.isdecimal()):
        raise WordingRefused(("code is no code; give digits",))
    return code


def _clean(text: str) -> str:
    """One line of what can be seen: no controls, nothing that turns the direction of reading."""
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    return " ".join("".join(map(_seen, text)).split())


def _seen(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cc" or kind[0] == "Z":
        return " "
    return "" if kind[0] == "C" else character


def _one_line(text: str) -> str:
    """Plain spaces instead of narrow and unbreakable ones, which alone would double what a text costs."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text))


@lru_cache(maxsize=4096)
def _turned(value: str, direction: str) -> str:
    """A value that is read in the other direction than the text around it, so marked that each is read in its own.

    Marks (U+200E, U+200F) and not isolates (U+2066), which older telephones do not know: a number whose groups are
    shown in the wrong order is another number. The mark of the text behind it keeps it apart from what comes next.
    """
    around = RIGHT if direction == "rtl" else LEFT
    kinds = [unicodedata.bidirectional(character) for character in value]
    if around == LEFT:
        needs = "R" in kinds or "AL" in kinds
    else:
        needs = not any(kind in ("R", "AL") for kind in kinds) and not value.isdecimal() and value != ""
    if not needs:
        return value
    own = LEFT if around == RIGHT else RIGHT
    closes = "" if kinds[-1] == "EN" or _STRONG.get(kinds[-1]) == own else own
    return f"{own}{value}{closes}{around}"
