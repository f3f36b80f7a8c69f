"""An installation of one's own for the commands, with the study of which every figure can be worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.persistence.unit_of_work import Store
from tests.commanded import commanded
from tests.reported import small_study


@pytest.fixture
def planner_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """What the commands work on, in a folder of this test."""
    with commanded(tmp_path, monkeypatch) as made:
        small_study(made)
        yield made
