"""Reads calendars with libical, the library of Evolution and KDE: ``read_libical.py <calendars.json``.

Reads a JSON list of texts and prints a list of
``{"events": {uid: {"start", "status", "summary"}}, "complaints": [...]}``: the start in seconds since 1970 by the
text's own VTIMEZONE, or a date; the complaints of its parser and its checks of what RFC 5545 allows. A process of its
own, since a fault in C would take the tests with it. ``--there``: is there a libical?
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from ctypes import CDLL, Structure, c_char_p, c_int, c_int64, c_void_p
from ctypes.util import find_library
from typing import Any

NAMES = ("libical.so.3", "libical.so.4", find_library("ical") or "")


class Time(Structure):
    """libical's ``icaltimetype``."""

    _fields_ = [
        *((name, c_int) for name in ("year", "month", "day", "hour", "minute", "second", "is_date", "is_daylight")),
        ("zone", c_void_p),
    ]


# Function: what it gives back, what it takes.
FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "icalerror_set_errors_are_fatal": (None, (c_int,)),
    "icalparser_parse_string": (c_void_p, (c_char_p,)),
    "icalrestriction_check": (c_int, (c_void_p,)),
    "icalcomponent_string_to_kind": (c_int, (c_char_p,)),
    "icalproperty_string_to_kind": (c_int, (c_char_p,)),
    "icalcomponent_get_first_component": (c_void_p, (c_void_p, c_int)),
    "icalcomponent_get_next_component": (c_void_p, (c_void_p, c_int)),
    "icalcomponent_get_first_property": (c_void_p, (c_void_p, c_int)),
    "icalcomponent_get_next_property": (c_void_p, (c_void_p, c_int)),
    "icalcomponent_get_dtstart": (Time, (c_void_p,)),
    "icalcomponent_get_timezone": (c_void_p, (c_void_p, c_char_p)),
    "icalcomponent_get_uid": (c_char_p, (c_void_p,)),
    "icalcomponent_get_summary": (c_char_p, (c_void_p,)),
    "icalcomponent_free": (None, (c_void_p,)),
    "icalproperty_get_value_as_string": (c_char_p, (c_void_p,)),
    "icalproperty_get_parameter_as_string": (c_char_p, (c_void_p, c_char_p)),
    "icaltime_as_timet_with_zone": (c_int64, (Time, c_void_p)),
    "icaltimezone_get_utc_timezone": (c_void_p, ()),
}


def library() -> Any:
    """The library with its functions declared, or None where there is none."""
    for name in filter(None, NAMES):
        try:
            found = CDLL(name)
        except OSError:
            continue
        for function, (result, arguments) in FUNCTIONS.items():
            getattr(found, function).restype = result
            getattr(found, function).argtypes = arguments
        # A bad value must not end the process.
        found.icalerror_set_errors_are_fatal(0)
        return found
    return None


class Reader:
    """One calendar after the other, each with its own zones."""

    def __init__(self, lib: Any) -> None:
        self._lib = lib
        self._any = lib.icalcomponent_string_to_kind(b"ANY")
        self._error = lib.icalproperty_string_to_kind(b"X-LIC-ERROR")

    def read(self, text: str) -> dict[str, Any]:
        """The events of a text, and what is wrong with it."""
        calendar = self._lib.icalparser_parse_string(text.encode())
        if not calendar:
            return {"events": {}, "complaints": ["no calendar"]}
        self._lib.icalrestriction_check(calendar)
        kind = self._lib.icalcomponent_string_to_kind(b"VEVENT")
        events: dict[str, Any] = {}
        complaints = list(self._complaints(calendar))
        for event in self._components(calendar, kind):
            uid = self._lib.icalcomponent_get_uid(event).decode()
            complaints += [f"two events {uid}"] if uid in events else []
            events[uid] = self._event(calendar, event)
        self._lib.icalcomponent_free(calendar)
        return {"events": events, "complaints": complaints}

    def _event(self, calendar: int, event: int) -> dict[str, Any]:
        summary = self._lib.icalcomponent_get_summary(event)
        return {
            "start": self._start(calendar, event),
            "status": self._value(event, b"STATUS"),
            "summary": summary.decode() if summary else "",
        }

    def _start(self, calendar: int, event: int) -> int | str:
        time = self._lib.icalcomponent_get_dtstart(event)
        if time.is_date:
            return f"{time.year:04}-{time.month:02}-{time.day:02}"
        return int(self._lib.icaltime_as_timet_with_zone(time, self._zone(calendar, event, time)))

    def _zone(self, calendar: int, event: int, time: Time) -> int:
        """By the calendar's own VTIMEZONE alone: libical would fall back on the machine's."""
        if time.zone == self._lib.icaltimezone_get_utc_timezone():
            return int(time.zone)
        kind = self._lib.icalproperty_string_to_kind(b"DTSTART")
        start = self._lib.icalcomponent_get_first_property(event, kind)
        name = self._lib.icalproperty_get_parameter_as_string(start, b"TZID")
        zone = self._lib.icalcomponent_get_timezone(calendar, name) if name else None
        if not zone:
            raise SystemExit(f"no VTIMEZONE for {name}")
        return int(zone)

    def _value(self, component: int, name: bytes) -> str:
        kind = self._lib.icalproperty_string_to_kind(name)
        found = self._lib.icalcomponent_get_first_property(component, kind)
        return self._lib.icalproperty_get_value_as_string(found).decode() if found else ""

    def _components(self, component: int, kind: int) -> Iterator[int]:
        found = self._lib.icalcomponent_get_first_component(component, kind)
        while found:
            yield found
            found = self._lib.icalcomponent_get_next_component(component, kind)

    def _complaints(self, component: int) -> Iterator[str]:
        found = self._lib.icalcomponent_get_first_property(component, self._error)
        while found:
            yield self._lib.icalproperty_get_value_as_string(found).decode()
            found = self._lib.icalcomponent_get_next_property(component, self._error)
        for inner in list(self._components(component, self._any)):
            yield from self._complaints(inner)


def main() -> None:
    """Read from standard input, print to standard output."""
    lib = library()
    if "--there" in sys.argv[1:] or lib is None:
        raise SystemExit(lib is None)
    reader = Reader(lib)
    json.dump([reader.read(text) for text in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
