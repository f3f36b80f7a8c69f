"""Characters that nobody sees: no text of a file, a form or a command line has them.

They hide what a value really is, turn round the order in which a line is read, or command a terminal. Two
that nobody sees are part of words, of Persian and Hindi ones for example: U+200C and U+200D.
"""

from __future__ import annotations

import re

_CONTROLS = r"\0-\t\x0b-\x1f\x7f-\x9f"
_DIRECTIONS = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # one line is shown as if it were another
_NO_WIDTH = r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u2800\u3164\ufeff\uffa0"
_BREAKS = r"\u2028\u2029"
_NO_CHARACTERS = r"\ud800-\udfff\ufdd0-\ufdef\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e00ff"

#: What is never part of a text; its line breaks are ``\n``.
INVISIBLE = re.compile(f"[{_CONTROLS}{_DIRECTIONS}{_NO_WIDTH}{_BREAKS}{_NO_CHARACTERS}]")
_JOINERS = r"\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"  # seen only by what they do to other characters
_ONLY_JOINERS = re.compile(rf"\s*([{_JOINERS}])[\s{_JOINERS}]*")


def unseen(text: str) -> str | None:
    """The first character, as ``U+200D``, of a text in which there is nothing to see; None if there is something."""
    only = _ONLY_JOINERS.fullmatch(text)
    return code_point(only[1]) if only else None


def code_point(character: str) -> str:
    """How a character is named in a message, which never repeats one that nobody sees: ``U+202E``."""
    return f"U+{ord(character):04X}"
