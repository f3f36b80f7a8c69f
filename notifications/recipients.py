"""Whom messages go to, by which channels, and whether they may still be contacted at all.

What a recipient is to the planner (a participant, or somebody who cares for one) is not known here: ``reference`` is
the planner's own name for them. Numbers and addresses are not here either, only keyed digests by which they are found.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from notifications.columns import Id, Instant, NotificationsBase, code


class RecipientRow(NotificationsBase):
    """Somebody who is told of appointments."""

    __tablename__ = "recipient"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_id: Mapped[int] = mapped_column(Id, index=True)
    site_id: Mapped[int] = mapped_column(Id)
    #: what the planner calls them; never a name
    reference: Mapped[str] = mapped_column(code(80), unique=True)
    #: BCP 47, such as en or es
    language: Mapped[str] = mapped_column(String(16))
    #: IANA name of the zone on whose clock they live
    zone: Mapped[str] = mapped_column(String(64))
    #: false from a death or a withdrawal from contact on; nothing is sent any more
    may_be_contacted: Mapped[bool] = mapped_column(default=True)
    #: when that was, and in a word why: died, withdrew, erased
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    stopped_why: Mapped[str] = mapped_column(String(20), default="")
    changed_at: Mapped[datetime] = mapped_column(Instant)


class AddressRow(NotificationsBase):
    """One channel by which a recipient has agreed to be reached: there is a row only with a recorded consent."""

    __tablename__ = "address"
    __table_args__ = (Index("ix_address_digest", "digest", "channel"),)
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipient.id"), primary_key=True)
    #: sms or email
    channel: Mapped[str] = mapped_column(code(20), primary_key=True)
    study_id: Mapped[int] = mapped_column(Id, index=True)
    #: keyed digest of the number or address: 64 hexadecimal digits
    digest: Mapped[str] = mapped_column(String(64))
    #: from when, and until when (exclusive), they agreed to it
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime | None] = mapped_column(Instant)
    #: somebody answered that this is the wrong number, or the provider that it cannot be reached: until a person
    #: has verified it nothing is sent to it
    suspended_at: Mapped[datetime | None] = mapped_column(Instant)
    suspended_why: Mapped[str] = mapped_column(String(40), default="")
