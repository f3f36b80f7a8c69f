"""What tests of sending begin with."""

import pytest

from planner.persistence.database import Database
from tests.clinic import DUE, ONCE, Clinic


@pytest.fixture
def clinic(database: Database) -> Clinic:
    """A clinic with one message that is due."""
    made = Clinic(database)
    made.book_visits(made.recipient(), ONCE)
    made.now = DUE
    return made
