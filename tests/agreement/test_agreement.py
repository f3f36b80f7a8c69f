"""A wrong date harms a person: in made-up lives, all that shows or tells a date says the same, after every step."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from tests.agreement import own_side, staff_side
from tests.agreement.looking import Looker
from tests.agreement.steps import happen
from tests.agreement.world import GATED, NORTH, SHORT, SOUTH, World, midday, world
from tests.databases import BOTH, new_database

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
EXAMPLES, LONGEST = (150, 40) if SOAK else (2, 12)
#: around each: the clocks change in New York and in Jerusalem, the year ends, nothing does
numbers = st.integers(0, 0xFFFFFF)
BEGINS = (date(2026, 2, 26), date(2026, 3, 19), date(2026, 10, 19), date(2026, 12, 17), date(2026, 1, 2))


def fill(made: World, day_1: date) -> None:
    """Three people: two of one study at two sites, one of the other at the same centre."""
    made.add("01-001", GATED, NORTH, day_1)
    made.add("02-001", GATED, SOUTH, day_1)
    made.add("S1", SHORT, NORTH, day_1)


@pytest.mark.parametrize("kind", BOTH)
@settings(
    max_examples=EXAMPLES, phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if SOAK else [])],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(
    begins=st.sampled_from(BEGINS), steps=st.lists(st.integers(0, 0xFFFFFF), min_size=LONGEST // 2, max_size=LONGEST)
)
def test_whatever_happens_nobody_is_shown_or_told_two_dates(
    request: pytest.FixtureRequest, real_hasher: PasswordHasher, kind: str, begins: date, steps: list[int]
) -> None:
    assert real_hasher is not None
    with new_database(request, kind) as url, tempfile.TemporaryDirectory() as folder:
        database = Database(url)
        try:
            with world(Store(database), Path(folder), midday(begins)) as made:
                live(made, begins, steps)
        finally:
            database.dispose()


def live(made: World, begins: date, steps: list[int]) -> None:
    """Their lives, looked at after each step, and after some of them on every page."""
    fill(made, begins)
    looker = Looker(made)
    made.looked = lambda: own_side.read_texts(looker)
    for place, number in enumerate(steps, 1):
        happen(made, number)
        wrong = disagreements(looker, on_pages=place % 4 == 0 or place == len(steps))
        assert wrong == [], "\n".join([*made.log, f"now {made.now}", *wrong])


def disagreements(looker: Looker, on_pages: bool) -> list[str]:
    """What does not agree, in words; the pages of staff take longer than all else."""
    looker.refresh()
    own_side.read_texts(looker)
    looks = [staff_side.revisions, staff_side.chairs, staff_side.calendars, staff_side.centres, own_side.own]
    looks += [staff_side.days, staff_side.today, staff_side.desk] * on_pages
    return [*looker.wrong_texts, *(wrong for look in looks for wrong in look(looker))]
