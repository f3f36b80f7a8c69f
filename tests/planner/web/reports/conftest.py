"""The study of which every figure can be worked out by hand, and who looks at its report."""

from __future__ import annotations

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.planner.api.callers import Clock
from tests.reported import LATER, small_study
from tests.studies import Trial


@pytest.fixture
def small(store: Store, at: Clock) -> Trial:
    """That study, on the day that its figures are of."""
    made = small_study(store)
    at.now = LATER
    return made


@pytest.fixture
def monitor(app: Flask, store: Store, small: Trial) -> Desk:
    """A monitor who is signed in."""
    return desk_of(app, store, Role.MONITOR)


@pytest.fixture
def office(app: Flask, store: Store, small: Trial) -> Desk:
    """A coordinator who is signed in."""
    return desk_of(app, store, Role.COORDINATOR)
