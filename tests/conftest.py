"""What every test may ask for."""

import gc
import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

pytest_plugins = ["tests.databases", "tests.applications", "tests.provider.fixture"]

ROOT = Path(__file__).resolve().parent.parent

# The same examples every time, so that a red build is a change's doing; `make soak` looks for new ones.
settings.register_profile("default", derandomize=True, deadline=None, max_examples=100)
# Fresh examples each time. At 5,000 nobody has seen the run end, and what does not end shows nothing.
settings.register_profile("soak", derandomize=False, deadline=None, max_examples=1500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def chromium() -> str | None:
    """Path of a Chromium on this machine, or None; the names are those of scripts/browser.

    The one without windows comes first: what it does not draw it need not work out, and tests take a third of the time.
    """
    mine = os.environ.get("PLANNER_CHROMIUM")
    names = ([mine] if mine else []) + ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
    return next((path for path in map(shutil.which, names) if path), None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What was imported and collected stays: nobody looks in it for what could be thrown away, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a browser where there is none."""
    if chromium():
        return
    no_browser = pytest.mark.skip(reason="no Chromium on this machine: see scripts/browser")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(no_browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """pytest-playwright's options, for the machine's own Chromium; as root it runs without its sandbox."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium(), "args": arguments}


def reference_folder() -> Path:
    """Where third-party reference data is looked for, whether it is there or not."""
    return Path(os.environ.get("PLANNER_REFERENCE_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of third-party reference data, read in place and never copied into the project."""
    folder = reference_folder()
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder}: set PLANNER_REFERENCE_DATA")
    return folder
