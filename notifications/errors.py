"""What notifications raise."""

from __future__ import annotations


class NotificationsError(Exception):
    """Something of notifications cannot be done; nothing was changed."""


class NotSignedOff(NotificationsError):
    """Nobody has signed off a wording of this text in this language (nor in the study's fallback): it is not sent."""


class WordingRefused(NotificationsError):
    """A wording cannot be published. ``problems`` says of each thing what is wrong and what would be right."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class UnknownZone(NotificationsError):
    """There is no such time zone (any more): nobody can tell which hour it is for this recipient."""


class RulesRefused(NotificationsError):
    """A study cannot send by these rules. ``problems`` says of each thing what is wrong and what would be right."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))
