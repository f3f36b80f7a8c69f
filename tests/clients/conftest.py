"""The calendar apps of this machine; tests skip those that it lacks."""

from __future__ import annotations

import pytest

from tests.clients.readers import EVERY, ICAL_JS, KHAL, LIBICAL, NODE_ICAL, Reader


@pytest.fixture(params=[KHAL, ICAL_JS, LIBICAL], ids=str)
def reader(request: pytest.FixtureRequest) -> Reader:
    """Each app that has to be right."""
    return there(request.param)


@pytest.fixture(params=[ICAL_JS, LIBICAL], ids=str)
def zone_reader(request: pytest.FixtureRequest) -> Reader:
    """Each app that goes by the VTIMEZONE of the calendar, and by nothing else."""
    return there(request.param)


@pytest.fixture
def node_ical() -> Reader:
    """The one that does not heed VTIMEZONE."""
    return there(NODE_ICAL)


def there(reader: Reader) -> Reader:
    """The reader; skips where it is not installed."""
    assert reader in EVERY
    if missing := reader.missing():
        pytest.skip(missing)
    return reader
