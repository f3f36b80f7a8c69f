"""What was done, given and taken by each participant, as reports count it: written with their plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from planner.persistence.base import Base

_PAGE = 500


class CareRow(Base):
    """One participant's care as one text, of a form; empty while there is no plan.

    Who came in a large table has none until they are planned again.
    """

    __tablename__ = "care"
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    #: which version of the text it is: older ones are not read
    form: Mapped[int]
    content: Mapped[str] = mapped_column(Text)


def care_texts(session: Session, participant_ids: Iterable[int], form: int) -> Iterator[tuple[int, str]]:
    """Each of these participants of whom there is a text of that form, with it; some hundred in one query."""
    wanted = list(participant_ids)
    for start in range(0, len(wanted), _PAGE):
        some = CareRow.participant_id.in_(wanted[start : start + _PAGE])
        query = select(CareRow.participant_id, CareRow.content).where(CareRow.form == form, some)
        yield from ((row.participant_id, row.content) for row in session.execute(query))


def has_care(session: Session, participant_id: int, form: int) -> bool:
    """Whether there is a text of that form about a participant."""
    return session.scalar(select(CareRow.form).where(CareRow.participant_id == participant_id)) == form
