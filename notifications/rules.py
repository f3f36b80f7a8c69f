"""By which rules a study sends: hours, offsets, caps, whom to call; and the switches that stop everything at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notifications.columns import Id, Instant, Json, NotificationsBase, code

#: the switch for all studies
ALL = 0


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
    #: the rest of Rules, as notifications.sending_rules reads it
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
