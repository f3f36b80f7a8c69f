"""What can be wrong with the inputs of a plan, in the words of the field.

Every error of this package is a ``ScheduleError``. The ones about files carry *all* the problems
that were found, each with its place and its remedy, so that a person mends them in one go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in a file, where it stands, and what would be right.

    ``line`` and ``column`` count from 1. Where no place is known (a problem of the whole file) both
    are 1. The text form is ``FILE:LINE:COLUMN: what is wrong; what would be right``.
    """

    file: str
    line: int
    column: int
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.wrong}; {self.right}"


class ScheduleError(Exception):
    """Base of every error that this package raises on purpose."""


class SourceError(ScheduleError):
    """A file cannot be used; ``problems`` lists every reason, in the order of their places."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ProtocolError(SourceError):
    """A protocol file is wrong."""


class HistoryError(SourceError):
    """A history is wrong: a malformed fact, or facts that cannot all be true."""


class SiteError(SourceError):
    """A site file is wrong."""


class ParameterError(SourceError):
    """A parameter file is wrong, or a parameter that the protocol needs has no value."""


class DesignError(ScheduleError):
    """Protocol versions, sites and parameters that do not go together."""


class WindowError(ScheduleError, ValueError):
    """A window with a negative side."""


class OffsetError(ScheduleError, ValueError):
    """A length of time that cannot be read or is out of range."""


class DateOutOfRange(ScheduleError, ValueError):
    """A date before 1900 or after 2200: no study runs there, so it is a slip of the pen."""


class VisitNotFound(ScheduleError):
    """The plan has no visit of that key."""
