"""How long the app and the command take to start, and how much they load: each in a fresh Python, several times."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

TIMES = 9
STARTS = {
    "python -c pass": "pass",
    'python -c "import wsgi"': "import wsgi",
    "planner --help": "from planner.cli import cli; cli(['--help'], standalone_mode=False)",
}
ROOT = Path(__file__).resolve().parents[1]
#: as it is installed: compiled modules are kept, also where this environment asks Python not to
COMPILED = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}


def seconds(code: str) -> float:
    """How long a fresh Python takes for some code."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, env=COMPILED)
    return time.perf_counter() - began


def modules(code: str) -> int:
    """How many modules it has loaded then."""
    counted = f"{code}; import sys; print(len(sys.modules))"
    run = subprocess.run([sys.executable, "-c", counted], cwd=ROOT, check=True, capture_output=True, text=True)
    return int(run.stdout.split()[-1])


def main() -> None:
    """Measure and print; the starts take turns, so that a slow moment of the machine weighs on all."""
    spent: dict[str, list[float]] = {name: [] for name in STARTS}
    for _ in range(TIMES):
        for name, code in STARTS.items():
            spent[name].append(seconds(code))
    for name, code in STARTS.items():
        found = sorted(spent[name])
        print(
            f"{name:24} median {median(found) * 1000:6.0f} ms ({found[0] * 1000:.0f} to {found[-1] * 1000:.0f}), "
            f"{modules(code):4} modules"
        )


if __name__ == "__main__":
    main()
