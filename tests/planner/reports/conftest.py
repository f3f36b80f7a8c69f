"""An installation of one's own for the commands, with the study of which every figure can be worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from planner.cli import cli
from planner.config import Settings
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from tests.reported import small_study


@pytest.fixture
def planner_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """What the commands work on, in a folder of this test."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("PLANNER_DATA_FOLDER", str(tmp_path))
    assert CliRunner().invoke(cli, ("database", "upgrade")).exit_code == 0
    database = Database(Settings(data_folder=tmp_path).database)
    small_study(Store(database))
    yield Store(database)
    database.dispose()
