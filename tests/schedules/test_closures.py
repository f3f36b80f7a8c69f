"""Closed days: weekends, public holidays, single days and recurring ones, each for some resources or for all."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import FrameType
from typing import NoReturn

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from schedules.closures import ClosedDay, ClosedRule, PublicHolidays, Site, SiteCalendar, Weekday, public_holidays
from schedules.errors import ScheduleError, SiteError
from schedules.protocol import Resource
from schedules.site_file import read_site
from tests.builders import closed, planned, site, targets
from tests.strategies import closed_days, closed_rules, sites, weekends

MONDAY = date(2026, 1, 5)
INFUSION, LABORATORY = frozenset({Resource.INFUSION}), frozenset({Resource.LABORATORY})
OPEN_WEEKENDS: tuple[Weekday, ...] = ()


def rule(text: str, since: date = date(2026, 1, 1), *resources: Resource) -> ClosedRule:
    return ClosedRule(rule=text, date=since, resources=resources)


def closed_in(first: date, last: date, made: Site) -> list[date]:
    calendar = SiteCalendar(made)
    days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
    return [day for day in days if not calendar.is_open(day)]


def closed_2026(*closures: ClosedRule) -> list[str]:
    made = site(*closures, weekend=OPEN_WEEKENDS)
    return [f"{day:%m-%d}" for day in closed_in(date(2026, 1, 1), date(2026, 12, 31), made)]


# Weekends


@pytest.mark.parametrize(
    ("weekend", "days"),
    [
        ((), []),
        ((Weekday.SATURDAY, Weekday.SUNDAY), [10, 11]),
        ((Weekday.FRIDAY, Weekday.SATURDAY), [9, 10]),
        ((Weekday.THURSDAY, Weekday.FRIDAY), [8, 9]),
        ((Weekday.SUNDAY,), [11]),
        (tuple(Weekday), [5, 6, 7, 8, 9, 10, 11]),
    ],
)
def test_a_site_is_closed_on_the_days_of_its_own_weekend(weekend: tuple[Weekday, ...], days: list[int]) -> None:
    found = closed_in(MONDAY, date(2026, 1, 11), site(weekend=weekend))
    assert [day.day for day in found] == days


def test_a_weekend_closes_every_resource_and_says_which_day_it_is() -> None:
    calendar = SiteCalendar(site())
    for resource in Resource:
        assert calendar.why_closed(date(2026, 1, 10).toordinal(), frozenset({resource})) == ("site", "it is a Saturday")


@given(weekends(), st.dates(date(1950, 1, 1), date(2150, 1, 1)))
def test_without_other_closures_a_day_is_closed_exactly_if_it_is_a_weekend_day(
    weekend: tuple[Weekday, ...], day: date
) -> None:
    assert SiteCalendar(site(weekend=weekend)).is_open(day) == (list(Weekday)[day.weekday()] not in weekend)


# Public holidays


def test_public_holidays_are_those_of_the_region_too() -> None:
    bavaria = site(holidays=PublicHolidays(country="DE", region="BY"))
    berlin = site(holidays=PublicHolidays(country="DE", region="BE"))
    epiphany = date(2026, 1, 6)
    assert not SiteCalendar(bavaria).is_open(epiphany)
    assert SiteCalendar(berlin).is_open(epiphany)
    assert not SiteCalendar(berlin).is_open(date(2026, 5, 1))


def test_stored_holidays_are_the_truth_for_their_year_and_other_years_are_computed() -> None:
    stored = PublicHolidays(country="US", dates={date(2026, 7, 6): "A day off of our own"})
    calendar = SiteCalendar(site(holidays=stored))
    assert calendar.why_closed(date(2026, 7, 6).toordinal(), INFUSION) == ("site", "A day off of our own")
    assert calendar.is_open(date(2026, 12, 25))  # computed, but the year is stored
    assert not calendar.is_open(date(2025, 12, 25))
    assert not calendar.is_open(date(2028, 7, 4))


def test_a_holiday_moves_a_visit_and_says_its_name() -> None:
    day = date(2026, 1, 12)
    made = planned(closed=[closed(day, reason="Coming of Age Day")])
    assert targets(made, "induction.c1")["d8"] == date(2026, 1, 13)
    assert "the site is closed on 12 January 2026 (Coming of Age Day)" in " ".join(made.visit("induction.c1.d8").why)


@pytest.mark.parametrize(("country", "region"), [("XX", None), ("DE", "XX"), ("US", "BY")])
def test_a_country_or_region_without_known_holidays_is_refused(country: str, region: str | None) -> None:
    with pytest.raises(ValueError, match="no public holidays are known"):
        public_holidays(country, region, [2026])
    where = f"{{country: {country}" + (f", region: {region}}}" if region else "}")
    with pytest.raises(SiteError, match="no public holidays are known"):
        read_site(f"{{id: s, name: S, public_holidays: {where}}}", "site.yaml")


# Single days and resources


def test_days_closed_over_the_end_of_a_year_are_closed_on_both_sides_of_it() -> None:
    made = site(closed(date(2026, 12, 30), date(2027, 1, 2)), weekend=OPEN_WEEKENDS)
    days = closed_in(date(2026, 12, 1), date(2027, 1, 31), made)
    assert days == [date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2)]


def test_a_site_may_be_closed_for_more_than_a_whole_year() -> None:
    made = site(closed(date(2025, 12, 31), date(2027, 1, 1)), weekend=OPEN_WEEKENDS)
    assert len(closed_in(date(2025, 1, 1), date(2028, 1, 1), made)) == 367


def test_a_closure_of_one_resource_leaves_the_others_open() -> None:
    calendar = SiteCalendar(site(closed(MONDAY, None, Resource.INFUSION, Resource.PHARMACY, reason="stock-taking")))
    day = MONDAY.toordinal()
    assert calendar.why_closed(day, INFUSION) == ("infusion", "stock-taking")
    assert calendar.why_closed(day, frozenset({Resource.PHARMACY, Resource.CLINIC})) == ("pharmacy", "stock-taking")
    assert calendar.why_closed(day, LABORATORY) is None
    assert calendar.why_closed(day, frozenset()) is None


def test_a_closed_infusion_unit_leaves_no_day_for_doses_and_does_not_touch_the_marrow() -> None:
    shut = closed(date(2026, 1, 12), date(2026, 1, 31), Resource.INFUSION)
    made = planned(closed=[shut])
    assert targets(made, "induction.c1") == {
        "d1": date(2026, 1, 5), "d8": None, "d15": None, "marrow": date(2026, 1, 28),
    }  # fmt: skip
    assert made.visit("induction.c1.d15").conflicts[0].earliest_safe == date(2026, 2, 2)


@given(closed_days())
def test_a_closure_covers_its_first_and_its_last_day_and_none_around_them(closure: ClosedDay) -> None:
    first, last = closure.date, closure.until or closure.date
    made = site(replace(closure, resources=()), weekend=OPEN_WEEKENDS)
    around = closed_in(first - timedelta(days=3), last + timedelta(days=3), made)
    assert around == [first + timedelta(days=count) for count in range((last - first).days + 1)]


def test_a_closure_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(SiteError, match="until is before date"):
        read_site("{id: s, name: S, closed: [{date: 2026-01-12, until: 2026-01-11}]}", "site.yaml")


# Recurring rules


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("FREQ=MONTHLY;BYDAY=5MO", ["03-30", "06-29", "08-31", "11-30"]),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24,31", ["12-24", "12-31"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", []),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["01-31", "03-31", "05-31", "07-31", "08-31", "10-31", "12-31"]),
        ("FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=-1", ["01-31", "07-31"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["01-30", "02-27"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;UNTIL=20260201", ["01-02", "01-16", "01-30"]),
        ("freq=daily;interval=100", ["01-01", "04-11", "07-20", "10-28"]),
    ],
)
def test_a_recurring_rule_closes_these_days_of_2026(text: str, days: list[str]) -> None:
    made = read_site(f'{{id: s, name: S, weekend: [], closed: [{{rule: "{text}", date: 2026-01-01}}]}}', "site.yaml")
    assert [f"{day:%m-%d}" for day in closed_in(date(2026, 1, 1), date(2026, 12, 31), made)] == days


def test_a_month_without_a_fifth_monday_has_no_closed_monday() -> None:
    made = site(rule("FREQ=MONTHLY;BYDAY=5MO"), weekend=OPEN_WEEKENDS)
    assert closed_in(date(2026, 2, 1), date(2026, 2, 28), made) == []
    assert closed_in(date(2026, 3, 1), date(2026, 3, 31), made) == [date(2026, 3, 30)]


def test_a_rule_begins_on_its_date_and_counts_from_it_also_in_later_years() -> None:
    fortnightly = site(rule("FREQ=WEEKLY;INTERVAL=2", date(2025, 12, 29)), weekend=OPEN_WEEKENDS)
    assert closed_in(date(2025, 12, 1), date(2026, 1, 31), fortnightly) == [
        date(2025, 12, 29), date(2026, 1, 12), date(2026, 1, 26),
    ]  # fmt: skip


def test_29_february_is_closed_only_in_leap_years() -> None:
    made = site(rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"), weekend=OPEN_WEEKENDS)
    assert closed_in(date(2026, 1, 1), date(2032, 12, 31), made) == [date(2028, 2, 29), date(2032, 2, 29)]


def test_a_rule_for_one_resource_closes_only_that() -> None:
    calendar = SiteCalendar(site(rule("FREQ=WEEKLY;BYDAY=MO", MONDAY, Resource.LABORATORY)))
    assert calendar.is_open(MONDAY, INFUSION)
    assert not calendar.is_open(MONDAY, LABORATORY)


@given(closed_rules(), st.permutations(range(2024, 2031)))
def test_a_rule_closes_the_days_that_dateutil_gives_in_whatever_order_years_are_asked(
    closure: ClosedRule, years: list[int]
) -> None:
    begin = datetime.combine(closure.date, datetime.min.time())
    expected = {moment.date() for moment in rrulestr(closure.rule, dtstart=begin).xafter(begin, count=400, inc=True)}
    calendar = SiteCalendar(site(closure, weekend=OPEN_WEEKENDS))
    last = max(expected) if len(expected) == 400 else date(2030, 12, 31)
    for year in years:
        for day in (date(year, 1, 1) + timedelta(days=count) for count in range(365)):
            assert day > last or calendar.is_open(day) == (day not in expected), day


@given(sites(), st.dates(date(2024, 1, 1), date(2029, 12, 31)))
def test_a_visit_that_needs_more_is_never_open_where_one_that_needs_less_is_closed(made: Site, day: date) -> None:
    calendar = SiteCalendar(made)
    for resource in Resource:
        assert calendar.is_open(day, frozenset({resource})) or not calendar.is_open(day)


@pytest.mark.parametrize(
    "text",
    ["", "MO", "FREQ=HOURLY", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;BYHOUR=9", "BYDAY=MO", "FREQ=DAILY;UNTIL=tomorrow",
     "FREQ=DAILY;", "RRULE:FREQ=DAILY", "FREQ=WEEKLY;UNTIL=20260301T000000Z"],
)  # fmt: skip
def test_what_is_no_rule_of_whole_days_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SiteError, match="FREQ=MONTHLY;BYDAY=1MO"):
        read_site(f'{{id: s, name: S, closed: [{{rule: "{text}", date: 2026-01-01}}]}}', "site.yaml")


def takes_longer(seconds: float, action: Callable[[], object]) -> bool:
    """Whether it has to be stopped after so long."""

    def give_up(signum: int, frame: FrameType | None) -> NoReturn:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        action()
    except TimeoutError:  # must not get out: pytest cannot show a traceback that has no line where the signal came
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return False


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=YEARLY;BYDAY=60MO",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=DAILY;COUNT=3;UNTIL=20270101",
        "FREQ=DAILY;UNTIL=20260101\\nEXDATE:20260102T000000Z",
    ],
)
def test_a_rule_that_is_read_can_be_asked_and_one_that_cannot_is_refused(text: str) -> None:
    source = f'{{id: s, name: S, closed: [{{rule: "{text}", date: 2026-01-01}}]}}'
    try:
        made = read_site(source, "site.yaml")
    except ScheduleError:
        return
    assert not takes_longer(1, lambda: SiteCalendar(made).is_open(MONDAY))
