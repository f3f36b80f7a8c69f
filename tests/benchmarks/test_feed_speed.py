"""What is measured is what is recommended."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.feed_speed import THREADS, our_command

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/run-the-planner.md"])
def test_the_command_that_is_recommended_is_the_one_that_is_measured_in_one_process(page: str) -> None:
    said = " ".join((ROOT / page).read_text("utf-8").split())
    found = re.search(r"`granian (--interface wsgi --workers \d+ --blocking-threads \d+) wsgi:app`", said)
    assert found is not None
    recommended = re.sub(r"--workers \d+", "--workers 1", found[1]).split()
    measured = our_command("granian")(8000)[1:]
    assert measured == [*recommended, "--host", "127.0.0.1", "--port", "8000", "wsgi:app"]
    assert recommended[-1] == str(THREADS)
