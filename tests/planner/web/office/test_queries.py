"""A page of the office costs as many queries for a thousand rows as for ten."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import insert, select

from notifications.outbox import MessageRow
from planner.persistence.feeds import Feed, FeedFetch
from planner.persistence.sites import SiteRow
from planner.persistence.studies import Study, StudySite
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.persistence.users import Grant, User
from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.planner.api.callers import Clock
from tests.planner.web.test_queries import cost
from tests.reminded import DAY_8, TOLD, reminding
from tests.studies import NORTH, STUDY, Trial

PAGES = {
    "the way in": "/office",
    "the first steps": "/office/start",
    "people": "/office/people",
    "people of a site": f"/office/people?site={NORTH}&role=monitor",
    "somebody": "/office/people/1",
    "sites": "/office/sites",
    "a site": f"/office/sites/{NORTH}",
    "studies": "/office/studies",
    "a study": f"/office/studies/{STUDY}",
    "a new study": "/office/studies/new",
    "calendars": "/office/calendars",
    "calendars that are behind": "/office/calendars?state=behind",
    "texts": f"/office/studies/{STUDY}/texts",
    "a text": f"/office/studies/{STUDY}/texts/reminder",
    "sending": "/office/sending",
    "sending of a study": f"/office/studies/{STUDY}/sending",
    "rules": f"/office/studies/{STUDY}/sending/rules",
    "the switch": "/office/sending/switch",
    "health": "/office/health",
    "the audit": "/office/audit",
    "the audit of a study": f"/office/studies/{STUDY}/audit",
    "what of it is about people": "/office/audit?subject=user:&before=900",
    "letting somebody in": "/office/people/new",
    "a new site": "/office/sites/new",
    "changing a site": f"/office/sites/{NORTH}/change",
    "a new calendar": "/office/calendars/new",
    "the choice of texts": "/office/texts",
    "the switch of a study": f"/office/studies/{STUDY}/sending/switch",
    "one's own account": "/account",
    "a token": "/account/tokens/new",
}


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    """A study that reminds somebody."""
    made = reminding(store)
    made.record("01-001", DAY_8, TOLD)
    at.now = made.now
    return made


def rows(study: Trial, first: int, last: int) -> None:
    """So many people, sites, studies, calendars and messages more."""

    def work(uow: UnitOfWork) -> None:
        for number in range(first, last + 1):
            _one(uow, number, study.now)
        known = uow.session.execute(select(MessageRow.__table__)).mappings().first()
        assert known is not None
        plain = {name: value for name, value in known.items() if name != "id"}
        uow.session.execute(
            insert(MessageRow), [{**plain, "occasion": f"copy {number}"} for number in range(first, last + 1)]
        )

    study.store.write(SYSTEM, study.now, work)


def _one(uow: UnitOfWork, number: int, now: datetime) -> None:
    name = f"copy {number}"
    user = User(email=f"{number}@example.org", name=name, password="none", created_at=now)
    site = SiteRow(code=f"site-{number}", name=name, zone="UTC", weekend=[], opening={}, created_at=now)
    study = Study(code=f"study-{number}", title=name, created_at=now)
    feed = Feed(audience="centre", label=name, options={}, zone="UTC", digest=name, made_at=now, changed_at=now)
    uow.session.add_all([user, site, study, feed])
    uow.session.flush()
    uow.session.add(Grant(user_id=user.id, role="monitor", study_id=study.id, site_id=site.id, granted_at=now))
    uow.session.add(StudySite(study_id=study.id, site_id=site.id, position=0))
    uow.audit("copy.made", f"user:{user.id}", after={"name": name})
    uow.audit("copy.made", f"study:{STUDY}", study_id=1, after={"name": name})
    uow.session.add(FeedFetch(feed_id=feed.id, app="Outlook", first_at=now, last_at=now, revision=0, count=1))


def costs(app: Flask, office: Desk) -> dict[str, int]:
    return {name: cost(app, office, path) for name, path in PAGES.items()}


def test_every_page_costs_the_same_for_ten_rows_and_for_a_thousand(app: Flask, store: Store, study: Trial) -> None:
    office = desk_of(app, store, Role.ADMINISTRATOR)
    rows(study, 2, 10)
    ten = costs(app, office)
    rows(study, 11, 1_000)
    assert costs(app, office) == ten
    assert max(ten.values()) < 40
