"""Delivery figures as tables: what became of messages in a few words, by channel and by day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from notifications.outbox import State
from planner.services.messages import DeliveryFigures

#: what became of messages: heading, the states that it stands for
GROUPS = {
    "delivered": ("Delivered", (State.DELIVERED,)),
    "sent": ("Sent", (State.SENT, State.ACCEPTED)),
    "failed": ("Failed", (State.FAILED, State.UNDELIVERED)),
    "doubt": ("In doubt", (State.UNKNOWN, State.SENDING)),
    "held": ("Held", (State.HELD,)),
    "to-come": ("To come", (State.PLANNED,)),
    "not-sent": ("Not sent", (State.EXPIRED, State.CANCELLED, State.SUPPRESSED)),
}
_GROUP_OF = {state.value: name for name, (_, states) in GROUPS.items() for state in states}
CHANNELS = {"sms": "Text message", "email": "E-mail", "calendar": "Invitation", "handset": "Simulated phone"}


@dataclass(slots=True)
class Row:
    """One channel or day, and how many messages of each group."""

    label: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GROUPS, 0))

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    def add(self, state: str, count: int) -> None:
        """Count some more."""
        group = _GROUP_OF.get(state)
        if group is not None:
            self.counts[group] += count


def total_of(figures: DeliveryFigures) -> Row:
    """Everything."""
    return _row("All", figures.by_state)


def by_channel(figures: DeliveryFigures) -> list[Row]:
    """A row for each channel."""
    return [_row(CHANNELS.get(name, name), states) for name, states in sorted(figures.by_channel.items())]


def by_day(figures: DeliveryFigures) -> list[tuple[date, Row]]:
    """A row for each day of UTC on which something was due, the newest first."""
    found: dict[str, Row] = {}
    for one in figures.days:
        found.setdefault(one.day, Row(one.day)).add(one.state, one.count)
    return [(date.fromisoformat(day), found[day]) for day in sorted(found, reverse=True)]


def _row(label: str, states: Mapping[str, int]) -> Row:
    made = Row(label)
    for state, count in states.items():
        made.add(state, count)
    return made


def how_long(seconds: float | None) -> str:
    """``under a minute``, ``4 minutes``; nothing where none has arrived."""
    if seconds is None:
        return ""
    minutes = round(seconds / 60)
    return "under a minute" if minutes < 1 else "1 minute" if minutes == 1 else f"{minutes} minutes"


def used(rows: Iterable[Row]) -> list[str]:
    """The groups that have a message in one of these rows; those that everybody asks about always."""
    always = ("delivered", "sent", "failed")
    every = list(rows)
    return [name for name in GROUPS if name in always or any(row.counts[name] for row in every)]
