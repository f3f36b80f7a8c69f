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


class ForbiddenWord(WordingRefused):
    """A text would say what no text of its study may say: it is not sent."""

    def __init__(self, word: str) -> None:
        super().__init__((f"the text has the word {word!r}, which no text may have",))


class UnknownZone(NotificationsError):
    """There is no such time zone (any more): nobody can tell which hour it is for this recipient."""


class RulesRefused(NotificationsError):
    """A study cannot send by these rules. ``problems`` says of each thing what is wrong and what would be right."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))
