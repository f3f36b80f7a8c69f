"""Texts brought into one form in which the same words are the same, however they are written."""

from __future__ import annotations

import re
import unicodedata

_DASHES = re.compile(r"(?<=\w)[\u00ad\u200b-\u200f\u2010-\u2015\u2060-\u2064\ufeff'’‘_·.-]+(?=\w)")
_SAME_LETTERS = str.maketrans({"ى": "ي", "ة": "ه", "ـ": None, "ı": "i", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe"})


def plain(text: str) -> str:
    """Lower case, without accents and signs above letters, digits as 0 to 9, words between single spaces.

    Whatever is neither a letter nor a digit separates words, except what joins nothing that anybody sees.
    """
    return " ".join("".join(map(_kept, _decomposed(text))).split())


def joined(text: str) -> str:
    """The same with words put together that dashes, dots and what nobody sees had torn apart: ``leuk-aemia``."""
    return plain(_DASHES.sub("", text))


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFKD", text).casefold().translate(_SAME_LETTERS)


def _kept(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() else " "
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    if kind[0] in "LN":
        return character
    return "" if kind in ("Mn", "Me", "Mc", "Cf") else " "
