"""The texts of a study as its recipients read them: by kind and language, signed off or not, with what each costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from notifications.invitations import WORDED_AS
from notifications.rules import WordingRow
from notifications.segments import Encoding, count
from notifications.wording import KINDS, shipped, shipped_languages, subject, unread
from planner.persistence.studies import Study
from planner.problems import InputProblem, InvalidInput, NotFound, shown
from planner.services.access import Scope
from planner.services.designs import Designs
from planner.services.wordings import preview_wording, study_wordings

#: how a text stands: somebody has signed a version off; a version waits for it; nothing is there of the study's own
SIGNED, WAITING, NONE = "signed-off", "waiting", "none"
#: what goes by mail as an invitation: the calendar's event has this text too
INVITED_BY = frozenset(WORDED_AS.values())


@dataclass(frozen=True, slots=True)
class Standing:
    """How one text stands in one language. ``waiting`` is newer than what is signed off, where both are there."""

    signed: WordingRow | None
    waiting: WordingRow | None

    @property
    def state(self) -> str:
        """In a word."""
        return SIGNED if self.signed is not None else WAITING if self.waiting is not None else NONE


@dataclass(frozen=True, slots=True)
class ShownText:
    """A text as somebody of that language reads it, with made-up values; or why it cannot be shown.

    ``segments`` as an SMS, and ``at_most`` with the longest values; ``subject`` and ``ending`` are of an e-mail.
    """

    language: str
    standing: Standing
    row: WordingRow | None
    source: str
    text: str
    encoding: Encoding
    segments: int
    at_most: int
    subject: str
    ending: str
    problems: tuple[InputProblem, ...]


def standings(rows: Sequence[WordingRow]) -> dict[tuple[str, str], Standing]:
    """How each text stands in each language that ships; ``rows`` are all wordings of a study."""
    return {
        (template, language): _standing([row for row in rows if (row.template, row.language) == (template, language)])
        for template in KINDS
        for language in shipped_languages()
    }


def unsigned(session: Session, scope: Scope, study_code: str) -> int:
    """How many texts of a study, of the languages that ship, nobody has signed off."""
    return sum(one.signed is None for one in standings(study_wordings(session, scope, study_code)).values())


def _standing(rows: Sequence[WordingRow]) -> Standing:
    counting = [row for row in rows if row.withdrawn_at is None]
    signed = max((row for row in counting if row.approved_at), key=_version, default=None)
    newer = [row for row in counting if not row.approved_at and (signed is None or row.version > signed.version)]
    return Standing(signed, max(newer, key=_version, default=None))


def _version(row: WordingRow) -> int:
    return row.version


def shown_texts(
    session: Session, designs: Designs, study: Study, template: str, rows: Sequence[WordingRow]
) -> list[ShownText]:
    """A kind of text in each language that ships: what is sent, else what waits, else what ships. Raises NotFound."""
    if template not in KINDS:
        right = f"choose of {', '.join(KINDS)}"
        raise NotFound([InputProblem("template", f'there is no text "{shown(template)}"', right)])
    known = standings(rows)
    return [_shown(session, designs, study, template, language, known) for language in shipped_languages()]


def _shown(
    session: Session, designs: Designs, study: Study, template: str, language: str,
    known: dict[tuple[str, str], Standing],
) -> ShownText:  # fmt: skip
    standing = known[template, language]
    row = standing.signed or standing.waiting
    source = row.source if row is not None else shipped(template, language)
    text, most = "", 0
    problems: tuple[InputProblem, ...] = ()
    try:
        (found,) = preview_wording(session, designs, study, template, source, (language,))
        text, most = found.text, found.at_most
    except InvalidInput as error:
        problems = error.problems
    takes = count(text)
    return ShownText(
        language, standing, row, source, text, takes.encoding, takes.segments, most, subject(language),
        unread(language), problems,
    )  # fmt: skip
