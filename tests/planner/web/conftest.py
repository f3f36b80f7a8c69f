"""A planner with a study, and somebody at the desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from planner.app import create_app
from planner.persistence.unit_of_work import Store
from tests.desk import Desk, desk_of
from tests.planner.api.callers import Clock, at, settings_for
from tests.reminded import KEYS
from tests.studies import Trial, trial

__all__ = ["at"]


@pytest.fixture
def app(store: Store, tmp_path: Path, at: Clock) -> Iterator[Flask]:
    """The application over an empty database, once of each kind; a failure in it is a 500, as in the real one."""
    made = create_app({"TESTING": True, "PROPAGATE_EXCEPTIONS": False}, settings_for(store, tmp_path))
    made.extensions["installation"]._keys = KEYS
    yield made
    made.extensions["installation"].close()


@pytest.fixture
def study(store: Store, at: Clock) -> Trial:
    """A study with nobody in it yet."""
    return trial(store)


@pytest.fixture
def desk(app: Flask, store: Store, study: Trial) -> Desk:
    """A coordinator who is signed in, at the desk of that study."""
    return desk_of(app, store)
