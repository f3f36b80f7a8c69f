"""The demo has something to see on every page: diaries, versions in force, what ends soon, what is closed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.tasks import TaskRow
from planner.persistence.home_links import HomeDevice, HomeLink
from planner.persistence.participants import Participant
from planner.persistence.sites import site_by_code
from planner.persistence.studies import Study
from planner.services.access import EVERYTHING
from planner.services.amendments import effective_versions
from planner.services.closing import to_rebook
from planner.services.cohort_members import cohort_list
from planner.services.designs import Designs
from planner.services.feeds import digest_of, feeds_not_seen
from planner.services.histories import lives_of
from planner.services.home_doors import AtHome
from planner.services.home_doses import Answer, doses_at_home
from planner.services.home_pages import home_page
from planner.services.today import day_of
from planner.services.watch import Watched, consents_that_end, expiring_results, open_holds, to_sign_again
from tests.demos import TODAY, Filled


def test_a_diary_is_kept_of_what_is_taken_at_home_with_doses_taken_late_and_missed_and_some_not_noted(
    session: Session,
) -> None:
    designs, now = Designs(), datetime.combine(TODAY, time(18), UTC)
    study = session.scalars(select(Study).where(Study.code == "ven-ino")).one()
    people = session.scalars(
        select(Participant).where(Participant.study_id == study.id, Participant.status == "treatment")
    )
    lives = lives_of(session, designs.of(session, study), list(people))
    said = {life.participant.number: doses_at_home(life, now, TODAY - timedelta(days=13), TODAY) for life in lives}
    answers = {dose.answer for dose in said["01-001"]}
    assert answers == {Answer.TAKEN, Answer.LATE, Answer.MISSED, None}
    assert {dose.drug for dose in said["01-001"]} == {"venetoclax", "dexamethasone"}
    assert [dose.answer for dose in said["01-001"] if dose.day == TODAY] == [None]
    kept = {number for number, doses in said.items() if any(dose.answer and dose.own for dose in doses)}
    assert kept == {"01-001", "01-002", "01-003", "02-002"}


def test_somebody_of_each_language_has_a_page_and_those_who_keep_a_diary_come_first(demo: Filled) -> None:
    pages = {page.language: (page.study, page.number) for page in demo[1].pages}
    assert list(pages) == ["en", "es", "fr", "ar", "zh"]
    assert {study for study, _ in pages.values()} == {"ven-ino", "vsli-ino"}
    diaries = [pages[language] for language in ("en", "fr", "ar")]
    assert diaries == [("ven-ino", number) for number in ("01-001", "02-002", "01-002")]


def test_every_page_has_a_next_visit_with_its_hour(demo: Filled, session: Session) -> None:
    now = datetime.combine(TODAY, time(18), UTC)
    for page in demo[1].pages:
        link = session.scalars(select(HomeLink).where(HomeLink.digest == digest_of(page.link))).one()
        seen = AtHome(link, HomeDevice(), session.get_one(Participant, link.participant_id))
        found = home_page(session, Designs(), seen, now).next
        assert found is not None, page
        assert found.starts is not None, page


def test_every_version_is_in_force_where_it_is_used_and_an_amendment_waits_at_the_other_site(session: Session) -> None:
    for code in ("vsli-ino", "ven-ino", "vaccine", "crossover"):
        known = effective_versions(session, EVERYTHING, code)
        assert {(site, version) for site, version, _, _ in known} >= {("north", "1.0"), ("south", "1.0")}
    amended = {
        site: day for site, version, _, day in effective_versions(session, EVERYTHING, "vaccine") if version != "1.0"
    }
    assert amended["north"] < TODAY < amended["south"]


def test_there_is_something_to_see_on_each_list_of_what_must_not_be_forgotten(session: Session) -> None:
    now = datetime.combine(TODAY, time(18), UTC)
    watched = Watched(day_of(session, now, None, 50), EVERYTHING, Designs())
    assert {line.place.number for line in consents_that_end(watched).lines} == {"01-004"}
    assert [(line.place.number, line.row.key) for line in expiring_results(watched).lines] == [
        ("02-003", "screening.marrow")
    ]
    assert {(line.place.study, line.place.number) for line in to_sign_again(watched).lines} == {("vaccine", "01-002")}
    assert ("ven-ino", "02-002") in {(line.place.study, line.place.number) for line in open_holds(watched).lines}
    south = site_by_code(session, "south")
    assert south is not None
    _, unseen = feeds_not_seen(session, EVERYTHING, None, now, None, 50)
    assert unseen >= 2
    assert {(hit.study, hit.booked) for hit in to_rebook(session, Designs(), EVERYTHING, south, now)}
    kinds = set(session.scalars(select(TaskRow.kind).where(TaskRow.done_at.is_(None))))
    assert kinds >= {"diary", "caregiver", "away", "wants-to-move", "reply"}


def test_the_second_level_of_the_other_study_began_when_nobody_of_the_first_was_observed(session: Session) -> None:
    now = datetime.combine(TODAY, time(18), UTC)
    first, second = cohort_list(session, Designs(), EVERYTHING, "ven-ino", now)
    assert (first.state, second.state) == ("closed", "open")
    assert {member.observation for member in first.members} == {"evaluable"}
    assert [(member.participant, member.observation) for member in second.members] == [("01-001", "observing")]
