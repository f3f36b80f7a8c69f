"""To watch: holds without an end, consents, results that expire, hospital, calendars; each with the form for it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from notifications.inbox import InboundRow
from notifications.tasks import NewTask, TaskRow, ask
from planner.persistence.feeds import Feed, FeedFetch
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.services.access import EVERYTHING
from planner.services.feeds import MakeFeed, make_feed
from planner.services.replanning import replan_all
from planner.services.tasks import sealed
from planner.services.users import Role
from schedules.protocol_file import library_text
from tests.desk import Desk, desk_of, text_of
from tests.planner.api.callers import Clock
from tests.reminded import DOSED, KEYS, agree, keep, refuse
from tests.studies import NORTH, SOUTH, STUDY, Trial, trial

PERSON = f"/studies/{STUDY}/participants/01-001"
LATER = datetime(2026, 2, 20, 14, 0, tzinfo=UTC)


def section(page: str, heading: str) -> str:
    """One list of the page."""
    found = re.search(rf"<section[^>]*>\s*<h2[^>]*>{heading} .*?</section>", page, re.DOTALL)
    assert found is not None, (heading, text_of(page)[:800])
    return found[0]


def later(study: Trial, at: Clock, now: datetime = LATER) -> None:
    at.now = study.now = now
    replan_all(study.store, study.designs, SYSTEM, now)


def test_nothing_to_watch_is_said_in_one_sentence(desk: Desk, study: Trial) -> None:
    page = desk.text("/watch")
    assert "Nothing waits without a date; nobody is to sign again; no result of screening expires;" in page
    assert "every calendar has been fetched" in page


def test_what_is_watched_is_one_click_from_the_day(desk: Desk, study: Trial) -> None:
    assert 'href="/watch"' in desk.html("/today")
    assert 'href="/today"' in desk.html("/watch")


def test_a_cycle_that_is_held_without_an_end_leads_to_the_form_that_ends_it(desk: Desk, study: Trial) -> None:
    study.enrol()
    study.record("01-001", *DOSED)
    study.record("01-001", {"fact": "cycle_held", "date": "2026-01-05", "cycle": "maintenance.c1", "reason": "counts"})
    holds = section(desk.html("/watch"), "Holds without an end")
    assert "the cycle was held on 5 January 2026 (counts), without an end" in text_of(holds).lower().replace(
        "january", "January"
    )
    assert f'href="{PERSON}/record?kind=cycle_held&amp;cycle=maintenance.c1"' in holds


def test_a_dose_that_waits_leads_to_the_form_that_ends_it(desk: Desk, study: Trial) -> None:
    study.enrol()
    study.record("01-001", *DOSED)
    waits = {"fact": "held", "date": "2026-01-05", "visit": "induction.c1.d8", "reason": "toxicity"}
    study.record("01-001", waits)
    holds = section(desk.html("/watch"), "Holds without an end")
    assert "C1D8" in text_of(holds)
    assert f'href="{PERSON}/record?kind=held&amp;visit=induction.c1.d8"' in holds
    study.record("01-001", {**waits, "resume": "2026-01-14"})
    assert "Nothing waits without a date" in desk.text("/watch")


def test_a_result_that_expires_is_said_before_it_does(app: Flask, store: Store, study: Trial, at: Clock) -> None:
    study.screen(planned_day_1=date(2026, 2, 2))
    marrow = {"fact": "attended", "date": "2026-01-05", "visit": "screening.marrow"}
    study.record("01-001", {"fact": "consented", "date": "2026-01-02"}, marrow)
    desk = desk_of(app, store)
    assert "no result of screening expires" in desk.text("/watch").lower()
    later(study, at, datetime(2026, 1, 25, 14, 0, tzinfo=UTC))
    results = text_of(section(desk_of(app, store).html("/watch"), "Results that expire"))
    assert "in 8 days" in results
    assert "good up to Mon 2 Feb" in results


def test_who_is_in_hospital_is_there_until_the_form_says_that_they_left(
    app: Flask, store: Store, study: Trial, at: Clock
) -> None:
    study.enrol()
    desk = desk_of(app, store)
    study.record("01-001", {"fact": "admitted", "date": "2026-01-05", "note": "fever"})
    hospital = section(desk.html("/watch"), "In hospital")
    assert "since Mon 5 Jan" in text_of(hospital)
    assert "Fever." in text_of(hospital)
    assert f'href="{PERSON}/record?kind=discharged"' in hospital
    at.now = study.now = study.now + timedelta(days=2)
    study.record("01-001", {"fact": "discharged", "date": "2026-01-06"})
    assert "nobody is in hospital" in desk_of(app, store).text("/watch")


def test_who_came_back_and_whose_discharge_was_a_mistake_is_in_hospital_still(
    app: Flask, store: Store, study: Trial, at: Clock
) -> None:
    study.enrol()
    left = {"fact": "discharged", "date": "2026-01-06", "id": "left"}
    study.record("01-001", {"fact": "admitted", "date": "2026-01-05", "note": "fever"}, left)
    later(study, at, datetime(2026, 1, 6, 14, 0, tzinfo=UTC))
    assert "since Mon 5 Jan" in text_of(section(desk_of(app, store).html("/watch"), "In hospital"))  # they leave today
    later(study, at, datetime(2026, 1, 8, 14, 0, tzinfo=UTC))
    assert "nobody is in hospital" in desk_of(app, store).text("/watch")
    study.record("01-001", {"fact": "admitted", "date": "2026-01-07", "id": "again"})
    assert "since Wed 7 Jan" in text_of(section(desk_of(app, store).html("/watch"), "In hospital"))
    study.record("01-001", {"fact": "void", "date": "2026-01-08", "of": "again"})
    assert "nobody is in hospital" in desk_of(app, store).text("/watch")
    study.record("01-001", {"fact": "void", "date": "2026-01-08", "of": "left"})
    assert "since Mon 5 Jan" in text_of(section(desk_of(app, store).html("/watch"), "In hospital"))


def test_a_consent_to_messages_is_said_a_month_before_it_ends_and_until_it_is_renewed(
    desk: Desk, study: Trial, at: Clock
) -> None:
    study.enrol()
    keep(study)
    agree(study, "sms", until=date(2026, 3, 1))
    assert "no consent to messages ends" in desk.text("/watch")
    agree(study, "email", until=date(2026, 1, 25))
    ends = section(desk.html("/watch"), "Consents to messages that end")
    assert "in 20 days" in text_of(ends)
    assert "E-mail" in text_of(ends)
    assert f'href="{PERSON}/contact#consents"' in ends
    assert desk.send(f"{PERSON}/contact/consents", do="agree", channel="email", how="on paper").status_code == 303
    assert "no consent to messages ends" in desk.text("/watch")


def test_who_wants_nothing_any_more_is_not_asked_again(desk: Desk, study: Trial) -> None:
    study.enrol()
    agree(study, "sms", until=date(2026, 1, 8))
    refuse(study, "sms")
    assert "no consent to messages ends" in desk.text("/watch")


def test_a_form_to_be_signed_again_leads_to_the_form_that_records_it(app: Flask, store: Store, at: Clock) -> None:
    first = library_text("vsli-ino")
    second = re.sub(r"^version: .*$", 'version: "9.0"\nreconsent: true', first, count=1, flags=re.MULTILINE)
    study = trial(store, texts=(first, second))
    from planner.services.access import find_study
    from planner.services.studies import supply_parameters

    def supply(uow: UnitOfWork) -> None:
        values = {"inotuzumab-levels": ["level 1 (made up)"]}
        supply_parameters(uow, find_study(uow.session, EVERYTHING, STUDY), values, made_up=True)

    store.write(SYSTEM, study.now, supply)
    version = re.search(r'^version: "?([^"\n]+)"?$', first, re.MULTILINE)
    assert version is not None
    study.screen()
    consented = {"fact": "consented", "date": "2025-12-01", "version": version[1]}
    study.record("01-001", consented, {"fact": "enrolled", "date": "2025-12-30", "day_1": "2026-01-05"})
    study.record("01-001", {"fact": "amendment_applied", "date": "2026-01-04", "version": "9.0"})
    desk = desk_of(app, store)
    again = section(desk.html("/watch"), "Consent forms to sign again")
    assert "Version 9.0" in text_of(again)
    assert f'href="{PERSON}/record?kind=consented&amp;version=9.0"' in again
    study.record("01-001", {"fact": "consented", "date": "2026-01-05", "version": "9.0"})
    assert "nobody is to sign again" in desk.text("/watch")


def calendar(study: Trial, **fetched: int) -> int:
    """A centre's calendar, and an app that has fetched it so many days after it was made."""

    def work(uow: UnitOfWork) -> int:
        feed = make_feed(uow, study.designs, EVERYTHING, MakeFeed(audience="centre", site=NORTH, label="Day room")).feed
        for app, days in fetched.items():
            seen = uow.now + timedelta(days=days)
            uow.session.add(
                FeedFetch(feed_id=feed.id, app=app, first_at=seen, last_at=seen, revision=feed.revision, count=1)
            )
        return feed.id

    return study.store.write(SYSTEM, study.now, work)


def test_a_calendar_that_nobody_has_fetched_is_said_after_two_days_and_can_be_withdrawn(
    app: Flask, store: Store, study: Trial, at: Clock
) -> None:
    number = calendar(study)
    assert "every calendar has been fetched" in desk_of(app, store).text("/watch")
    at.now = study.now + timedelta(days=3)
    desk = desk_of(app, store)
    feeds = section(desk.html("/watch"), "Calendars that nobody has fetched")
    assert "never seen" in text_of(feeds)
    assert "Day room" in text_of(feeds)
    today = section(desk.html("/today"), "Calendars that nobody has fetched")
    assert f'href="/watch/feeds/{number}"' in today
    assert "No app has fetched it yet" in desk.text(f"/watch/feeds/{number}")
    assert desk.send(f"/watch/feeds/{number}").status_code == 303
    assert "every calendar has been fetched" in desk.text("/watch")
    assert store.read(lambda session: session.get_one(Feed, number).revoked_at) is not None


def test_a_calendar_is_seen_only_by_an_app_that_came_lately_and_knows_the_newest_change(
    app: Flask, store: Store, study: Trial, at: Clock
) -> None:
    number = calendar(study, Outlook=0, Thunderbird=9)
    at.now = study.now + timedelta(days=10)
    desk = desk_of(app, store)
    assert "every calendar has been fetched" in desk.text("/watch")

    def change(uow: UnitOfWork) -> None:
        feed = uow.session.get_one(Feed, number)
        feed.revision, feed.changed_at = feed.revision + 1, study.now + timedelta(days=5)

    store.write(SYSTEM, at(), change)
    feeds = text_of(section(desk.html("/watch"), "Calendars that nobody has fetched"))
    assert "seen Wed 14 Jan" in feeds
    assert "has not seen the newest change" in feeds
    assert "not the newest change" in desk.text(f"/watch/feeds/{number}")


def test_one_list_at_length_leads_back_and_one_that_there_is_not_is_not_found(desk: Desk, study: Trial) -> None:
    assert "Back to all that is watched" in desk.text("/watch?list=hospital")
    desk.html("/watch?list=nothing", 404)
    desk.html("/watch/feeds/77", 404)


def test_what_is_watched_is_within_somebodys_scope_and_role(app: Flask, store: Store, study: Trial) -> None:
    study.enrol("01-001", site=NORTH)
    study.record("01-001", {"fact": "admitted", "date": "2026-01-05"})
    south = desk_of(app, store, Role.COORDINATOR, STUDY, SOUTH).text("/watch")
    assert "01-001" not in south
    monitor = desk_of(app, store, Role.MONITOR).html("/watch")
    assert "01-001" in monitor
    assert "/record" not in monitor
    assert "consent to messages" not in text_of(monitor)


# -- tasks of no study --------------------------------------------------------------------------


def wrote(study: Trial, text: str = "I cannot come") -> None:
    """Somebody whom nobody knows has written."""

    def work(uow: UnitOfWork) -> None:
        row = InboundRow(channel="sms", sender="x" * 64, provider_id="made-up", sealed=sealed(KEYS, text),
                         received_at=uow.now, meaning="free")  # fmt: skip
        uow.session.add(row)
        uow.session.flush()
        words = "Somebody whom nobody knows by this number wrote: read it."
        new = NewTask(study_id=None, site_id=None, kind="reply", occasion="reply.x", words=words, inbound_id=row.id)
        ask(uow.session, new, uow.now)

    study.store.write(SYSTEM, study.now, work)


def test_a_task_of_no_study_stands_in_the_day_until_it_is_done(desk: Desk, study: Trial) -> None:
    wrote(study)
    loose = section(desk.html("/today"), "Of no study")
    assert "nobody known" in text_of(loose)
    assert 'href="/tasks/1"' in loose
    assert "I cannot come" in desk.text("/tasks/1")
    assert desk.send("/tasks/1", note="x" * 501).status_code == 400
    assert desk.send("/tasks/1", note="A wrong number").status_code == 303
    assert "nothing waits that belongs to no study" in desk.text("/today")
    assert desk.send("/tasks/1").status_code == 409
    assert study.store.read(lambda session: session.scalars(select(TaskRow)).one().note) == "A wrong number"


def test_what_somebody_unknown_wrote_is_read_by_whoever_has_all_studies(app: Flask, store: Store, study: Trial) -> None:
    wrote(study)
    at_one_site = desk_of(app, store, Role.COORDINATOR, STUDY, SOUTH)
    assert "whom nobody knows" in at_one_site.text("/today")
    assert "I cannot come" not in at_one_site.text("/tasks/1")
    assert "I cannot come" in desk_of(app, store, Role.COORDINATOR, STUDY).text("/tasks/1")
    assert "I cannot come" not in desk_of(app, store, Role.MONITOR).text("/tasks/1")
    desk_of(app, store, Role.INFUSION_CENTRE).html("/tasks/1", 403)


@pytest.mark.parametrize("address", ["/tasks/1", "/tasks/99"])
def test_a_task_that_there_is_not_is_not_found(desk: Desk, study: Trial, address: str) -> None:
    desk.html(address, 404)
    assert desk.send(address).status_code == 404
