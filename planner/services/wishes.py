"""What a participant has asked for: which reminders come, and by which ways nothing comes although they agreed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from notifications.recipients import CALENDAR
from notifications.rules import TIMINGS
from planner.persistence.participants import Contact
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, Refused
from planner.services.access import Scope, find_participant, find_study
from planner.services.appointments import TIMINGS as REMINDERS
from planner.services.appointments import wants_of
from planner.services.contacts import contact_of, keep_contact
from planner.services.keyring import Keys
from planner.services.texts import not_one_of

#: the ways that a participant can switch off for themselves, whatever they have agreed to
WAYS = ("sms", "email", CALENDAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What somebody wants. ``reminders``: their timings, such as 1d; None: those of the study; empty: none at all.

    ``off`` are the ways by which nothing is sent.
    """

    reminders: tuple[str, ...] | None = None
    off: frozenset[str] = frozenset()


def wishes_of(contact: Contact | None) -> Wishes:
    """What somebody has asked for, if anything was kept."""
    said = contact.preferences if contact is not None else {}
    return Wishes(reminders=wants_of(contact), off=frozenset(way for way in WAYS if said.get(way) is False))


def keep_wishes(
    uow: UnitOfWork, keys: Keys, scope: Scope, study_code: str, number: str, wishes: Wishes,
    expected: int | None = None,
) -> None:  # fmt: skip
    """Keep what somebody wants, in place of what was kept; their messages are planned anew.

    ``expected`` is the revision of their contact details that the person had seen. Raises NotFound, InvalidInput,
    Refused while nothing is kept to reach them by, or Conflict where somebody else has changed it since.
    """
    problems = list(_problems(wishes))
    if problems:
        raise InvalidInput(problems)
    participant = find_participant(uow.session, scope, find_study(uow.session, scope, study_code), number, lock=True)
    known = contact_of(uow.session, keys, participant)
    if known is None:
        wrong = "nothing is kept to reach them by"
        raise Refused([InputProblem("contact", wrong, "keep a number or an address first")])
    preferences = {name: said for name, said in known.preferences.items() if name not in (REMINDERS, *WAYS)}
    preferences |= {way: False for way in WAYS if way in wishes.off}
    if wishes.reminders is not None:
        preferences[REMINDERS] = [timing for timing in TIMINGS if timing in wishes.reminders]
    keep_contact(uow, keys, participant, replace(known, preferences=preferences), expected)


def _problems(wishes: Wishes) -> Iterator[InputProblem]:
    for timing in wishes.reminders or ():
        yield from not_one_of("timings", timing, TIMINGS)
    for way in sorted(wishes.off):
        yield from not_one_of("ways", way, WAYS)
