"""Studies and sites: versions never change, values fit, holidays are stored, what is wrong is told by its field."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from planner.persistence.sites import StoredHoliday
from planner.persistence.studies import ProtocolVersion
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.problems import Conflict, InvalidInput, NotFound, PlannerError, Refused, ValuesMissing
from planner.services.access import EVERYTHING, Scope, find_participant, find_site, find_study
from planner.services.designs import Designs
from planner.services.enrolment import fail_screening
from planner.services.sites import ChangeSite, CloseSite, CreateSite, change_site, close_site, create_site
from planner.services.studies import CreateStudy, add_version, confirm_assumptions, create_study, supply_parameters
from schedules.protocol_file import library_text
from tests.studies import NORTH, NOW, STUDY, Trial, audited, trial

Work = Callable[[UnitOfWork], Any]


@pytest.fixture
def study(store: Store) -> Trial:
    return trial(store)


def do(study: Trial, work: Work) -> Any:
    return study.store.write(SYSTEM, NOW, work)


def test_the_text_of_a_version_is_kept_as_it_is(study: Trial) -> None:
    with study.store.database.reading() as session:
        assert session.scalars(select(ProtocolVersion)).one().source == library_text("vsli-ino")


def test_public_holidays_are_stored_for_the_years_to_come(study: Trial) -> None:
    with study.store.database.reading() as session:
        days = session.scalars(select(StoredHoliday.day).where(StoredHoliday.site_id == 1)).all()
    assert {day.year for day in days} == set(range(2025, 2031))
    assert date(2026, 7, 3) in days  # Independence Day falls on a Saturday


def a_study(uow: UnitOfWork) -> Any:
    return find_study(uow.session, EVERYTHING, STUDY)


def a_site(uow: UnitOfWork) -> Any:
    return find_site(uow.session, EVERYTHING, NORTH)


REFUSED: dict[str, tuple[Work, type[PlannerError], str]] = {
    "a code with capitals": (lambda uow: create_study(uow, CreateStudy(code="Study", title="T")), InvalidInput, "code"),
    "a study without a title": (lambda uow: create_study(uow, CreateStudy(code="s", title=" ")), InvalidInput, "title"),
    "a study twice": (lambda uow: create_study(uow, CreateStudy(code=STUDY, title="T")), Conflict, "code"),
    "a version twice": (lambda uow: add_version(uow, a_study(uow), library_text("vsli-ino")), Conflict, "version"),
    "another protocol": (lambda uow: add_version(uow, a_study(uow), library_text("ven-ino")), Refused, "version"),
    "no protocol at all": (lambda uow: add_version(uow, a_study(uow), "a: 1"), InvalidInput, "1:1"),
    "a version that is none": (lambda uow: confirm_assumptions(uow, a_study(uow), "9"), Refused, "version"),
    "a parameter that is none": (
        lambda uow: supply_parameters(uow, a_study(uow), {"colour": "red"}), InvalidInput, "values/colour",
    ),
    "a site without a zone": (
        lambda uow: create_site(uow, CreateSite(code="x", name="X", zone="Nowhere")), InvalidInput, "zone",
    ),
    "a site with too many chairs": (
        lambda uow: create_site(uow, CreateSite(code="x", name="X", zone="UTC", chairs=9999)), InvalidInput, "chairs",
    ),
    "a country without holidays": (
        lambda uow: create_site(uow, CreateSite(code="x", name="X", zone="UTC", country="QQ")), InvalidInput, "country",
    ),
    "hours that are none": (
        lambda uow: create_site(uow, CreateSite(code="x", name="X", zone="UTC", opening={"monday": ("9", "5")})),
        InvalidInput, "opening/monday",
    ),
    "a closure that ends before it begins": (
        lambda uow: close_site(uow, a_site(uow), CloseSite(first=date(2026, 1, 2), last=date(2026, 1, 1))),
        InvalidInput, "last",
    ),
    "a rule that is none": (
        lambda uow: close_site(uow, a_site(uow), CloseSite(first=date(2026, 1, 2), rule="EVERY DAY")),
        InvalidInput, "rule",
    ),
    "a resource that is none": (
        lambda uow: close_site(uow, a_site(uow), CloseSite(first=date(2026, 1, 2), resources=("car park",))),
        InvalidInput, "resources",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_told_by_its_field_and_changes_nothing(study: Trial, what: str) -> None:
    work, kind, place = REFUSED[what]
    with pytest.raises(kind) as refused:
        do(study, work)
    assert place in [problem.place for problem in refused.value.problems]


def test_what_is_out_of_scope_looks_as_if_it_did_not_exist(study: Trial) -> None:
    study.screen("01-001", NORTH)
    elsewhere = Scope(((1, 2),))
    with study.store.database.reading() as session:
        row = find_study(session, elsewhere, STUDY)
        for look in (
            lambda: find_study(session, Scope(((7, None),)), STUDY),
            lambda: find_site(session, elsewhere, NORTH),
            lambda: find_participant(session, elsewhere, row, "01-001"),
        ):
            with pytest.raises(NotFound):
                look()


def test_a_study_without_the_values_it_needs_is_not_planned(store: Store) -> None:
    made = trial(store)

    def work(uow: UnitOfWork) -> None:
        study = create_study(uow, CreateStudy(code="ven", title="Another made-up study"))
        add_version(uow, study, library_text("ven-ino"))
        Designs().of(uow.session, study)

    with pytest.raises(ValuesMissing, match="venetoclax-start"):
        do(made, work)


def test_a_value_that_does_not_fit_the_protocol_is_refused(store: Store) -> None:
    made = trial(store)

    def work(uow: UnitOfWork) -> None:
        study = create_study(uow, CreateStudy(code="ven", title="Another made-up study"))
        add_version(uow, study, library_text("ven-ino"))
        supply_parameters(uow, study, {"venetoclax-start": "soon"})

    with pytest.raises(InvalidInput, match="venetoclax-start"):
        do(made, work)


def test_a_screening_ends_without_an_enrolment_and_an_enrolled_one_does_not(study: Trial) -> None:
    study.screen("01-001")
    study.enrol("01-002")

    def fail(number: str, reason: str = "platelets too low") -> Any:
        return do(
            study,
            lambda uow: fail_screening(uow, study.designs, EVERYTHING, STUDY, number, date(2026, 1, 4), reason).status,
        )

    assert fail("01-001") == "screen-failed"
    with pytest.raises(Refused, match="has been enrolled"):
        fail("01-002")
    with pytest.raises(InvalidInput, match="reason"):
        fail("01-001", " ")


def test_a_site_gets_other_hours_and_the_audit_has_both(study: Trial) -> None:
    hours = {"monday": ("08:00", "12:00")}
    do(study, lambda uow: change_site(uow, a_site(uow), ChangeSite(opening=hours, phone="+1 212 555 0100")))
    do(study, lambda uow: change_site(uow, a_site(uow), ChangeSite(chairs=3)))
    site = do(study, a_site)
    assert (site.opening, site.phone, site.chairs, site.name) == (
        {"monday": ["08:00", "12:00"]}, "+1 212 555 0100", 3, "North",
    )  # fmt: skip
    first, second = audited(study, "site.changed")
    assert first.before == {"opening": {}, "phone": ""}
    assert (second.before, second.after) == ({"chairs": 2}, {"chairs": 3})


def test_hours_that_are_none_change_nothing(study: Trial) -> None:
    with pytest.raises(InvalidInput, match="these are no opening hours"):
        do(
            study,
            lambda uow: change_site(uow, a_site(uow), ChangeSite(chairs=5, opening={"monday": ("17:00", "08:00")})),
        )
    assert do(study, a_site).chairs == 2


def test_a_chair_in_which_somebody_will_sit_is_not_taken_away(study: Trial) -> None:
    study.enrol()
    booked = {"fact": "booked", "date": "2026-01-12", "visit": "induction.c1.d8", "time": "09:30", "chair": "2"}
    study.record("01-001", booked)
    with pytest.raises(Conflict, match="on 2026-01-12 somebody sits in chair 2"):
        do(study, lambda uow: change_site(uow, a_site(uow), ChangeSite(chairs=1)))
    study.record("01-001", {"fact": "booking_cancelled", "date": "2026-01-12", "visit": "induction.c1.d8"})
    do(study, lambda uow: change_site(uow, a_site(uow), ChangeSite(chairs=1)))
    assert do(study, a_site).chairs == 1
