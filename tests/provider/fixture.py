"""The simulated provider for tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.provider.server import Provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A simulated provider that listens, and has taken nothing yet."""
    with Provider() as made:
        yield made
