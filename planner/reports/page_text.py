"""Text as pages can show it: every character with a glyph, none that turns others round, and words that can break."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cache
from itertools import pairwise
from pathlib import Path

#: where the fonts are that the pages are set in, and the list of what they have
FONTS = Path(__file__).parent / "typesetting" / "fonts"
#: words longer than this can break anywhere: in a paragraph, in a column, and in a narrow one
LONGEST_WORD, COLUMN, NARROW = 24, 15, 8
_BREAK = "\u200b"
#: letters that join are torn apart only where it has to be
_MOST_JOINED = 12
#: what joins letters and emoji; it has no glyph of its own and needs none
_JOINERS = "\u200c\u200d\ufe0e\ufe0f"


def page_text(text: str, longest: int = LONGEST_WORD) -> str:
    """The text with what cannot be shown as its code: [U+202E]. Words longer than ``longest`` can break."""
    plain = "".join(each if _is_shown(each) else _code_of(each) for each in " ".join(text.splitlines()))
    return re.sub(rf"\S{{{longest + 1},}}", lambda word: _breakable(word[0]), plain)


def _is_shown(character: str) -> bool:
    if character in _JOINERS:
        return True
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn") and _has_glyph(ord(character))


def _code_of(character: str) -> str:
    return " " if character == "\t" else f"[U+{ord(character):04X}]"


def _breakable(word: str) -> str:
    """The word with places at which it may break; not within what is one letter to its reader."""
    made = [word[0]]
    joined = 0
    for before, character in pairwise(word):
        starts = not unicodedata.combining(character) and not {before, character} & set(_JOINERS)
        joined = joined + 1 if _joins(character) else 0
        if starts and joined % _MOST_JOINED == 0:
            made.append(_BREAK)
        made.append(character)
    return "".join(made)


def _joins(character: str) -> bool:
    """Whether the letters of its script join or stack: a break would tear them apart."""
    return unicodedata.bidirectional(character) == "AL" or 0x900 <= ord(character) < 0x1100


def _has_glyph(code: int) -> bool:
    starts, ends = _covered()
    place = bisect_right(starts, code) - 1
    return place >= 0 and code <= ends[place]


@cache
def _covered() -> tuple[list[int], list[int]]:
    """The first and the last character of each run that the fonts have."""
    runs = [line.split("-") for line in (FONTS / "covered.txt").read_text("ascii").split()]
    return [int(first, 16) for first, _ in runs], [int(last, 16) for _, last in runs]
