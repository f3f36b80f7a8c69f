"""The simulated provider for tests, and figures that tests have found, at the end of a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.provider.server import Provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A simulated provider that listens, and has taken nothing yet."""
    with Provider() as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have recorded as ``figures``: from xdist's workers nothing else is seen."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "figures" and report.when == "call":
                    terminalreporter.write_line(str(value))
