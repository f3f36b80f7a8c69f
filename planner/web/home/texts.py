"""The texts of participants' own pages, a file for each language; and days and hours as they are read there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from babel.units import format_unit
from markupsafe import Markup, escape
from ruamel.yaml import YAML

from notifications.wording.values import day_words, locale_of, time_words

FOLDER = Path(__file__).parent / "texts"
FALLBACK = "en"
#: in the order in which they are offered
LANGUAGES = ("en", "es", "fr", "ar", "zh")
_UNBROKEN = "\u00a0"
_BEFORE_MARK = re.compile(" (?=[?!:;»])")


@dataclass(frozen=True)
class Texts:
    """All that a page says in one language."""

    language: str
    said: dict[str, str]

    def __call__(self, key: str, **values: Any) -> Markup:
        """A text with its values, each escaped. Raises KeyError for one that there is not."""
        return Markup(self.said[key]).format(**{name: escape(value) for name, value in values.items()})  # noqa: S704 - ours

    @property
    def locale(self) -> Locale:
        """What Babel knows of the language."""
        return locale_of(self.language)

    @property
    def direction(self) -> str:
        """In which direction it is read."""
        return "rtl" if self.locale.text_direction == "rtl" else "ltr"

    def day(self, day: date) -> str:
        """``Monday, January 12, 2026``."""
        return day_words(day, self.locale)

    def month(self, day: date) -> str:
        """``January 2026``."""
        return format_skeleton("yMMMM", day, locale=self.locale)

    def weekday(self, day: date) -> str:
        """``Mon``, above a column of a calendar; in Arabic, which has no abbreviations, without the article."""
        return format_date(day, "cccccc" if self.language == "ar" else "ccc", self.locale)

    def number(self, number: int) -> str:
        """A whole number, in the digits of the language."""
        return format_decimal(number, locale=self.locale)

    def time(self, minutes: int) -> str:
        """``9:30 AM``, of minutes after midnight; never cut in two, as the half of the day is a part of the hour."""
        return time_words(minutes, self.locale).replace(" ", _UNBROKEN)

    def length(self, minutes: int) -> str:
        """``3 hours 30 minutes``, to the nearest quarter of an hour where it is longer than one."""
        rounded = minutes if minutes < 60 else 15 * round(minutes / 15)
        hours, rest = divmod(rounded, 60)
        parts = [format_unit(hours, "duration-hour", locale=self.locale)] if hours else []
        return " ".join([*parts, *([format_unit(rest, "duration-minute", locale=self.locale)] if rest else [])])

    def away(self, day: date, today: date) -> Markup:
        """``Today``, ``Tomorrow``, ``In 3 days``; nothing for a day that is over."""
        days = (day - today).days
        if days < 0:
            return Markup("")
        return self(("today", "tomorrow")[days]) if days < 2 else self("in_days", days=days)


@cache
def texts_in(language: str) -> Texts:
    """The texts in a language, such as es or es-MX; English where none are there."""
    code = language.partition("-")[0].lower()
    code = code if code in LANGUAGES else FALLBACK
    read = YAML(typ="safe", pure=True).load((FOLDER / f"{code}.yaml").read_text("utf-8"))
    return Texts(code, {name: _kept_together(str(text).strip()) for name, text in read.items()})


def _kept_together(text: str) -> str:
    """A text whose marks stay with their word, as French has them with a space between."""
    return _BEFORE_MARK.sub(_UNBROKEN, text).replace("« ", f"«{_UNBROKEN}")
