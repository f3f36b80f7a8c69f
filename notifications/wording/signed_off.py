"""The wordings of a study, version by version: published, signed off, taken back. Only what is signed off is sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.errors import NotificationsError, NotSignedOff, WordingRefused
from notifications.languages import FALLBACK, languages, lookup
from notifications.rules import WordingRow
from notifications.wording.checks import check_wording
from notifications.wording.render import render, spoken
from notifications.wording.templates import TEMPLATES
from notifications.wording.values import Values


def publish(
    session: Session, study_id: int, template: str, language: str, source: str, *, by: int | None, now: datetime,
    forbidden: Collection[str] = (), links: Collection[str] = (),
) -> WordingRow:  # fmt: skip
    """Add a version of a text; nothing of it is sent before somebody has signed it off. Raises WordingRefused."""
    if problems := check_wording(template, language, source, forbidden, links):
        raise WordingRefused(problems)
    newest = select(func.max(WordingRow.version)).where(
        WordingRow.study_id == study_id, WordingRow.template == template, WordingRow.language == language
    )
    row = WordingRow(
        study_id=study_id, template=template, language=language, version=(session.scalar(newest) or 0) + 1,
        source=source, published_by=by, published_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def approve(
    session: Session, row: WordingRow, *, by: int | None, now: datetime,
    forbidden: Collection[str] = (), links: Collection[str] = (),
) -> None:  # fmt: skip
    """Sign a version off: it is sent from now on. Signed off before, it stays as it was.

    Raises WordingRefused where it would not be published any more, NotificationsError for one that was taken back.
    """
    if row.withdrawn_at is not None:
        raise NotificationsError(f"version {row.version} was taken back; publish it again")
    if row.approved_at is not None:
        return
    if problems := check_wording(row.template, row.language, row.source, forbidden, links):
        raise WordingRefused(problems)
    row.approved_by, row.approved_at = by, now
    session.flush()


def withdraw(session: Session, row: WordingRow, *, now: datetime) -> None:
    """Take a version back: the signed-off one before it counts again. One that was taken back stays as it was."""
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        session.flush()


def adopt_shipped(
    session: Session, study_id: int, by: int | None, now: datetime,
    forbidden: Collection[str] = (), codes: Collection[str] | None = None,
) -> list[WordingRow]:  # fmt: skip
    """Publish and sign off the texts that ship, in these languages or all, where the study has nothing signed off.

    What was added; a study's own wordings are left as they are. Raises WordingRefused.
    """
    added = []
    for code, language in languages().items():
        for template, source in language.templates.items():
            if (codes is None or code in codes) and newest_signed_off(session, study_id, template, code) is None:
                row = publish(session, study_id, template, code, source, by=by, now=now, forbidden=forbidden)
                row.approved_by, row.approved_at = by, now
                added.append(row)
    session.flush()
    return added


def approved_wording(session: Session, study_id: int, template: str, language: str) -> WordingRow:
    """What is sent to somebody of that language: the newest version that is signed off, and not taken back.

    In their own language or one that it is a kind of (``es`` for ``es-MX``), else in English. Raises NotSignedOff.
    """
    for code in dict.fromkeys([*lookup(language), FALLBACK]):
        if row := newest_signed_off(session, study_id, template, code):
            return row
    raise NotSignedOff(f"no wording of {template!r} is signed off in {language} or {FALLBACK}")


def newest_signed_off(session: Session, study_id: int, template: str, language: str) -> WordingRow | None:
    """The newest version in exactly that language that is signed off, and not taken back."""
    counts = (
        select(WordingRow)
        .where(WordingRow.study_id == study_id, WordingRow.template == template, WordingRow.language == language)
        .where(WordingRow.approved_at.is_not(None), WordingRow.withdrawn_at.is_(None))
        .order_by(WordingRow.version.desc())
        .limit(1)
    )
    return session.scalar(counts)


def text_of(row: WordingRow, language: str, values: Values, forbidden: Collection[str] = ()) -> str:
    """A wording as a recipient of that language reads it. Raises WordingRefused."""
    return render(row.source, spoken(row.language, language), values, forbidden)


def missing(session: Session, study_id: int, codes: Collection[str]) -> list[tuple[str, str]]:
    """Which texts nobody has signed off, by template and language, of those languages."""
    pairs = [(template, code) for code in codes for template in TEMPLATES]
    return [pair for pair in pairs if newest_signed_off(session, study_id, *pair) is None]
