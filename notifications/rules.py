"""By which rules a study sends: hours, offsets, caps, whom to call; and the switches that stop everything at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notifications.columns import Id, Instant, Json, NotificationsBase, code
from notifications.errors import RulesRefused
from notifications.forbidden import is_address, told
from notifications.local_time import DAY
from notifications.quiet_hours import QuietHours

#: the switch for all studies
ALL = 0
#: when a reminder is sent: days before the appointment at the study's hour, or on its day, some hours before it
TIMINGS = ("7d", "3d", "1d", "morning")
#: what a clinic may be called towards recipients, in characters: longer ones leave no room in a text
LONGEST_ALIAS = 30
_SHORTEST_HOURS = 3 * 60  # a clock change jumps over two hours at most
_PHONE = re.compile(r"\+?[0-9(][0-9 ().-]*")
_DIGITS = re.compile(r"[0-9]")
_TEXTS = ("urgent_phone", "emergency_phone", "alias")
_SWITCHES = ("enabled", "missed", "diary")
_LISTS = ("timings", "links")
_NUMBERS = ("hour", "morning_before", "diary_hour", "per_day", "per_week", "diary_per_day", "redact_after")
_IN_COLUMNS = ("enabled", *_TEXTS)
_HOURS_WOULD_BE = "hours: give opens and closes as minutes after midnight, 0 to 1439"


class RulesRow(NotificationsBase):
    """How one study reminds. Without a row it sends nothing."""

    __tablename__ = "sending_rules"
    study_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    #: whether reminders are on; they cannot be without a number that answers day and night
    enabled: Mapped[bool] = mapped_column(default=False)
    urgent_phone: Mapped[str] = mapped_column(String(50), default="")
    #: such as 112 or 911
    emergency_phone: Mapped[str] = mapped_column(String(50), default="")
    #: what the clinic is called towards recipients
    alias: Mapped[str] = mapped_column(String(100), default="")
    #: the rest of Rules, as Rules has it
    rules: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    changed_at: Mapped[datetime] = mapped_column(Instant)


class SwitchRow(NotificationsBase):
    """Sending is switched off in one study, or altogether (``ALL``): read by the last check before each send."""

    __tablename__ = "sending_switch"
    study_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    off: Mapped[bool] = mapped_column(default=False)
    why: Mapped[str] = mapped_column(String(300), default="")
    changed_by: Mapped[int | None] = mapped_column(Id)
    changed_at: Mapped[datetime] = mapped_column(Instant)


class WordingRow(NotificationsBase):
    """One version of one text in one language, of one study. Only one that somebody has signed off is ever sent."""

    __tablename__ = "wording"
    __table_args__ = (UniqueConstraint("study_id", "template", "language", "version"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(Id)
    template: Mapped[str] = mapped_column(code(40))
    language: Mapped[str] = mapped_column(String(16))
    #: from 1
    version: Mapped[int]
    #: the template, as Jinja's sandbox reads it
    source: Mapped[str] = mapped_column(Text)
    published_by: Mapped[int | None] = mapped_column(Id)
    published_at: Mapped[datetime] = mapped_column(Instant)
    approved_by: Mapped[int | None] = mapped_column(Id)
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    #: when it was taken back; the approved one before it counts again
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How one study sends. Hours are minutes after midnight on the recipient's own clock.

    Raises RulesRefused for rules that cannot be, with all that is wrong with them: a study without a number that
    answers day and night cannot switch reminders on.
    """

    #: whether anything is sent
    enabled: bool = False
    #: the number that answers day and night, and the one for emergencies, such as 112
    urgent_phone: str = ""
    emergency_phone: str = ""
    #: what the clinic is called towards recipients
    alias: str = ""
    #: which reminders are sent, where neither the visit's kind nor the participant has some of their own
    timings: tuple[str, ...] = ("3d", "1d")
    #: the hour of reminders some days before
    hour: int = 9 * 60
    #: how long before the appointment a reminder on its morning is sent
    morning_before: int = 3 * 60
    #: outside these hours nothing is sent
    hours: QuietHours = field(default=QuietHours(8 * 60, 20 * 60))
    #: the most messages a day and a week to one recipient; a change of something they were told is always told
    per_day: int = 2
    per_week: int = 2
    #: the same by kind of visit, as "epoch" or "epoch.visit" of the protocol: what is not named here is as usual
    timings_by_visit: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: whether people are prompted about what is taken or noted down at home, and at what hour
    diary: bool = False
    diary_hour: int = 18 * 60
    #: the most prompts a day about what is done at home, beside these
    diary_per_day: int = 1
    #: whether somebody who did not come is written to
    missed: bool = False
    #: after how many days the text of a message, and what somebody wrote, is removed
    redact_after: int = 30
    #: the addresses on the web that a text may name
    links: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if problems := tuple(_problems(self)):
            raise RulesRefused(problems)

    def data(self) -> dict[str, Any]:
        """What of it stands in the row as JSON."""
        return {name: value for name, value in asdict(self).items() if name not in _IN_COLUMNS}


def rules_of(row: RulesRow | None) -> Rules:
    """A study's rules; without a row it sends nothing. Raises RulesRefused."""
    if row is None:
        return Rules()
    given = {name: getattr(row, name) for name in _IN_COLUMNS}
    return read_rules({**{name: value for name, value in given.items() if value is not None}, **(row.rules or {})})


def read_rules(data: Mapping[str, Any]) -> Rules:
    """Rules from plain data; what is not given is as usual. Raises RulesRefused."""
    known = {each.name for each in fields(Rules)}
    if unknown := sorted(set(data) - known):
        raise RulesRefused((f"unknown: {', '.join(unknown)}; rules have {', '.join(sorted(known))}",))
    if wrong := tuple(_odd(data)):
        raise RulesRefused(wrong)
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    if isinstance(by_visit := given.get("timings_by_visit"), Mapping):
        given["timings_by_visit"] = {name: tuple(timings) for name, timings in by_visit.items()}
    if isinstance(hours := given.get("hours"), Mapping):
        given["hours"] = _read_hours(hours)
    return Rules(**given)


def _odd(data: Mapping[str, Any]) -> Iterator[str]:
    """What is not even of the kind that it has to be."""
    for name, value in data.items():
        if name in _TEXTS and not isinstance(value, str):
            yield f"{name}: write text"
        elif name in _LISTS and not (isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)):
            yield f"{name}: a list of texts"
        elif name in _SWITCHES and not isinstance(value, bool):
            yield f"{name}: true or false"
        elif name in _NUMBERS and not isinstance(value, int):
            yield f"{name}: a whole number"
        elif name == "timings_by_visit" and not _names_timings(value):
            yield f"{name}: for each kind of visit a list of timings"
        elif name == "hours" and not isinstance(value, Mapping | QuietHours):
            yield _HOURS_WOULD_BE


def _names_timings(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and isinstance(each, list | tuple) and all(isinstance(one, str) for one in each)
        for name, each in value.items()
    )


def _read_hours(data: Mapping[str, Any]) -> QuietHours:
    try:
        return QuietHours(**{name: int(value) for name, value in data.items()})
    except (TypeError, ValueError):
        raise RulesRefused((_HOURS_WOULD_BE,)) from None


def _problems(rules: Rules) -> Iterator[str]:
    yield from _phone_problems(rules)
    yield from _timing_problems(rules)
    yield from _number_problems(rules)
    if len(rules.alias) > LONGEST_ALIAS:
        yield f"alias: at most {LONGEST_ALIAS} characters, so that a text has room for it"
    if word := told(rules.alias):
        yield f"alias: {word!r} tells a stranger too much; take a name without it, such as North Clinic"
    if is_address(rules.alias):
        yield "alias: telephones read it as a link; put a space behind a full stop"
    if rules.enabled and not rules.alias.strip():
        yield "alias: say what the clinic is called towards those who get the messages"


def _phone_problems(rules: Rules) -> Iterator[str]:
    for name, least in (("urgent_phone", 5), ("emergency_phone", 2)):
        number = getattr(rules, name)
        if number and not is_phone(number, least):
            yield f"{name}: {number!r} is no number to call; write e.g. +1 212 555 0100"
        if rules.enabled and not number:
            yield f"{name}: reminders cannot be on without it; everybody who writes back is told whom to call"


def _timing_problems(rules: Rules) -> Iterator[str]:
    for name, timings in [("timings", rules.timings), *_by_visit(rules)]:
        if unknown := [each for each in timings if each not in TIMINGS]:
            yield f"{name}: {', '.join(map(str, unknown))} is none; there are {', '.join(TIMINGS)}"
        if len(set(timings)) != len(timings):
            yield f"{name}: name each once"
    if rules.hours.length < _SHORTEST_HOURS:
        yield "hours: leave three hours a day at least, or a clock change may leave none"
    if not rules.hours.allow(rules.hour):
        yield "hour: lies outside the hours in which anything is sent"
    if rules.diary and not rules.hours.allow(rules.diary_hour):
        yield "diary_hour: lies outside the hours in which anything is sent"
    if rules.diary and not rules.diary_per_day:
        yield "diary_per_day: prompts are on; allow one a day at least"


def _by_visit(rules: Rules) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, timings in rules.timings_by_visit.items():
        yield f"timings_by_visit/{name}", timings


def _number_problems(rules: Rules) -> Iterator[str]:
    bounds = {
        "hour": (0, DAY - 1), "morning_before": (60, 12 * 60), "per_day": (1, 10), "per_week": (1, 50),
        "diary_hour": (0, DAY - 1), "diary_per_day": (0, 10), "redact_after": (1, 3650),
    }  # fmt: skip
    for name, (least, most) in bounds.items():
        value = getattr(rules, name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            yield f"{name}: a whole number from {least} to {most}"


def timings_for(rules: Rules, kinds: Iterable[str]) -> tuple[str, ...] | None:
    """The timings of a visit of these kinds, the most particular one first; None: as the study reminds of any."""
    return next((rules.timings_by_visit[kind] for kind in kinds if kind in rules.timings_by_visit), None)


def is_phone(text: str, least: int = 5) -> bool:
    """Whether somebody can call it: digits, at least so many and at most 15, with what people put between them."""
    return bool(_PHONE.fullmatch(text)) and least <= len(_DIGITS.findall(text)) <= 15 and len(text) <= 25
