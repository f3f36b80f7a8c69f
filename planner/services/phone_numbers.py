"""Telephone numbers as they are typed: such as can exist, in E.164, and of a kind that a text can reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from planner.problems import InputProblem

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
#: numbers of a kind that takes no text, or that costs whoever is called
_NO_TEXTS = {
    "FIXED_LINE": "a landline",
    "TOLL_FREE": "a free-phone number",
    "PREMIUM_RATE": "a premium-rate number",
    "SHARED_COST": "a shared-cost number",
    "PAGER": "a pager",
    "UAN": "a company's number",
    "VOICEMAIL": "a voice mailbox",
}
EXAMPLE = "write e.g. +12125550100"


def phone_problems(place: str, number: str) -> Iterator[InputProblem]:
    """What is wrong with a number to which texts are to be sent; nothing where its kind is not known."""
    if not _E164.fullmatch(number):
        yield InputProblem(place, "this is no number in E.164", EXAMPLE)
        return
    kind = _kind(number)
    if kind is None:
        yield InputProblem(place, "no number of that country is like this", f"check its digits; {EXAMPLE}")
    elif kind in _NO_TEXTS:
        yield InputProblem(place, f"this is {_NO_TEXTS[kind]}, to which no text can be sent", "write a mobile number")


@lru_cache(maxsize=1024)
def _kind(number: str) -> str | None:
    """What kind of number it is, as its country's plan has it; None if it cannot exist."""
    # 0.1 s, and only whoever keeps a number needs it
    from phonenumbers import NumberParseException, PhoneNumberType, is_possible_number, number_type, parse

    try:
        read = parse(number)
    except NumberParseException:
        return None
    if not is_possible_number(read):
        return None
    return str(PhoneNumberType.to_string(number_type(read)))
