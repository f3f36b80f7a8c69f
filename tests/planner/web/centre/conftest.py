"""A site with an infusion centre on a day on which somebody comes."""

from __future__ import annotations

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.planner.api.callers import Clock
from tests.seated import seated
from tests.studies import Trial


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    """A study with somebody who has their first dose today."""
    return seated(store)


@pytest.fixture
def centre(app: Flask, store: Store, study: Trial) -> Desk:
    """Somebody of the infusion centre who is signed in."""
    return desk_of(app, store, Role.INFUSION_CENTRE)


@pytest.fixture
def coordinator(app: Flask, store: Store, study: Trial) -> Desk:
    """A coordinator who is signed in."""
    return desk_of(app, store)
