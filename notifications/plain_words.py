"""Texts brought into one form in which the same words are the same, however they are written."""

from __future__ import annotations

import re
import unicodedata

_DASHES = re.compile(r"(?<=\w)[\u00ad\u200b-\u200f\u2010-\u2015\u2060-\u2064\ufeff'’‘_·.-]+(?=\w)")
_SPELT = re.compile(r"(?<=\b\w) (?=\w\b)")
_SAME_LETTERS = str.maketrans({"ى": "ي", "ة": "ه", "ـ": None, "ı": "i", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe"})
#: Cyrillic and Greek letters that look like Latin ones
_LOOK_ALIKE = str.maketrans("аеіорсухкмтнвѕјαεικνορτυχ", "aeiopcyxkmthbsjaeiknoptux")


class _Kept(dict[int, str]):
    """What becomes of each character, found out when it is first met."""

    def __missing__(self, point: int) -> str:
        self[point] = kept = _kept(chr(point))
        return kept


def _kept(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() else " "
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    if kind[0] in "LN":
        return character
    return "" if kind in ("Mn", "Me", "Mc", "Cf") else " "


_TABLE = _Kept()


def plain(text: str) -> str:
    """Lower case, without accents and signs above letters, digits as 0 to 9, words between single spaces.

    Whatever is neither a letter nor a digit separates words, except what joins nothing that anybody sees.
    """
    decomposed = unicodedata.normalize("NFKD", text).casefold().translate(_SAME_LETTERS)
    return " ".join(decomposed.translate(_TABLE).split())


def joined(text: str) -> str:
    """The same with words put together that dashes, dots, spaces and other scripts had torn apart.

    ``leuk-aemia``, ``l e u k a e m i a``, and one with a Cyrillic e are all ``leukaemia``.
    """
    return _SPELT.sub("", plain(_DASHES.sub("", text)).translate(_LOOK_ALIKE))
