"""The lines of a calendar as it came, and the parts that they make: whatever the bytes are, in linear time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from notifications.calendars.ical_text import LONGEST_LINE
from notifications.calendars.lint_rules import Report, shown

LARGEST = 1_000_000
#: what comes after so many octets is not looked at
READ_AT_MOST = 2_000_000
_MARK = b"\xef\xbb\xbf"
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NAME = re.compile("[A-Za-z0-9-]+")
_ONE = '(?:"[^"]*"|[^";:,]*)'
_PARAMETER = re.compile(f";([A-Za-z0-9-]+)=({_ONE}(?:,{_ONE})*)")


class Line(NamedTuple):
    """A property: the line of the file where it begins, its name in capitals, its parameters, its value as written."""

    number: int
    name: str
    parameters: dict[str, str]
    value: str


@dataclass(slots=True)
class Part:
    """What stands between BEGIN and END: its properties, and the parts within."""

    name: str
    number: int
    lines: dict[str, list[Line]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    def first(self, *names: str) -> Line | None:
        """The first property of one of these names."""
        for name in names:
            if name in self.lines:
                return self.lines[name][0]
        return None

    def value(self, name: str) -> str:
        """What the property says, in capitals; empty without one."""
        line = self.first(name)
        return line.value.strip().upper() if line else ""


class _Piece(NamedTuple):
    number: int
    octets: bytes


def parts_of(octets: bytes, report: Report) -> list[Part]:
    """The calendars of a file, with what is wrong with its lines and their nesting noted on the way."""
    if len(octets) > LARGEST:
        report.add("too-large", 1, f"{len(octets):,}")
    cut = len(octets) > READ_AT_MOST
    octets = octets[:READ_AT_MOST]
    if octets.startswith(_MARK):
        report.add("byte-order-mark", 1)
        octets = octets.removeprefix(_MARK)
    if not octets.strip():
        report.add("empty", 1)
        return []
    if not octets.endswith(b"\n") and not cut:
        report.add("no-last-line-end", octets.count(b"\n") + 1)
    return _nested(_properties(octets, report), report, cut=cut)


def _pieces(octets: bytes, report: Report) -> Iterator[_Piece]:
    """The lines of the file without their ends."""
    lines = octets.split(b"\n")
    last = len(lines)
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        if line.endswith(b"\r"):
            line = line[:-1]
        elif number < last:
            report.add("line-feed-only", number)
        _look_at(number, line, report)
        yield _Piece(number, line)


def _look_at(number: int, line: bytes, report: Report) -> None:
    if len(line) > LONGEST_LINE:
        report.add("long-line", number, f"{len(line):,}")
    if b"\r" in line:
        report.add("lone-carriage-return", number)
    if found := _CONTROL.search(line):
        report.add("control-character", number, f"{found[0][0]:#04x}")
    if not line:
        report.add("empty-line", number)


def _properties(octets: bytes, report: Report) -> Iterator[Line]:
    """The content lines, unfolded."""
    number, pieces = 0, list[bytes]()
    for piece in _pieces(octets, report):
        if piece.octets[:1] in (b" ", b"\t") and pieces:
            if piece.octets[1:2] and piece.octets[1] & 0xC0 == 0x80:
                report.add("split-character", piece.number)
            pieces.append(piece.octets[1:])
        elif piece.octets:
            yield from _property(number, b"".join(pieces), report)
            number, pieces = piece.number, [piece.octets]
    yield from _property(number, b"".join(pieces), report)


def _property(number: int, octets: bytes, report: Report) -> Iterator[Line]:
    if not octets:
        return
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        report.add("not-utf-8", number)
        text = octets.decode(errors="replace")
    name = _NAME.match(text)
    at, parameters = name.end() if name else 0, dict[str, str]()
    while found := _PARAMETER.match(text, at):
        parameters[found[1].upper()] = found[2].strip('"')
        at = found.end()
    if name is None or text[at : at + 1] != ":":
        report.add("bad-line", number, shown(text))
    else:
        yield Line(number, name[0].upper(), parameters, text[at + 1 :])


class _Open:
    """The parts that have begun and not ended yet, the innermost last."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._parts: list[Part] = []
        self._names: Counter[str] = Counter()

    @property
    def innermost(self) -> Part | None:
        """The part that the next line belongs to."""
        return self._parts[-1] if self._parts else None

    def begin(self, part: Part) -> None:
        """Go into a part."""
        if self.innermost:
            self.innermost.parts.append(part)
        self._parts.append(part)
        self._names[part.name] += 1

    def end(self, line: Line) -> None:
        """Leave the innermost part of the name; what began in it and did not end, ends with it."""
        name = line.value.strip().upper()
        if not self._names[name]:
            self._report.add("stray-end", line.number, shown(name))
            return
        while (part := self._leave()).name != name:
            self._report.add("missing-end", part.number, shown(part.name))

    def end_all(self) -> None:
        """The file is at its end."""
        while self._parts:
            part = self._leave()
            self._report.add("missing-end", part.number, shown(part.name))

    def _leave(self) -> Part:
        part = self._parts.pop()
        self._names[part.name] -= 1
        return part


def _nested(lines: Iterable[Line], report: Report, *, cut: bool) -> list[Part]:
    calendars: list[Part] = []
    open_parts = _Open(report)
    for position, line in enumerate(lines):
        part = open_parts.innermost
        if position == 0 and (line.name, line.value.strip().upper()) != ("BEGIN", "VCALENDAR"):
            report.add("not-a-calendar", line.number, shown(f"{line.name}:{line.value}"))
        if line.name == "BEGIN":
            begun = Part(line.value.strip().upper(), line.number)
            calendars += [] if part else [begun]
            open_parts.begin(begun)
        elif line.name == "END":
            open_parts.end(line)
        elif part is None:
            report.add("outside", line.number, shown(line.name))
        else:
            part.lines.setdefault(line.name, []).append(line)
    if not cut:
        open_parts.end_all()
    return calendars
