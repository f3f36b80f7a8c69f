"""A plan as people see it: vsli-ino; Day 1 on Monday 5 January 2026 unless stated."""

from dataclasses import replace
from datetime import date, time

import pytest
from rich.console import Console

from planner.presenting.plan_table import plan_screen
from planner.presenting.short_days import short_day, short_span
from schedules.closures import PLAIN_SITE, ClosedDay
from schedules.design import Design
from schedules.history import Booked, CycleHeld, Enrolled, Fact, GateDecided, Given, History, UnscheduledVisit
from schedules.plan import plan
from schedules.protocol_file import library_protocol

PROTOCOL = library_protocol("vsli-ino").protocol
ENROLLED = Enrolled(date=date(2025, 12, 30), day_1=date(2026, 1, 5))
C1D1 = (
    Given(date=date(2026, 1, 5), visit="induction.c1.d1", activity="vsli"),
    Given(date=date(2026, 1, 5), visit="induction.c1.d1", activity="ino"),
)


def lines(*facts: Fact, width: int = 120, closed: tuple[date, ...] = (), as_of: date = date(2026, 1, 6)) -> list[str]:
    site = replace(PLAIN_SITE, closed=tuple(ClosedDay(date=day) for day in closed))
    made = plan(Design((PROTOCOL,), (site,)), History((ENROLLED, *facts)), as_of)
    console = Console(width=width, markup=False, emoji=False, highlight=False)
    with console.capture() as captured:
        for part in plan_screen(made, PROTOCOL, "vsli-ino", width):
            console.print(part)
    return [line.rstrip() for line in captured.get().splitlines()]


def line_of(label: str, shown: list[str]) -> str:
    return next(line for line in shown if line.split()[:1] == [label])


def test_days_are_written_with_their_weekday_in_english() -> None:
    assert short_day(date(2026, 1, 12)) == "Mon 12 Jan 2026"
    assert short_day(None) == "—"


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 1, 11), date(2026, 1, 14), "11–14 Jan"),
        (date(2026, 2, 28), date(2026, 3, 3), "28 Feb–3 Mar"),
        (date(2025, 12, 22), date(2026, 1, 4), "22 Dec–4 Jan"),
        (date(2026, 1, 5), date(2026, 1, 5), "5 Jan"),
        (date(2026, 1, 5), date(2027, 1, 5), "5 Jan 2026–5 Jan 2027"),
    ],
)
def test_spans_are_short_and_have_years_where_they_are_long(first: date, last: date, words: str) -> None:
    assert short_span(first, last) == words


def test_a_line_has_label_key_date_window_status_and_activities() -> None:
    assert line_of("C1D8", lines()).split() == (
        ["C1D8", ".d8", "Mon", "12", "Jan", "2026", "11–14", "Jan", "planned", "bloods,", "*vsli,", "*ino", "+3"]
    )


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_no_line_is_wider_than_the_screen_and_every_visit_is_on_it(width: int) -> None:
    shown = lines(*C1D1, width=width)
    assert max(map(len, shown)) <= width
    assert {"C1D8", "M5D15", "30-day"} <= {line.split()[0] for line in shown if line.split()}


def test_on_a_narrow_screen_the_whole_key_and_the_activities_are_in_a_second_line() -> None:
    shown = lines(width=80)
    below = shown[shown.index(line_of("C1D8", shown)) + 1]
    assert below.split(maxsplit=1) == ["induction.c1.d8", "bloods, neuropathy, vod, *vsli, *ino, chair-time"]


def test_what_lies_beyond_an_open_gate_is_marked_and_the_mark_explained() -> None:
    shown = lines()
    assert "~ Mon 2 Feb 2026" in line_of("M1D1", shown)
    assert "~" not in line_of("C1D8", shown)
    assert any(line.startswith("~ tentative:") for line in shown)


def test_a_visit_without_a_date_beyond_an_open_gate_has_the_mark_too() -> None:
    held = CycleHeld(date=date(2026, 2, 2), cycle="maintenance.c1", reason="counts")
    shown = lines(*C1D1, held, as_of=date(2026, 2, 2))
    assert "~ no date" in line_of("M1D1", shown)


def test_a_moved_day_says_why_under_its_line() -> None:
    shown = lines(closed=(date(2026, 1, 12),))
    below = shown[shown.index(line_of("C1D8", shown)) + 1]
    assert below.strip().startswith("· the site is closed on 12 January 2026")
    assert "13 January 2026 is the nearest day" in below


def test_a_visit_on_its_day_has_nothing_under_its_line() -> None:
    shown = lines(*C1D1)
    assert line_of("C1D8", shown) == shown[shown.index(line_of("C1D1", shown)) + 1]


def test_a_conflict_stands_under_the_visit_that_has_no_date() -> None:
    shown = lines(closed=tuple(date(2026, 1, day) for day in (12, 13, 14)))
    assert "no date" in line_of("C1D8", shown)
    assert "needs a decision" in line_of("C1D8", shown)
    assert shown[shown.index(line_of("C1D8", shown)) + 1].strip().startswith("! no day is left within 11 to 14 January")


def test_a_booking_shows_its_hour() -> None:
    booked = Booked(date=date(2026, 1, 13), visit="induction.c1.d8", time=time(9, 30))
    assert "Tue 13 Jan 2026  11–14 Jan      booked 09:30" in line_of("C1D8", lines(*C1D1, booked))


def test_a_cycle_stands_together_although_its_days_mix_with_others() -> None:
    decided = GateDecided(date=date(2026, 1, 30), gate="induction.c1.response", outcome="no-benefit")
    held = CycleHeld(date=date(2026, 2, 2), cycle="induction.c2", reason="counts")
    came = UnscheduledVisit(date=date(2026, 2, 10), activities=("bloods",))
    shown = lines(*C1D1, decided, held, came, as_of=date(2026, 2, 11))
    headings = [line for line in shown if line.startswith("Induction and re-induction, cycle")]
    assert len(headings) == 2


def test_an_unscheduled_visit_stands_where_it_fell_with_its_whole_key() -> None:
    came = UnscheduledVisit(date=date(2026, 1, 7), id="f7", activities=("intrathecal",))
    shown = lines(*C1D1, came)
    place = shown.index(line_of("Unscheduled", shown))
    assert shown[place - 1].split()[0] == "C1D1"
    assert "unscheduled.f7" in shown[place]


def test_decisions_end_and_assumptions_follow_the_visits() -> None:
    shown = lines()
    assert any("induction.c1.response" in line and "as if: benefit" in line for line in shown)
    assert any(
        "The treatment is expected to end on Mon 22 Jun 2026 (completed), tentatively." in line for line in shown
    )
    assert any(
        f"{len(PROTOCOL.assumptions)} assumptions, which `planner protocol show vsli-ino`" in line for line in shown
    )


def test_what_is_not_recorded_is_listed() -> None:
    shown = lines(*C1D1, as_of=date(2026, 1, 16))
    assert any("nothing is recorded about C1D8" in line for line in shown)


def test_a_label_with_brackets_is_shown_as_it_is() -> None:
    epoch = PROTOCOL.epochs["follow-up"]
    visits = {**epoch.visits, "day-30": replace(epoch.visits["day-30"], label="[bold]x[/bold] :smile:")}
    odd = replace(PROTOCOL, epochs={**PROTOCOL.epochs, "follow-up": replace(epoch, visits=visits)})
    made = plan(Design((odd,)), History(planned_start=date(2026, 1, 5)), date(2026, 1, 5))
    console = Console(width=120, markup=False, emoji=False, highlight=False)
    with console.capture() as captured:
        console.print(*plan_screen(made, odd, "x", 120))
    assert "[bold]x[/bold] :smile:" in captured.get()
