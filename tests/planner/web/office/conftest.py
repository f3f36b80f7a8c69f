"""An administrator of everything, with a study to look after."""

from __future__ import annotations

import pytest
from flask import Flask

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.desk import Desk, desk_of
from tests.studies import Trial


@pytest.fixture
def office(app: Flask, store: Store, study: Trial) -> Desk:
    """An administrator who is signed in."""
    return desk_of(app, store, Role.ADMINISTRATOR)
