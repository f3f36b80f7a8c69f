"""An installation that the commands of a test work on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from planner.cli import cli
from planner.config import Settings
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store


@contextmanager
def commanded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """What the commands work on, in a folder of the test: an empty database with all tables."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("PLANNER_DATA_FOLDER", str(folder))
    assert CliRunner().invoke(cli, ("database", "upgrade")).exit_code == 0
    database = Database(Settings(data_folder=folder).database)
    yield Store(database)
    database.dispose()
