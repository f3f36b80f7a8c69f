"""A death is recorded while messages are due, claimed and being retried: nothing is sent that was checked after it."""

import pytest

from tests.soak.deaths import run


def test_nothing_goes_to_the_dead_but_what_was_on_its_way_and_that_is_shown(database_url: str) -> None:
    result = run(database_url, database_url.partition(":")[0], interleavings=60, seed=1)
    assert result.requests > 0
    assert result.is_right, result.line()


@pytest.mark.soak
def test_a_thousand_deaths(database_url: str) -> None:
    result = run(database_url, database_url.partition(":")[0], interleavings=1000, seed=2)
    assert result.is_right, result.line()
