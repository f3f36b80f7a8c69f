"""How many segments a text takes as an SMS: what it costs, and how likely it is to arrive whole.

A text of GSM 03.38's characters alone is sent in septets, any other in UTF-16, which halves what fits. One segment
holds 160 septets or 70 UTF-16 units; of several each gives 7 septets or 3 units to the header that joins them. Neither
an escaped character nor a surrogate pair is ever torn apart. Source: 3GPP TS 23.038, 6.2.1, and TS 23.040, 9.2.3.24.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: one septet each
BASIC = frozenset(_BASIC)
#: two septets each: an escape and a letter
EXTENSION = frozenset("\f^{}\\[~]|€")
_SEPTETS = BASIC | EXTENSION


class Encoding(StrEnum):
    """How a text is written on the air."""

    GSM_7 = "gsm-7"
    UCS_2 = "ucs-2"


#: units in the only segment, and in each of several
ROOM = {Encoding.GSM_7: (160, 153), Encoding.UCS_2: (70, 67)}


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text takes. ``units`` are septets or UTF-16 units. ``segments`` is 1 at least: an empty text is one."""

    encoding: Encoding
    units: int
    segments: int


def count(text: str) -> Segments:
    """What a text takes as an SMS, as it stands: nothing in it is replaced to make it shorter."""
    characters = set(text)
    encoding = Encoding.GSM_7 if characters <= _SEPTETS else Encoding.UCS_2
    wide = [character for character in characters if _width(character, encoding) == 2]
    alone, joined = ROOM[encoding]
    units = len(text) + sum(map(text.count, wide))
    if units <= alone:
        return Segments(encoding, units, 1)
    if not wide:  # the usual one: nothing can be torn apart
        return Segments(encoding, units, -(-units // joined))
    return Segments(encoding, units, _pieces((_width(character, encoding) for character in text), joined))


def _width(character: str, encoding: Encoding) -> int:
    wide = character in EXTENSION if encoding is Encoding.GSM_7 else ord(character) > 0xFFFF
    return 2 if wide else 1


def _pieces(widths: Iterable[int], room: int) -> int:
    pieces, left = 0, 0
    for width in widths:
        if width > left:
            pieces, left = pieces + 1, room
        left -= width
    return pieces
