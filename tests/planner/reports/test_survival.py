"""Curves against lifelines 0.30.3, and intervals of shares against Newcombe's paper on them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.reports.intervals import quantile, wilson
from planner.reports.survival import Followed, aalen_johansen, kaplan_meier

#: entry, exit, what happened: some enter late, and on day 31 two ends and one censoring fall together
LATE_ENTRY = [
    Followed(0, 5, "died"), Followed(0, 12, "left"), Followed(0, 20), Followed(0, 31, "left"), Followed(0, 31, "died"),
    Followed(0, 31), Followed(10, 44, "left"), Followed(15, 44), Followed(20, 60, "died"), Followed(0, 75),
    Followed(30, 90, "left"), Followed(40, 90),
]  # fmt: skip
COMPETING = [
    Followed(0, 5, "died"), Followed(0, 12, "left"), Followed(0, 20), Followed(0, 31, "left"), Followed(0, 33, "died"),
    Followed(0, 34), Followed(0, 44, "left"), Followed(0, 47), Followed(0, 60, "died"), Followed(0, 75),
    Followed(0, 90, "left"), Followed(0, 95),
]  # fmt: skip


def test_kaplan_meier_with_late_entry_is_that_of_lifelines() -> None:
    """KaplanMeierFitter().fit(exits, ended, entry=entries): survival_function_ and confidence_interval_."""
    found = {each.day: (each.at_risk, each.value, each.low, each.high) for each in kaplan_meier(LATE_ENTRY)}
    assert found[0] == (7, 1, 1, 1)
    assert found[12] == pytest.approx((7, 0.7346938775510204, 0.29100433634095796, 0.9258901454831704))
    assert found[31] == pytest.approx((8, 0.5510204081632654, 0.20347599923684667, 0.800047493901141))
    assert found[44] == pytest.approx((6, 0.4591836734693878, 0.15261709297772394, 0.7245225714552548))
    assert found[90] == pytest.approx((2, 0.17219387755102047, 0.011266033558412606, 0.5016611818117477))


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("left", {12: (0.083333, 0.005053, 0.31107), 44: (0.283951, 0.06587, 0.558393)}),
        ("left", {90: (0.486497, 0.126673, 0.777814), 95: (0.486497, 0.126673, 0.777814)}),
        ("died", {5: (0.083333, 0.005053, 0.31107), 34: (0.175926, 0.0275, 0.431592)}),
        ("died", {60: (0.310957, 0.068285, 0.601484), 95: (0.310957, 0.068285, 0.601484)}),
    ],
)  # fmt: skip
def test_aalen_johansen_is_that_of_lifelines(end: str, expected: dict[int, tuple[float, float, float]]) -> None:
    """AalenJohansenFitter(calculate_variance=True).fit(exits, ends, event_of_interest), which wants no ties."""
    found = {each.day: (each.value, each.low, each.high) for each in aalen_johansen(COMPETING, end)}
    for day, values in expected.items():
        assert found[day] == pytest.approx(values, abs=1e-6)


@given(
    st.lists(
        st.builds(
            lambda entry, more, end: Followed(entry, entry + more, end),
            st.integers(0, 20), st.integers(0, 40), st.sampled_from(["", "left", "died"]),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_who_has_left_who_has_died_and_who_is_still_there_are_everybody(people: list[Followed]) -> None:
    still, left, died = kaplan_meier(people), aalen_johansen(people, "left"), aalen_johansen(people, "died")
    for points in zip(still, left, died, strict=True):
        values = [point.value for point in points if point.value is not None]
        assert sum(values) == pytest.approx(1)
        for point in points:
            assert point.low is not None
            assert point.high is not None
            assert 0 <= point.low <= (point.value or 0) + 1e-12
            assert (point.value or 0) <= point.high + 1e-12 <= 1 + 1e-9


@pytest.mark.parametrize(
    ("n", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_that_of_newcombes_table(n: int, of: int, low: float, high: float) -> None:
    """Newcombe, Two-sided confidence intervals for the single proportion, Stat Med 1998, table I, method 3."""
    assert wilson(n, of) == pytest.approx((low, high), abs=5e-5)
    assert wilson(of - n, of) == pytest.approx((1 - high, 1 - low), abs=5e-5)


def test_a_quantile_lies_between_the_values_around_it() -> None:
    assert quantile({0: 4, 1: 1, 4: 1}, 0.5) == 0
    assert quantile({1: 1, 2: 1}, 0.5) == 1.5
    assert quantile({-3: 1}, 0.75) == -3
