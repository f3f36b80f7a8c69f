"""Telephone numbers as people write them."""

from __future__ import annotations

import re

#: what people write between the digits of a number
_BETWEEN = re.compile(r"[\s().\-/]")


def plain_number(text: str) -> str:
    """``+1 (212) 555-0100`` without what stands between the digits; whether it is a number is for others to say."""
    return _BETWEEN.sub("", text)
