"""The packages import each other in one direction only."""

import subprocess
import sys
from pathlib import Path

from tests.architecture.source import ROOT


def test_every_import_keeps_to_the_contracts_in_pyproject() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache", "--no-logo"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
