"""Work that takes longer than a page may: asked for, looked at while it is done, stopped, and gone on with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from planner.persistence.facts import FactRow
from planner.persistence.long_work import LongWork
from planner.persistence.participants import Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import User
from planner.problems import Conflict, InputProblem, NotFound
from planner.services.access import Scope, find_study

#: each kind of work, as people call it
KINDS = {
    "import-check": "Check of a table",
    "import": "Import",
    "replan": "Planning everybody again",
    "amendment-look": "Effect of an amendment",
    "amendment": "Amendment",
    "export": "Export",
}
#: after so long without a part done, whoever did the work is gone
ABANDONED = timedelta(minutes=2)
#: files and tables of work that is over are kept so long
KEPT = timedelta(days=7)
UNDER_WAY = ("waiting", "running")
#: from which states work can go on where it was
GOES_ON = ("failed", "stopped", "cut-off")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskFor:
    """Work that somebody wants done. ``follows`` is the work that they had looked at before."""

    kind: str
    asked: dict[str, Any]
    site_id: int | None = None
    payload: bytes | None = None
    follows: LongWork | None = None


@dataclass(frozen=True, slots=True)
class ListedWork:
    """A piece of work, who asked for it, and at which site, if only there."""

    row: LongWork
    asked_by: str
    site: str | None


def ask_for(uow: UnitOfWork, study: Study, wanted: AskFor) -> LongWork:
    """Put work into the queue. Raises Conflict while the same is under way, or was asked for already."""
    same = select(LongWork).where(
        LongWork.study_id == study.id, LongWork.kind == wanted.kind, LongWork.state.in_(UNDER_WAY)
    )
    if wanted.site_id is not None:
        same = same.where(LongWork.site_id == wanted.site_id)
    other = uow.session.scalar(same.limit(1))
    if other is not None and standing(other, uow.now) != "cut-off":
        wrong = f"{KINDS[wanted.kind].lower()}: this is under way already (number {other.id})"
        raise Conflict([InputProblem("work", wrong, "wait until it has ended, or stop it")])
    _refuse_twice(uow, wanted)
    user = uow.actor.user_id
    assert user is not None  # noqa: S101 - only people ask
    row = LongWork(
        study_id=study.id, site_id=wanted.site_id, kind=wanted.kind, asked=wanted.asked, payload=wanted.payload,
        state="waiting", found={}, after_id=wanted.follows.id if wanted.follows else None, asked_by=user,
        asked_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    after = {"kind": wanted.kind, "number": row.id, **wanted.asked}
    uow.audit("work.asked", f"study:{study.code}", study_id=study.id, after=after, why=str(wanted.asked.get("why", "")))
    return row


def _refuse_twice(uow: UnitOfWork, wanted: AskFor) -> None:
    """What somebody has looked at is done once."""
    if wanted.follows is None:
        return
    done = select(LongWork.id).where(LongWork.after_id == wanted.follows.id, LongWork.kind == wanted.kind)
    other = uow.session.scalar(done.limit(1))
    if other is not None:
        raise Conflict([InputProblem("work", f"this was asked for already (number {other})", "look at that one")])


def find_work(session: Session, scope: Scope, study_code: str, work_id: int, lock: bool = False) -> LongWork:
    """The work of that number. Raises NotFound, also for what is about more than the asker may see."""
    study = find_study(session, scope, study_code)
    query = select(LongWork).where(LongWork.id == work_id, LongWork.study_id == study.id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or not _covers(scope, row):
        raise NotFound([InputProblem("work", "there is no such work in this study", "look at the list of its work")])
    return row


def _covers(scope: Scope, row: LongWork) -> bool:
    if row.site_id is None:
        return scope.covers_whole(row.study_id)
    return scope.covers(row.study_id, row.site_id)


def list_work(session: Session, scope: Scope, study: Study, most: int) -> list[ListedWork]:
    """The newest work of a study that somebody may see."""
    query = (
        select(LongWork, User.name, SiteRow.name)
        .join(User, User.id == LongWork.asked_by)
        .outerjoin(SiteRow, SiteRow.id == LongWork.site_id)
        .where(LongWork.study_id == study.id)
    )
    if not scope.covers_whole(study.id):
        sites = {site for one, site in scope.pairs if one in (None, study.id) and site is not None}
        query = query.where(LongWork.site_id.in_(sites))
    return [ListedWork(*found) for found in session.execute(query.order_by(LongWork.id.desc()).limit(most))]


def standing(row: LongWork, now: datetime) -> str:
    """Where work stands: what is said to run, and has not for long, was cut off."""
    lost = row.state == "running" and row.beat_at is not None and now - row.beat_at > ABANDONED
    return "cut-off" if lost else row.state


def changed_since(session: Session, row: LongWork) -> int:
    """Of how many participants something was recorded since the effect of an amendment was worked out; 0 for others."""
    if row.kind != "amendment-look" or row.state != "done":
        return 0
    query = select(func.count(FactRow.participant_id.distinct()))
    query = query.join(Participant, Participant.id == FactRow.participant_id)
    theirs = (Participant.study_id == row.study_id, Participant.site_id == row.site_id)
    return session.scalar(query.where(*theirs, FactRow.recorded_at > row.began_at)) or 0


def want_stop(uow: UnitOfWork, study: Study, row: LongWork) -> None:
    """Ask work to stop after the part that it is at; what has not begun does not begin."""
    if row.state not in UNDER_WAY or row.stop_wanted:
        return
    row.stop_wanted = True
    if row.state == "waiting" or standing(row, uow.now) == "cut-off":
        row.state, row.ended_at = "stopped", uow.now
    uow.audit("work.stop-asked", f"study:{study.code}", study_id=study.id, after={"kind": row.kind, "number": row.id})


def go_on(uow: UnitOfWork, study: Study, row: LongWork) -> None:
    """Go on with work where it was. Raises Conflict for what goes on already, or is done."""
    now = standing(row, uow.now)
    if now not in GOES_ON:
        raise Conflict([InputProblem("work", f"it is {now}", "there is nothing to go on with")])
    row.state, row.stop_wanted, row.reason, row.ended_at, row.runner = "waiting", False, "", None, ""
    row.asked_at = uow.now
    uow.audit("work.gone-on", f"study:{study.code}", study_id=study.id, after={"kind": row.kind, "number": row.id})


def tidy_work(uow: UnitOfWork) -> int:
    """Say of work whose worker is gone that it was cut off, and remove files that are old; how many were cut off."""
    lost = (LongWork.state == "running", LongWork.beat_at < uow.now - ABANDONED)
    ended = uow.session.execute(update(LongWork).where(*lost).values(state="cut-off", ended_at=uow.now))
    old = (LongWork.payload.is_not(None), LongWork.ended_at < uow.now - KEPT)
    uow.session.execute(update(LongWork).where(*old).values(payload=None))
    return ended.rowcount or 0  # type: ignore[attr-defined]
