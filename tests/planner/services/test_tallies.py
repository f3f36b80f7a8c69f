"""The word that is stored with a visit says what reports count of it, and nothing of it is lost on the way back."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from planner.services.tallies import Dated, Tally, read_tally, tally_of
from schedules.statuses import Status

DAY = date(2026, 3, 10)
KEY = "induction.c1.d8"


def on(actual: int | None, nominal: int | None = 0, opens: int = -1, closes: int = 1) -> Dated:
    """A visit with its days counted from 10 March 2026; due within a day of it, unless said otherwise."""
    days = [None if n is None else DAY + timedelta(days=n) for n in (nominal, opens, closes, actual)]
    return Dated(*days)


def test_a_visit_that_has_not_taken_place_is_counted_by_its_status_alone() -> None:
    assert [tally_of(KEY, status, on(None)) for status in (Status.MISSED, Status.TO_REBOOK)] == ["missed", "to-rebook"]


def test_days_are_counted_from_the_window_and_from_the_day_on_which_it_was_due() -> None:
    assert tally_of(KEY, Status.DONE, on(0)) == "done/0/0"
    assert tally_of(KEY, Status.DONE, on(-1)) == "done/0/-1"
    assert tally_of(KEY, Status.DONE, on(-3)) == "done/-2/-3"
    assert tally_of(KEY, Status.DONE, on(4)) == "done/3/4"


def test_where_a_hold_has_moved_the_window_it_was_due_on_the_first_day_of_it() -> None:
    assert tally_of(KEY, Status.DONE, on(7, nominal=0, opens=6, closes=8)) == "done/0/1"
    assert tally_of(KEY, Status.DONE, on(7, nominal=None, opens=6, closes=8)) == "done/0/1"


def test_what_took_place_without_a_window_or_was_too_old_by_day_1_has_no_days() -> None:
    assert tally_of(KEY, Status.DONE, Dated(None, None, None, DAY)) == "done/"
    assert tally_of(KEY, Status.EXPIRED, on(5)) == "expired/"


def test_what_stands_outside_the_schedule_is_counted_as_that_whatever_became_of_it() -> None:
    assert tally_of("unscheduled.3f2a", Status.DONE, on(5)) == "outside"
    assert read_tally("outside") == Tally("", occurred=False, outside=True)


@given(status=st.sampled_from(Status), days=st.tuples(*[st.none() | st.dates()] * 4))
def test_a_word_tells_again_what_it_was_made_of(status: Status, days: tuple[date | None, ...]) -> None:
    visit = Dated(*days)
    said = read_tally(tally_of(KEY, status, visit))
    assert (said.status, said.occurred, said.outside) == (status.value, visit.actual is not None, False)
    if visit.actual is None or visit.opens is None or visit.closes is None or status is Status.EXPIRED:
        assert (said.days_off, said.late) == (None, None)
    elif visit.opens <= visit.closes:
        assert said.days_off is not None
        nearest = visit.actual - timedelta(days=said.days_off)
        assert nearest == min(max(visit.actual, visit.opens), visit.closes)
