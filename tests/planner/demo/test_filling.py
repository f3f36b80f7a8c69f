"""The demo: somebody in every state, nothing that `planner database check` would find, the same for the same day."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from notifications.outbox import MessageRow
from planner.demo.filling import open_again
from planner.demo.lives import COURSES
from planner.persistence.audit import INSTALLATION, AuditEntry
from planner.persistence.bookings import Booking, ChairSlot
from planner.persistence.checklists import ChecklistItem
from planner.persistence.database import Database
from planner.persistence.deviations import DeviationRow
from planner.persistence.dose_oks import DoseOk
from planner.persistence.facts import FactRow
from planner.persistence.participants import Contact, Participant
from planner.persistence.sites import SiteRow
from planner.persistence.studies import ParameterValue, Study
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.users import ApiToken, User
from planner.persistence.visits import GateRow, VisitRow
from planner.services.access import EVERYTHING
from planner.services.audit import verify
from planner.services.cohort_members import cohort_list
from planner.services.contact_attempts import effort_for
from planner.services.designs import Designs
from planner.services.dose_oks import doses_without_ok
from planner.services.home_doors import linked
from planner.services.users import Role, hash_that_fits, person_of, sign_in, token_user
from planner.services.verification import verify_visits
from planner.services.whereabouts import away_between, in_hospital
from tests.databases import BOTH, new_database
from tests.demos import TODAY, Filled, filled
from tests.planner.reports.sdtm.rules import broken
from tests.planner.reports.sdtm.stored import read_study

#: facts about days to come
AHEAD = ("booked", "rebooked", "away")
#: what is made anew for each demo, or counts on over what was taken back
RANDOM = {
    "user_account.password", "api_token.digest", "api_token.made_at", "api_token.expires_at", "contact.sealed",
    "contact.phone_index", "contact.email_index", "audit_entry.after", "audit_entry.digest", "audit_entry.previous",
    "audit_head.digest", "booking.id", "chair_slot.booking_id", "fact.id", "contact.caregiver_index",
    "feed.digest", "feed.made_at", "feed.changed_at", "home_link.digest", "home_link.made_at", "home_link.seed",
    "message.token", "message_event.id", "message_event.token", "handset_message.token", "inbound.sealed",
    "home_code.digest", "home_device.digest",
}  # fmt: skip
#: the part of a name that is drawn by lot: of what was said on a participant's own page
DRAWN = re.compile(r"(page-(?:[a-z]+-)?|named\.p\d+\.)[0-9a-f]{16,32}")


def given_at_visits(session: Session, *which: ColumnElement[bool]) -> list[FactRow]:
    """Every dose that was given at a visit; not those that were taken at home."""
    rows = session.scalars(select(FactRow).where(FactRow.kind == "given", *which).order_by(FactRow.id))
    return [row for row in rows if "visit" in row.content]


def content(database: Database) -> dict[str, list[str]]:
    """Everything in a database but for what is random."""
    found: dict[str, list[str]] = {}
    with database.reading() as session:
        for table in database.tables.sorted_tables:
            columns = [column for column in table.columns if f"{table.name}.{column.name}" not in RANDOM]
            rows = [dict(row._mapping) for row in session.execute(select(*columns))]
            lasting = (row for row in rows if row.get("action") not in ("token.made", "feed.made", "home-link.given"))
            found[table.name] = sorted(DRAWN.sub(r"\1…", repr(row)) for row in lasting)
    return found


def test_the_same_day_gives_the_same_content_in_both_databases_at_whatever_hour(
    demos: Callable[[str], Filled],
) -> None:
    here, there = (content(demos(kind)[0].database) for kind in BOTH)
    assert {name: len(rows) for name, rows in here.items()} == {name: len(rows) for name, rows in there.items()}
    for name, rows in here.items():
        assert rows == there[name], name


def test_a_check_finds_nothing_wrong(session: Session) -> None:
    assert list(verify_visits(session, Designs())) == []
    reports = verify(session)
    assert [report.wrong for report in reports] == [()] * 5  # the installation and four studies
    assert sum(report.entries for report in reports) > 500


def test_somebody_is_in_every_state(session: Session) -> None:
    participants = {(row.study_id, row.number): row for row in session.scalars(select(Participant))}
    assert len(participants) == len(COURSES) >= 30
    assert {row.status for row in participants.values()} == {
        "screening", "screen-failed", "enrolled", "treatment", "follow-up", "completed", "withdrawn", "lost", "died",
    }  # fmt: skip
    assert {row.observation for row in participants.values()} >= {"observing", "evaluable"}
    assert any(row.site_id != row.home_site_id for row in participants.values())
    kinds = set(session.scalars(select(FactRow.kind)))
    assert kinds >= {
        "amendment_applied", "cycle_delayed", "cycle_held", "held", "omitted", "reduced", "progressed", "transplanted",
        "told", "admitted", "discharged", "transferred", "lost_to_follow_up", "withdrew", "died", "visit_missed",
    }  # fmt: skip
    visits = list(session.scalars(select(VisitRow).where(VisitRow.gone.is_(False))))
    assert {row.status for row in visits} >= {
        "planned", "due", "booked", "held", "done", "unrecorded", "missed", "omitted", "suspended", "cancelled",
        "needs-decision",
    }  # fmt: skip
    now = {(row.epoch, row.cycle) for row in visits if (row.actual or date.min) > TODAY - timedelta(days=28)}
    assert now >= {("induction", 1), ("induction", 2), *(("maintenance", cycle) for cycle in range(1, 6))}


def test_the_second_cohort_waits_for_whoever_is_under_observation_in_the_first(session: Session) -> None:
    now = datetime.combine(TODAY, time(18), UTC)
    first, second = cohort_list(session, Designs(), EVERYTHING, "vsli-ino", now)
    assert (first.state, second.state, second.members) == ("open", "planned", ())
    assert "observing" in {member.observation for member in first.members}
    assert first.in_the_way


def test_gates_wait_and_deviations_are_open_and_judged(session: Session) -> None:
    gates = session.execute(select(GateRow.key, GateRow.status).where(GateRow.gone.is_(False)))
    waiting = {key for key, status in gates if status == "overdue"}
    assert waiting >= {"induction.c1.response", "induction.c1.toxicity", "treatment.c7.inotuzumab-after-six"}
    rows = list(session.scalars(select(DeviationRow)))
    judged = {"confirmed", "classified", "reported", "closed", "dismissed"}
    assert {row.state for row in rows} >= {"query", "candidate", *judged}
    assert {row.kind for row in rows} >= {"outside-window", "unrecorded", "missed"}
    assert any(row.signed_as == "reviewed" for row in rows)


def test_doses_were_released_before_they_were_given_but_for_one_visit_and_one_ok_was_taken_back(
    session: Session,
) -> None:
    without = doses_without_ok(session, Designs(), EVERYTHING, "vsli-ino")
    assert {(dose.participant, dose.visit, dose.wrong) for dose in without} == {("01-003", "maintenance.c2.d8", "none")}
    assert doses_without_ok(session, Designs(), EVERYTHING, "ven-ino") == []
    oks = list(session.scalars(select(DoseOk)))
    assert [row.visit_key for row in oks if row.revoked_at is not None] == ["treatment.c2.d8"]
    assert all(row.results and row.given_by for row in oks)
    given = {(fact.participant_id, fact.content["visit"]) for fact in given_at_visits(session)}
    coming = {(row.participant_id, row.visit_key) for row in oks} - given
    assert coming  # released already, and not yet given


def test_infusions_have_their_hours_one_after_the_other_and_were_recorded_after_them(session: Session) -> None:
    sites = {site.id: ZoneInfo(site.zone) for site in session.scalars(select(SiteRow))}
    seen_at = {row.id: sites[row.home_site_id] for row in session.scalars(select(Participant))}
    ends: dict[tuple[int, str], str] = {}
    for fact in given_at_visits(session, FactRow.study_id <= 2):
        said, where = fact.content, (fact.participant_id, fact.content["visit"])
        assert ends.get(where, "") < said["start"] < said["stop"]
        ends[where] = said["stop"]
        assert fact.recorded_at.astimezone(seen_at[fact.participant_id]).strftime("%H:%M") > said["stop"]
    assert len(ends) > 100


def test_checklists_are_gone_through_after_visits_and_the_newest_data_are_still_to_be_entered(session: Session) -> None:
    items = list(session.scalars(select(ChecklistItem)))
    assert {row.kind for row in items if row.ticked_by} == {"arrived", "edc", "kit", "questionnaire", "sample"}
    assert any(row.kind == "own" and row.ticked_at is None for row in items)
    entered = {(row.participant_id, row.visit_key) for row in items if row.kind == "edc"}
    recent = given_at_visits(session, FactRow.day > TODAY - timedelta(days=7))
    assert not {(fact.participant_id, fact.content["visit"]) for fact in recent} & entered


def test_somebody_is_in_hospital_today_and_others_are_away(session: Session) -> None:
    now = datetime.combine(TODAY, time(18), UTC)
    stays = in_hospital(session, Designs(), EVERYTHING, "vsli-ino", now)
    assert [(stay.participant, stay.by) for stay in stays] == [("02-002", "admitted")]
    away = away_between(session, Designs(), EVERYTHING, "vaccine", TODAY, TODAY)
    assert [span.participant for span in away] == ["02-001"]
    assert away_between(session, Designs(), EVERYTHING, "vsli-ino", TODAY, TODAY)


def test_whoever_was_lost_had_been_tried_as_often_as_the_study_wants_and_somebody_is_being_tried(
    session: Session,
) -> None:
    lost = effort_for(session, EVERYTHING, "vsli-ino", "02-005")
    assert (lost.wanted, lost.in_vain, lost.is_enough) == (3, 3, True)
    tried = effort_for(session, EVERYTHING, "vsli-ino", "01-001")
    assert [(row.channel, row.outcome) for row in tried.attempts] == [
        ("phone", "no-answer"), ("phone", "message-left"), ("phone", "reached"),
    ]  # fmt: skip


def test_the_coming_two_weeks_have_appointments_with_chairs_on_open_days(session: Session) -> None:
    coming = select(Booking, SiteRow).join(SiteRow, SiteRow.id == Booking.site_id)
    rows = session.execute(coming.where(Booking.ended_at.is_(None), Booking.day >= TODAY)).all()
    assert sum(booking.day <= TODAY + timedelta(days=14) for booking, _ in rows) >= 20
    assert {site.code for _, site in rows} == {"north", "south"}
    assert all(booking.chair and booking.day.weekday() < 5 for booking, _ in rows)
    assert session.scalar(select(ChairSlot.chair).limit(1))


def _is_from_paper(row: FactRow) -> bool:
    """Whether a dose at home stood in a diary on paper, until staff entered all of it."""
    return row.kind == "given" and "visit" not in row.content and row.recorded_by is not None


def test_what_happened_was_recorded_on_its_day_and_in_order(session: Session) -> None:
    rows = session.scalars(select(FactRow))
    facts = [(row.kind, row.day, row.recorded_at) for row in rows if not _is_from_paper(row)]
    days_later = [(recorded.date() - day).days for kind, day, recorded in facts if kind not in AHEAD]
    assert all(-1 <= days <= 6 for days in days_later)  # only a transplant is entered after its conditioning
    assert days_later.count(0) > len(days_later) * 0.9
    assert all(recorded.date() < TODAY + timedelta(days=1) for _, _, recorded in facts)
    for chain in (INSTALLATION, 1, 2, 3, 4):
        at = list(session.scalars(select(AuditEntry.at).where(AuditEntry.chain == chain).order_by(AuditEntry.seq)))
        assert at == sorted(at)


def test_whoever_takes_something_at_home_is_asked_about_it_every_evening_of_the_last_week(session: Session) -> None:
    query = select(MessageRow.recipient_id, MessageRow.occasion, MessageRow.state).where(
        MessageRow.template == "diary", MessageRow.channel == "sms"
    )
    asked: dict[int, dict[date, str]] = {}
    for recipient, occasion, state in session.execute(query):
        asked.setdefault(recipient, {})[date.fromisoformat(occasion.split(".")[2])] = state
    week = [TODAY - timedelta(days=days) for days in range(7, 0, -1)]
    always = [days for days in asked.values() if [days.get(day) for day in week] == ["delivered"] * len(week)]
    assert always
    assert all(days[TODAY] == "planned" for days in always)


def test_the_datasets_of_each_study_keep_the_rules_of_the_standard(session: Session) -> None:
    now, kinds = datetime.combine(TODAY, time(18), UTC), set()
    for code in session.scalars(select(Study.code)):
        found = read_study(session, Designs(), code, now)
        assert broken(found) == [], code
        assert found.records["TV"]
        kinds |= {(each["SVPRESP"], each["SVOCCUR"]) for each in found.records["SV"]}
        kinds |= {each["EPOCH"] for each in found.records["DV"]}
    assert kinds >= {("Y", "Y"), ("Y", "N"), ("", ""), "TREATMENT"}


def test_everything_in_it_is_plainly_made_up(demo: Filled, session: Session) -> None:
    keys = demo[2]
    for row in session.scalars(select(Contact).where(Contact.sealed.is_not(None))):
        assert row.sealed is not None
        said = keys.open(row.sealed)
        assert said["name"].endswith("(made up)")
        assert said["phone"][5:10] == "55501"
        assert said["email"].endswith("@example.org")
    assert session.scalar(select(Contact.participant_id).where(Contact.erased_at.is_not(None)))
    assert set(session.scalars(select(ParameterValue.made_up))) == {True}
    assert all(name.startswith("Demo ") for name in session.scalars(select(User.name)))


def test_everybody_signs_in_with_the_role_that_is_printed(demo: Filled) -> None:
    store, made, keys = demo
    now = datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert [user.role for user in made.users] == [role.value for role in Role]
    for user in made.users:
        fitting = store.read(lambda session, u=user: hash_that_fits(session, u.email, u.password))  # type: ignore[misc]
        signed = store.write(SYSTEM, now, lambda uow, u=user, f=fitting: sign_in(uow, keys, u.email, f, "", 5))  # type: ignore[misc]
        assert signed is not None
        with store.database.reading() as session:
            assert user.role in person_of(session, signed[0]).roles
    with store.database.reading() as session:
        coordinator, token = token_user(session, made.token, now) or (None, None)
        assert coordinator is not None
        assert (coordinator.email, "facts:write" in (token.scopes if token else ())) == (
            "coordinator@example.org",
            True,
        )
        scope = person_of(session, coordinator).may_as(Role.COORDINATOR)
        assert all(scope.covers(study) for study in session.scalars(select(Study.id)))


def test_a_demo_that_is_kept_is_opened_with_fresh_passwords_and_an_empty_database_is_none(
    own_demo: Filled, request: pytest.FixtureRequest
) -> None:
    now = datetime(2026, 11, 21, 9, tzinfo=UTC)
    with new_database(request, "sqlite") as url:
        empty = Store(Database(url))
        assert open_again(empty, own_demo[2], now) is None
        empty.database.dispose()
    again = open_again(own_demo[0], own_demo[2], now)
    assert again is not None
    assert again.users[0].password != own_demo[1].users[0].password
    for before, after in zip(own_demo[1].pages, again.pages, strict=True):
        assert (before.study, before.number) == (after.study, after.number)
        assert own_demo[0].read(lambda session, token=before.link: linked(session, token)) is None  # type: ignore[misc]
        assert own_demo[0].read(lambda session, token=after.link: linked(session, token)) is not None  # type: ignore[misc]
    with own_demo[0].database.reading() as session:
        assert len(session.scalars(select(ApiToken)).all()) == 2


@pytest.mark.soak
@pytest.mark.parametrize(
    "day", ["2026-12-24", "2026-12-27", "2027-01-01", "2027-03-15", "2027-07-05", "2027-11-26", "2028-02-29"]
)
def test_on_any_day_a_demo_can_be_made_that_is_right(day: str, request: pytest.FixtureRequest) -> None:
    with new_database(request, "sqlite") as url:
        now = datetime.fromisoformat(f"{day}T20:00:00+00:00")
        made = filled(url, now)
        with made[0].database.reading() as session:
            assert list(verify_visits(session, Designs())) == []
            statuses = set(session.scalars(select(Participant.status)))
            states = set(session.scalars(select(DeviationRow.state)))
            lying = in_hospital(session, Designs(), EVERYTHING, "vsli-ino", now)
            away = away_between(session, Designs(), EVERYTHING, "vaccine", *[date.fromisoformat(day)] * 2)
        made[0].database.dispose()
    assert statuses >= {"screening", "treatment", "follow-up", "completed", "withdrawn", "lost", "died"}
    assert states >= {"confirmed", "classified", "reported", "closed", "dismissed"}
    assert states & {"query", "candidate"}
    assert lying
    assert away
