"""A running planner for the browser tests, and which of them run: by turns on one of the databases; all in the soak."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from tests.conftest import ROOT
from tests.databases import BOTH

STARTS_WITHIN = 60
HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A journey on a phone runs on the one database, on a desktop on the other: what pages ask of databases is tested
    on both without a browser, and here a test takes as long as fifty of those."""
    if os.environ.get("HYPOTHESIS_PROFILE") == "soak":
        return
    left = set(_other_database(items))
    config.hook.pytest_deselected(items=[*left])
    items[:] = [item for item in items if item not in left]


def _other_database(items: list[pytest.Item]) -> list[pytest.Item]:
    """Of each pair that differs in its database only, the one that does not run this time."""
    turns: dict[str, count[int]] = {}
    chosen: dict[str, str] = {}
    left = []
    for item in items:
        kind = _database_of(item)
        if kind is None:
            continue
        test = item.nodeid.partition("[")[0]
        pair = item.nodeid.replace(kind, "")
        if pair not in chosen:
            turn = turns.setdefault(test, count(crc32(test.encode())))
            chosen[pair] = BOTH[next(turn) % 2]
        if chosen[pair] != kind:
            left.append(item)
    return left


def _database_of(item: pytest.Item) -> str | None:
    """On which database a test in a browser runs; None where it needs none."""
    if HERE not in item.path.parents or not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return None
    return next((value for value in item.callspec.params.values() if value in BOTH), None)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server takes connections."""
    give_up = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < give_up:
        assert server.poll() is None, "the server ended at its start"
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"the server took no connection within {STARTS_WITHIN} seconds")


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """Address of a planner on a free port of this machine, served as `make demo` serves it: a process of its own."""
    port = _free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4", "--log-level", "warning"]
    with subprocess.Popen([sys.executable, "-m", "gunicorn", *options, "wsgi:app"], cwd=ROOT) as server:
        try:
            _wait_for(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Date fields take the month first, wherever the tests run."""
    return {**browser_type_launch_args, "args": [*browser_type_launch_args["args"], "--lang=en-US"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], base_url: str) -> dict[str, Any]:
    """Pages are named by their paths."""
    return {**browser_context_args, "base_url": base_url}
