"""Calendar feeds: made with a link that is shown once, listed with who has fetched them, rotated, withdrawn."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from notifications.forbidden import told
from planner.clock import local_day
from planner.persistence.feeds import (
    CENTRE,
    COORDINATOR,
    PARTICIPANT,
    SITE,
    STUDY,
    Feed,
    FeedFetch,
    fetches_of,
)
from planner.persistence.paging import Asked, Page, WrongCursor, page
from planner.persistence.participants import Contact, Participant
from planner.persistence.sites import SiteRow, sites_of
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.users import names_of
from planner.problems import InputProblem, InvalidInput, NotFound
from planner.services.access import Scope, find_participant, find_site, find_study, not_allowed
from planner.services.designs import Designs
from planner.services.feed_contents import left_out
from planner.services.feed_scope import REVOKED, ROTATED, withdraw
from planner.services.histories import life_of
from planner.services.keyring import Keys
from planner.services.reminders import keep_in_step, rules_row
from planner.services.wordings import words_of_study

AUDIENCES = (PARTICIPANT, CENTRE, COORDINATOR, STUDY, SITE)
#: what a link may be narrowed to, and what it has to be
_TAKES = {
    PARTICIPANT: (("study", "participant"), ()),
    CENTRE: (("site",), ("study",)),
    COORDINATOR: ((), ("study", "participant")),
    STUDY: (("study",), ()),
    SITE: (("site",), ("study",)),
}
LONGEST_LABEL, LONGEST_BRING, MOST_ALARMS, LONGEST_ALARM = 100, 500, 3, 14 * 24 * 60
MOST_DAYS = 3_650
#: 192 bits
_BYTES = 24
#: an app that fetches a calendar does so several times a day
SEEN_WITHIN = timedelta(days=2)
STATES = ("active", "expired", "withdrawn", "never-fetched", "behind")


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeFeed:
    """A calendar to subscribe to. ``days`` until its link expires; ``bring`` stands in a participant's visits.

    ``alarm_minutes`` before each visit the app rings. ``busy_only`` shows that somebody is busy, and nothing else.
    """

    audience: str
    label: str = ""
    study: str | None = None
    site: str | None = None
    participant: str | None = None
    windows: bool = False
    busy_only: bool = False
    alarm_minutes: tuple[int, ...] = ()
    bring: str = ""
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """A feed with the secret of its link, which nobody can look up later."""

    feed: Feed
    token: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed as people look after it: whom it is about, how it stands, and which app has seen which revision."""

    feed: Feed
    study: str | None
    site: str | None
    participant: str | None
    owner: str | None
    state: str
    fetches: tuple[FeedFetch, ...]

    @property
    def behind(self) -> tuple[FeedFetch, ...]:
        """The apps that have not seen the newest change yet."""
        return tuple(fetch for fetch in self.fetches if fetch.revision < self.feed.revision)


def digest_of(token: str) -> str:
    """What is kept of a link's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_feed(uow: UnitOfWork, designs: Designs, scope: Scope, command: MakeFeed, token: str | None = None) -> Linked:
    """Make a feed that shows what whoever makes it may see. Raises InvalidInput, NotFound, NotAllowed.

    ``token``: the secret of its link, where somebody else keeps one for it; left out, it is made by chance.
    """
    _require_sense(command)
    study, site, participant = _about(uow.session, scope, command)
    if command.bring and study is not None:
        _require_harmless(command.bring, words_of_study(uow.session, designs, study))
    _require_own(uow, scope, command, study, site)
    token = token or secrets.token_urlsafe(_BYTES)
    feed = Feed(
        audience=command.audience, study_id=study.id if study else None, site_id=site.id if site else None,
        participant_id=participant.id if participant else None, owner_id=uow.actor.user_id,
        label=command.label.strip(), options=_options(uow.session, command, participant),
        zone=_zone(uow.session, study, site, participant, scope), digest=digest_of(token), made_at=uow.now,
        expires_at=uow.now + timedelta(days=command.days) if command.days else None, changed_at=uow.now, revision=1,
        revoked_why="",
    )  # fmt: skip
    uow.session.add(feed)
    uow.session.flush()
    if command.audience == PARTICIPANT and study is not None and participant is not None:
        uow.session.refresh(participant, with_for_update=True)
    # Where the study has rules for sending, what the participant knows of is kept already.
    if command.audience == PARTICIPANT and study and participant and rules_row(uow.session, study.id) is None:
        keep_in_step(uow, life_of(uow.session, designs.of(uow.session, study), participant))
    uow.audit("feed.made", f"feed:{feed.id}", study_id=feed.study_id or 0, after=_noted(feed))
    return Linked(feed, token)


def _require_sense(command: MakeFeed) -> None:
    problems = list(_problems(command))
    if problems:
        raise InvalidInput(problems)


def _problems(command: MakeFeed) -> Iterator[InputProblem]:
    if command.audience not in AUDIENCES:
        yield InputProblem("audience", "there is no such audience", f"choose from {', '.join(AUDIENCES)}")
        return
    needed, allowed = _TAKES[command.audience]
    for name in ("study", "site", "participant"):
        given = getattr(command, name) is not None
        if name in needed and not given:
            yield InputProblem(name, f"a feed for {command.audience} is about one {name}", "say which")
        elif given and name not in (*needed, *allowed):
            yield InputProblem(name, f"a feed for {command.audience} is not about one {name}", "leave it out")
    if command.audience == COORDINATOR and (command.study is None) != (command.participant is None):
        yield InputProblem("participant", "a study and a participant belong together here", "say both, or none")
    yield from _option_problems(command)


def _option_problems(command: MakeFeed) -> Iterator[InputProblem]:
    if len(command.label) > LONGEST_LABEL or not command.label.isprintable():
        yield InputProblem("label", "the label is too long, or not one line", f"write up to {LONGEST_LABEL} characters")
    if command.bring and command.audience != PARTICIPANT:
        yield InputProblem("bring", "only a participant is told what to bring", "leave it out")
    if len(command.bring) > LONGEST_BRING:
        yield InputProblem("bring", "it is too long", f"write up to {LONGEST_BRING} characters")
    if command.busy_only and command.audience != CENTRE:
        yield InputProblem("busy_only", "only a feed for a centre can show no more than busy", "leave it out")
    if command.windows and (command.busy_only or command.audience == PARTICIPANT):
        yield InputProblem("windows", "this feed does not show windows", "leave it out")
    alarms = command.alarm_minutes
    if len(alarms) > MOST_ALARMS or any(not 0 <= minutes <= LONGEST_ALARM for minutes in alarms):
        right = f"give up to {MOST_ALARMS}, each of 0 to {LONGEST_ALARM} minutes"
        yield InputProblem("alarm_minutes", "there are too many alarms, or one is too early", right)
    if command.days is not None and not 1 <= command.days <= MOST_DAYS:
        yield InputProblem("days", "a link cannot be good for so many days", f"write 1 to {MOST_DAYS}, or leave it out")


def _require_harmless(bring: str, words: tuple[str, ...]) -> None:
    """What stands on a participant's phone tells a stranger nothing: no drug, no illness, no study."""
    if word := told(bring, words):
        wrong = f"{word!r} tells too much to a stranger who reads it"
        raise InvalidInput([InputProblem("bring", wrong, "say nothing of an illness, a drug or a study")])


def _about(
    session: Session, scope: Scope, command: MakeFeed
) -> tuple[Study | None, SiteRow | None, Participant | None]:
    """What the feed is narrowed to, all of it within the scope."""
    whole = command.audience == STUDY
    study = find_study(session, scope, command.study, whole=whole) if command.study is not None else None
    site = find_site(session, scope, command.site) if command.site is not None else None
    participant = None
    if command.participant is not None and study is not None:
        participant = find_participant(session, scope, study, command.participant)
    if study is not None and site is not None and site.id not in {row.id for row in sites_of(session, study.id)}:
        raise NotFound([InputProblem("site", "the site takes no part in the study", "check its code")])
    return study, site, participant


def _require_own(uow: UnitOfWork, scope: Scope, command: MakeFeed, study: Study | None, site: SiteRow | None) -> None:
    """Everybody's own participants are those of somebody; and nobody gives more than they see."""
    if command.audience == COORDINATOR and command.participant is None and uow.actor.user_id is None:
        raise InvalidInput([InputProblem("audience", "only a person has participants of their own", "say whose it is")])
    if study is not None and site is not None and not scope.covers(study.id, site.id):
        raise not_allowed(f"in the study {study.code} at that site")
    if not scope.pairs:
        raise not_allowed("anywhere")


def _options(session: Session, command: MakeFeed, participant: Participant | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if command.windows:
        found["windows"] = True
    if command.busy_only:
        found["busy_only"] = True
    if command.alarm_minutes:
        found["alarm_minutes"] = sorted(set(command.alarm_minutes), reverse=True)
    if command.audience == PARTICIPANT and participant is not None:
        contact = session.get(Contact, participant.id)
        found["language"] = contact.language if contact is not None else "en"
        found |= {"bring": command.bring.strip()} if command.bring.strip() else {}
    return found


def _zone(
    session: Session, study: Study | None, site: SiteRow | None, participant: Participant | None, scope: Scope
) -> str:
    """On whose clock the feed's days begin: the site's that it is about, or the first one's."""
    if participant is not None:
        return session.get_one(SiteRow, participant.site_id).zone
    if site is not None:
        return site.zone
    theirs = [row for row in session.scalars(select(SiteRow).order_by(SiteRow.id)) if scope.covers_site(row.id)]
    known = sites_of(session, study.id) if study is not None else theirs
    return known[0].zone if known else "UTC"


def _noted(feed: Feed) -> dict[str, Any]:
    """What the audit says of a feed. Not its label: staff may write anything there."""
    about = {name: getattr(feed, name) for name in ("study_id", "site_id", "participant_id", "owner_id")}
    expires = feed.expires_at.isoformat() if feed.expires_at else None
    return {"audience": feed.audience, **about, "options": sorted(feed.options), "expires_at": expires}


# -- looking after them -------------------------------------------------------------------------


def list_feeds(
    session: Session, scope: Scope, user_id: int | None, states: tuple[str, ...], now: datetime, asked: Asked
) -> Page[Listed]:
    """The feeds that somebody may look after, the oldest first, with what apps have fetched of each."""
    query = _mine(scope, user_id)
    if states:
        query = query.where(or_(*(_is_in(state, now) for state in states)))
    try:
        found = page(session, query, [(Feed.id, int)], asked)
    except WrongCursor as wrong:
        raise InvalidInput([InputProblem("cursor", str(wrong), "begin at the first page")]) from None
    return Page(_listed(session, found.rows, now), found.next)


def feeds_not_seen(
    session: Session, scope: Scope, user_id: int | None, now: datetime, study: str | None, most: int, skip: int = 0
) -> tuple[list[Listed], int]:
    """The feeds that no app has fetched lately with what is in them now, ``most`` after ``skip``; and how many in all.

    ``study``: only those of one study.
    """
    lately = now - SEEN_WITHIN
    newest = or_(FeedFetch.revision >= Feed.revision, Feed.changed_at >= lately)
    seen = select(FeedFetch.feed_id).where(FeedFetch.feed_id == Feed.id, FeedFetch.last_at >= lately, newest).exists()
    query = _mine(scope, user_id).where(_is_in("active", now), Feed.made_at < lately, ~seen)
    if study is not None:
        query = query.where(Feed.study_id == find_study(session, scope, study).id)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return _listed(session, list(session.scalars(query.order_by(Feed.id).limit(most).offset(skip))), now), total


def find_feed(session: Session, scope: Scope, user_id: int | None, feed_id: int, lock: bool = False) -> Feed:
    """A feed that somebody may look after. Raises NotFound."""
    query = _mine(scope, user_id).where(Feed.id == feed_id)
    found: Feed | None = session.scalar(query.with_for_update(key_share=True, of=Feed) if lock else query)
    if found is None:
        raise NotFound([InputProblem("feed", "there is no such feed", "look at the list of them")])
    return found


def show_feed(session: Session, feed: Feed, now: datetime) -> Listed:
    """One feed with all that is known of it."""
    return _listed(session, [feed], now)[0]


def revoke_feed(uow: UnitOfWork, feed: Feed) -> None:
    """Withdraw a link; done twice, nothing happens the second time."""
    if feed.revoked_at is None:
        withdraw(uow, feed, REVOKED)


def rotate_feed(uow: UnitOfWork, feed: Feed) -> Linked:
    """The same calendar under another link; the old one is withdrawn. Its events keep their UIDs.

    It shows what whoever rotates it may see. Raises InvalidInput for one that was withdrawn.
    """
    if feed.revoked_at is not None:
        raise InvalidInput([InputProblem("feed", "its link was withdrawn already", "make a new feed")])
    token = secrets.token_urlsafe(_BYTES)
    names = ("audience", "study_id", "site_id", "participant_id", "label", "options", "zone", "expires_at")
    new = Feed(
        **{name: getattr(feed, name) for name in names}, owner_id=uow.actor.user_id or feed.owner_id,
        digest=digest_of(token), made_at=uow.now, changed_at=uow.now, revision=1, revoked_why="",
    )  # fmt: skip
    uow.session.add(new)
    uow.session.flush()
    feed.successor_id = new.id
    withdraw(uow, feed, ROTATED)
    return Linked(new, token)


def _mine(scope: Scope, user_id: int | None) -> Select[Any]:
    """A person's own feeds, and those about what lies within their scope; another's own participants are theirs."""
    if scope.everything():
        return select(Feed)
    placed = func.coalesce(Feed.site_id, Participant.site_id)
    pairs = [
        and_(
            true() if study_id is None else Feed.study_id == study_id,
            true() if site_id is None else placed == site_id,
        )
        for study_id, site_id in scope.pairs
    ]
    own: ColumnElement[bool] = Feed.owner_id == user_id if user_id is not None else Feed.id < 0
    about = and_(Feed.audience != COORDINATOR, or_(*pairs)) if pairs else own
    return select(Feed).outerjoin(Participant, Participant.id == Feed.participant_id).where(or_(own, about))


def _is_in(state: str, now: datetime) -> ColumnElement[bool]:
    ended = Feed.revoked_at.is_not(None)
    expired = and_(Feed.revoked_at.is_(None), Feed.expires_at <= now)
    active = and_(Feed.revoked_at.is_(None), or_(Feed.expires_at.is_(None), Feed.expires_at > now))
    fetched = select(FeedFetch.feed_id).where(FeedFetch.feed_id == Feed.id)
    return {
        "active": active,
        "expired": expired,
        "withdrawn": ended,
        "never-fetched": and_(active, ~fetched.exists()),
        "behind": and_(active, fetched.where(FeedFetch.revision < Feed.revision).exists()),
    }[state]


def _listed(session: Session, feeds: list[Feed], now: datetime) -> list[Listed]:
    studies = _names(session, Study.id, Study.code, {feed.study_id for feed in feeds})
    sites = _names(session, SiteRow.id, SiteRow.code, {feed.site_id for feed in feeds})
    people = _names(session, Participant.id, Participant.number, {feed.participant_id for feed in feeds})
    owners = names_of(session, (feed.owner_id for feed in feeds))
    fetches = fetches_of(session, [feed.id for feed in feeds])
    return [
        Listed(
            feed, studies.get(feed.study_id), sites.get(feed.site_id), people.get(feed.participant_id),
            owners.get(feed.owner_id or 0), state_of(feed, now), tuple(fetches[feed.id]),
        )
        for feed in feeds
    ]  # fmt: skip


def _names(session: Session, key: Any, name: Any, ids: set[int | None]) -> dict[int | None, str]:
    found = session.execute(select(key, name).where(key.in_({one for one in ids if one is not None})))
    return {one: str(said) for one, said in found}


def state_of(feed: Feed, now: datetime) -> str:
    """How a link stands: active, expired or withdrawn."""
    if feed.revoked_at is not None:
        return "withdrawn"
    return "expired" if feed.expires_at is not None and feed.expires_at <= now else "active"


def left_out_of(session: Session, keys: Keys, feed: Feed, now: datetime) -> int:
    """How many visits a feed has no room for now; 0 for a link that is good no more."""
    if state_of(feed, now) != "active":
        return 0
    return left_out(session, keys, feed, local_day(now, feed.zone))


def feed_by_token(session: Session, token: str) -> Feed | None:
    """The feed of a link; None where it is none."""
    return session.scalar(select(Feed).where(Feed.digest == digest_of(token)))
