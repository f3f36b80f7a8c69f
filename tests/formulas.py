"""What a spreadsheet would run of a CSV, by a rule of its own: whatever sign parts the cells in whoever opens it."""

from __future__ import annotations

import csv
import io
import re

#: how a formula begins, in the wide forms too
BEGINS = tuple("=+-@＝＋－＠")
#: names as somebody might give them who means harm
HOSTILE = (
    "=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\t=1", "  =1", "\u200b=1", "＝1+1", 'x";=1+1;"', "x;=1+1",
    "x\n=1+1", 'x",=1+1,"', "x|@SUM(A1)", "\r\n=1",
)  # fmt: skip
_UNSEEN = re.compile(r"^[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def formulas(text: str) -> list[str]:
    """Every cell of a CSV that would be run, or of which a part would be where another sign parts cells."""
    cells = [cell for line in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")) for cell in line]
    return [cell for cell in cells if not _NUMBER.fullmatch(cell) and any(map(_runs, re.split(r"[;|\t\r\n]", cell)))]


def _runs(part: str) -> bool:
    return _UNSEEN.sub("", part).startswith(BEGINS)
