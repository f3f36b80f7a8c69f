"""What messages hang on: when and where somebody is to come, in its newest version, and what they were last told."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notifications.columns import Id, Instant, Json, NotificationsBase, code


class AppointmentRow(NotificationsBase):
    """One appointment as one recipient is told of it: booked, firm and released; whatever else exists is not here.

    ``version`` grows with whatever the recipient is told: day, hour, place, cancelled; not with a chair. It never goes
    back, also where an appointment is moved and moved back.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        UniqueConstraint("recipient_id", "reference"),
        CheckConstraint("starts >= 0 AND starts < 1440", name="starts_within_the_day"),
        CheckConstraint("version > 0", name="version_positive"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(Id, index=True)
    site_id: Mapped[int] = mapped_column(Id)
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipient.id"))
    #: what the planner calls it, such as a visit's key; it never reaches a text
    reference: Mapped[str] = mapped_column(code(120))
    version: Mapped[int] = mapped_column(default=1)
    cancelled: Mapped[bool] = mapped_column(default=False)
    #: no reminders while this is true (in hospital); a change is told all the same
    withheld: Mapped[bool] = mapped_column(default=False)
    #: wall time where the appointment is: the day, minutes after midnight (none where no hour is known), the zone
    day: Mapped[date]
    starts: Mapped[int | None]
    zone: Mapped[str] = mapped_column(String(64))
    #: the same as an instant; without an hour the end of that day: nothing is of use after it
    starts_at: Mapped[datetime] = mapped_column(Instant, index=True)
    #: what the clinic is called towards recipients, and the number to call back
    place: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(50))
    #: what of it the recipient has been told last (day, starts, zone, place, cancelled); none before anybody did
    told: Mapped[dict[str, Any] | None] = mapped_column(Json)
    #: what they answered to the newest version: confirmed, wants-to-move, or nothing
    answer: Mapped[str] = mapped_column(String(20), default="")
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)

    def content(self) -> dict[str, Any]:
        """What the recipient is told of it."""
        if self.cancelled:
            return {"cancelled": True}
        return {"day": self.day.isoformat(), "starts": self.starts, "zone": self.zone, "place": self.place}
